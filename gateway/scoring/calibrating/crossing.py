"""Each lead judged by points that were learnt without it (nested cross-validation)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np

from gateway.scoring.calibrating.cells import Cells, Floats
from gateway.scoring.calibrating.ridge import LOG_ODDS, SPREADS, Pull, fit, line, losses, points_of

Pairs = list[tuple[int, int]]
PairsOf = Callable[[Cells, Floats, Floats, Pull], Pairs]  # cells, won, lost → the pairs worth a rule of their own


@dataclass(frozen=True)
class Crossed:
    """Log-odds of each kind of lead (a column a fold) by the whole points that were learnt without that fold, and by
    the points in force with the scale that the other folds give them. score: the points in force alone."""

    odds: Floats
    odds_in_force: Floats
    score: Floats


def spreads(cells: Cells, pull: Floats) -> tuple[int, list[int]]:
    """How far a rule may move: for all leads, and for each fold by what the others alone say. Every two folds are left
    out together, so that a fold has no say in what it is judged by."""
    loss = np.zeros((len(SPREADS), cells.folds, cells.folds))
    whole: list[Floats] = []
    for spread in SPREADS:
        near = whole[-1] if whole else None
        whole.append(fit(cells.has, cells.all_won, cells.all_lost, Pull(pull, spread), start=near))
    for one, other in combinations(range(cells.folds), 2):
        won, lost = cells.without(one, other)
        if not (won.any() and lost.any()):  # two folds hold all there are
            continue
        for place, spread in enumerate(SPREADS):
            found = fit(cells.has, won, lost, Pull(pull, spread), start=whole[place])
            odds = found[0] + cells.has @ found[1:]
            loss[place, one, other] = _lost(odds, cells, other)
            loss[place, other, one] = _lost(odds, cells, one)
    others = [np.delete(loss[:, fold], fold, axis=1) for fold in range(cells.folds)]
    return _narrowest(loss.sum(axis=1)), [_narrowest(one) for one in others]


def _narrowest(loss: Floats) -> int:
    """The narrowest spread that foresees as well as the best one within a standard error over the folds (Breiman 1984):
    few leads say little, so the points stay. loss: a row a spread, a column a fold."""
    behind = loss - loss[loss.sum(axis=1).argmin()]
    error = behind.std(axis=1, ddof=1) * sqrt(behind.shape[1]) if behind.shape[1] > 1 else np.zeros(len(SPREADS))
    return SPREADS[int((behind.sum(axis=1) <= error).argmax())]


def cross(cells: Cells, in_force: Floats, by_fold: list[int], pairs_of: PairsOf | None = None) -> Crossed:
    """With `pairs_of`, each fold is judged with the pairs that the others find."""
    score = cells.has @ in_force
    odds, before = np.empty_like(cells.won), np.empty_like(cells.won)
    for fold, spread in enumerate(by_fold):
        won, lost = cells.without(fold)
        at, slope = line(score, won, lost)
        before[:, fold] = at + slope * score
        pull = Pull(in_force * LOG_ODDS, spread)
        pairs = pairs_of(cells, won, lost, pull) if pairs_of else []
        pull = padded(pull, len(pairs))
        odds[:, fold] = _by_points(cells.joined(pairs).has, won, lost, pull, unchanged=before[:, fold])
    return Crossed(odds, before, score)


def padded(pull: Pull, pairs: int) -> Pull:
    """Pairs are in force nowhere."""
    return Pull(np.concatenate([pull.weights, np.zeros(pairs)]), pull.spread)


def _by_points(has: Floats, won: Floats, lost: Floats, pull: Pull, *, unchanged: Floats) -> Floats:
    points = points_of(fit(has, won, lost, pull))
    if np.array_equal(points, np.rint(pull.weights / LOG_ODDS)):
        return unchanged
    score = has @ points
    at, slope = line(score, won, lost, LOG_ODDS)
    return at + slope * score


def _lost(odds: Floats, cells: Cells, fold: int) -> float:
    if_won, if_lost = losses(odds)
    return float(cells.won[:, fold] @ if_won + cells.lost[:, fold] @ if_lost)
