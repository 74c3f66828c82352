"""How well points tell won leads from lost ones, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from math import erfc, sqrt

import numpy as np

from gateway.scoring.calibrating.cells import Cells, Floats
from gateway.scoring.calibrating.crossing import Crossed
from gateway.scoring.calibrating.records import Comparison
from gateway.scoring.calibrating.ridge import line, losses


def placed(score: Floats, won: Floats, lost: Floats) -> tuple[Floats, Floats]:
    """For each kind the share of lost leads that stand below it, and the share of won leads above; equal counts half.
    There must be both. The first, averaged over won leads, is the AUC."""
    _, level = np.unique(score, return_inverse=True)
    won_at, lost_at = np.bincount(level, won), np.bincount(level, lost)
    below = (np.cumsum(lost_at) - lost_at / 2) / lost_at.sum()
    above = 1 - (np.cumsum(won_at) - won_at / 2) / won_at.sum()
    return below[level], above[level]


def auc(score: Floats, won: Floats, lost: Floats) -> float:
    """0.5 is chance, 1 is every won lead above every lost one."""
    below, _ = placed(score, won, lost)
    return float(np.average(below, weights=won))


def compare(cells: Cells, crossed: Crossed) -> Comparison:
    """Learnt beside in force, fold by fold. Errors are of the mean over leads (for AUC by DeLong 1988), widened as
    Nadeau and Bengio (2003) advise, since the folds' points were learnt from the same leads."""
    widened = sqrt(1 + cells.folds / (cells.folds - 1))
    folds = list(_folds(cells, crossed))
    before, after, spread = (float(np.mean(column)) for column in zip(*folds, strict=True))
    loss_before, loss_after, loss_error = _losses(cells, crossed)
    return Comparison(
        auc_in_force=before,
        auc=after,
        auc_gain=after - before,
        auc_error=widened * sqrt(spread / len(folds)),
        loss_in_force=loss_before,
        loss=loss_after,
        loss_gain=loss_before - loss_after,
        loss_error=widened * loss_error,
        chance=chance(cells, crossed.score),
    )


def gain(cells: Cells, before: Crossed, after: Crossed) -> tuple[float, float]:
    """What `after` foresees better, in nats a lead, and its error."""
    first, last = losses(before.odds), losses(after.odds)
    mean, error = _mean(cells, first[0] - last[0], first[1] - last[1])
    return mean, error * sqrt(1 + cells.folds / (cells.folds - 1))


def chance(cells: Cells, score: Floats) -> float:
    """How likely chance alone would find so much in all rules together beside this score (Rao's score test; the
    chi-square's tail by Wilson and Hilferty)."""
    won, lost = cells.all_won, cells.all_lost
    at, slope = line(score, won, lost)
    expected = 1 / (1 + np.exp(-np.clip(at + slope * score, -500, 500)))
    weight = (won + lost) * expected * (1 - expected)
    known = np.column_stack([np.ones(len(score)), score - score.mean()])[:, : 2 if slope else 1]
    weighted = cells.has * weight[:, None]
    across = known.T @ weighted
    spread = cells.has.T @ weighted - across.T @ np.linalg.pinv(known.T @ (known * weight[:, None])) @ across
    sizes, ways = np.linalg.eigh(spread)
    seen = sizes > 1e-9 * max(1.0, float(sizes.max(initial=0)))
    if not seen.any():
        return 1.0
    told = (ways.T @ (cells.has.T @ (won - (won + lost) * expected)))[seen] ** 2 / sizes[seen]
    return _tail(float(told.sum()), int(seen.sum()))


def _tail(square: float, free: int) -> float:
    part = 2 / (9 * free)
    return erfc(((square / free) ** (1 / 3) - (1 - part)) / sqrt(2 * part)) / 2


def _folds(cells: Cells, crossed: Crossed) -> Iterator[tuple[float, float, float]]:
    """For each fold both AUCs, in force first, and the variance of their difference."""
    for fold in range(cells.folds):
        won, lost = cells.won[:, fold], cells.lost[:, fold]
        below, above = placed(crossed.score, won, lost)
        below_learnt, above_learnt = placed(crossed.odds[:, fold], won, lost)
        spread = _variance(below_learnt - below, won) + _variance(above_learnt - above, lost)
        yield float(np.average(below, weights=won)), float(np.average(below_learnt, weights=won)), spread


def _variance(values: Floats, counts: Floats) -> float:
    """Of the mean."""
    mean = np.average(values, weights=counts)
    return float(np.average((values - mean) ** 2, weights=counts) / counts.sum())


def _losses(cells: Cells, crossed: Crossed) -> tuple[float, float, float]:
    """Mean loss in force, learnt, and the error of the difference, not yet widened."""
    before, after = losses(crossed.odds_in_force), losses(crossed.odds)
    _, error = _mean(cells, before[0] - after[0], before[1] - after[1])
    return _mean(cells, *before)[0], _mean(cells, *after)[0], error


def _mean(cells: Cells, if_won: Floats, if_lost: Floats) -> tuple[float, float]:
    """Over all leads, and its error."""
    leads = float(cells.won.sum() + cells.lost.sum())
    mean = float((cells.won * if_won + cells.lost * if_lost).sum()) / leads
    square = float((cells.won * (if_won - mean) ** 2 + cells.lost * (if_lost - mean) ** 2).sum()) / leads
    return mean, sqrt(square / leads)
