"""Rules of two rules joined by AND, where both together say more or less than their sum."""

from __future__ import annotations

import numpy as np

from gateway.scoring.calibrating.cells import Cells, Floats
from gateway.scoring.calibrating.crossing import Pairs
from gateway.scoring.calibrating.ridge import Pull, fit

MOST = 5  # pairs at once: a rulebook is to be read
LEAST_LEADS = 20  # that have both rules, and that have one without the other
SIGNS = 4.5  # standard errors; with 40 rules (780 pairs) chance finds one so strong in 1 of 200 searches


def find(cells: Cells, won: Floats, lost: Floats, pull: Pull) -> Pairs:
    """Up to five pairs of columns, the strongest first, that stand far above chance beside the single rules. Found one
    after the other, since pairs tell of each other."""
    found: Pairs = []
    while len(found) < MOST:
        now = cells.joined(found)
        weights = Pull(np.concatenate([pull.weights, np.zeros(len(found))]), pull.spread)
        best = _strongest(cells, now.has, (won, lost), fit(now.has, won, lost, weights))
        if best is None or best in found:
            break
        found.append(best)
    return found


def _strongest(cells: Cells, has: Floats, outcome: tuple[Floats, Floats], fitted: Floats) -> tuple[int, int] | None:
    """By the score test of each pair beside all that is fitted already."""
    won, lost = outcome
    both = won + lost
    expected = 1 / (1 + np.exp(-np.clip(fitted[0] + has @ fitted[1:], -500, 500)))
    weight, rest = both * expected * (1 - expected), won - both * expected
    known = np.column_stack([np.ones(len(has)), has])
    inside = np.linalg.pinv(known.T @ (known * weight[:, None]))
    best, strength = None, SIGNS
    for one in range(cells.has.shape[1] - 1):
        column = cells.has[:, one : one + 1]
        joined = column * cells.has[:, one + 1 :]
        across = known.T @ (joined * weight[:, None])
        spread = (joined * weight[:, None]).sum(axis=0) - (across * (inside @ across)).sum(axis=0)
        with_both, first = both @ joined, float(both @ column[:, 0])
        second = both @ cells.has[:, one + 1 :]
        least = np.minimum(with_both, np.minimum(first - with_both, second - with_both))
        seen = (least >= LEAST_LEADS) & (spread > 1e-6)
        signs = np.where(seen, np.abs(rest @ joined) / np.sqrt(np.where(seen, spread, 1)), 0)
        place = int(signs.argmax())
        if signs[place] > strength:
            best, strength = (one, one + 1 + place), float(signs[place])
    return best
