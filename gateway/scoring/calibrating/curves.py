"""Tables behind the lift chart and the reliability curve."""

from __future__ import annotations

from math import sqrt

import numpy as np

from gateway.scoring.calibrating.cells import Cells, Floats
from gateway.scoring.calibrating.records import Band, Reliability

BANDS = 10
_Z = 1.96  # of 95 %


def lift(cells: Cells, score: Floats) -> tuple[Band, ...]:
    """Ten bands of equal size, the highest score first; fewer where there are fewer leads. score: a column a fold, or
    one for all. Leads of one score share their won ones evenly, whatever band they fall into."""
    levels, won, both = _levels(cells, np.broadcast_to(score.reshape(len(cells.has), -1), cells.won.shape))
    order = np.argsort(-levels)
    leads, reached = np.cumsum(both[order]), np.cumsum(won[order])
    bands = min(BANDS, int(leads[-1]))
    edges = np.rint(np.linspace(0, leads[-1], bands + 1))
    at = np.interp(edges, np.concatenate([[0], leads]), np.concatenate([[0], reached]))
    rate, found = reached[-1] / leads[-1], []
    for band in range(bands):
        size, got = edges[band + 1] - edges[band], at[band + 1] - at[band]
        found.append(Band(int(size), got, got / size, got / size / rate, at[band + 1] / reached[-1]))
    return tuple(
        Band(one.leads, *(float(value) for value in (one.won, one.rate, one.lift, one.reached))) for one in found
    )


def reliability(cells: Cells, odds: Floats) -> tuple[Reliability, ...]:
    """Ten bands of nearly equal size, the lowest expectation first; equal expectations stay together."""
    levels, won, both = _levels(cells, odds)
    middle = np.cumsum(both) - both / 2
    band = np.minimum((middle * BANDS / both.sum()).astype(int), BANDS - 1)
    expected = 1 / (1 + np.exp(-np.clip(levels, -500, 500)))
    found = []
    for one in np.unique(band):
        inside = band == one
        leads, came = float(both[inside].sum()), float(won[inside].sum())
        low, high = _wilson(came, leads)
        found.append(
            Reliability(int(leads), float(np.average(expected[inside], weights=both[inside])), came / leads, low, high)
        )
    return tuple(found)


def _levels(cells: Cells, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Each score that a lead has, how many of its leads were won, and how many there are."""
    levels, place = np.unique(score.ravel(), return_inverse=True)
    won = np.bincount(place, cells.won.ravel()).astype(np.float64)
    both = won + np.bincount(place, cells.lost.ravel())
    some = both > 0
    return levels[some], won[some], both[some]


def _wilson(came: float, leads: float) -> tuple[float, float]:
    rate, square = came / leads, _Z * _Z / leads
    middle, reach = rate + square / 2, _Z * sqrt(rate * (1 - rate) / leads + square / leads / 4)
    return (middle - reach) / (1 + square), (middle + reach) / (1 + square)
