"""Logistic regression pulled towards given weights, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from gateway.scoring.calibrating.cells import Floats
from gateway.scoring.calibrating.records import DOUBLES_EVERY, MOST_POINTS

LOG_ODDS = log(2) / DOUBLES_EVERY  # of one point
SPREADS = (1, 2, 4, 8, 16, 32)  # points; wider ones pull no more
MOST_STEPS = 60
ENOUGH = 1e-3  # of the likelihood, in nats over all leads: far below what moves a point


@dataclass(frozen=True)
class Pull:
    """Towards these weights (log-odds, a rule each). spread: one standard deviation of the way from them, in points."""

    weights: Floats
    spread: float

    @property
    def strength(self) -> float:
        return float((self.spread * LOG_ODDS) ** -2)


def fit(has: Floats, won: Floats, lost: Floats, pull: Pull, *, start: Floats | None = None) -> Floats:
    """The intercept, then a weight a rule (log-odds): the maximum of likelihood and pull together; the intercept is
    not pulled. There must be both won and lost leads. Halved steps make it converge under perfect separation too."""
    found = _begin(has, won, lost, pull.weights) if start is None else start
    loss, odds = _loss(found, has, won, lost, pull=pull)
    curvature, last = None, 0.0
    for _ in range(MOST_STEPS):
        slope = _gradient(found, has, won, lost, pull=pull, odds=odds)
        if curvature is None or not _serves(curvature, slope, last):
            curvature = _curvature(has, won + lost, pull, odds)
        step = np.linalg.solve(curvature, slope)
        last, share = float(slope @ step), 1.0
        before, (tried, loss, odds) = loss, (found - step, *_loss(found - step, has, won, lost, pull=pull))
        while loss > before + ENOUGH and share > 1e-6:
            share /= 2
            tried = found - share * step
            loss, odds = _loss(tried, has, won, lost, pull=pull)
        found = tried
        if share < 1:
            curvature = None
        elif last < ENOUGH:  # what the next step would win is far less
            break
    return found


def errors(found: Floats, has: Floats, won: Floats, lost: Floats, *, pull: Pull) -> Floats:
    """The standard deviation of each rule's weight in points, data and pull together."""
    curvature = _curvature(has, won + lost, pull, found[0] + has @ found[1:])
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(curvature))[1:]) / LOG_ODDS)


def points_of(found: Floats) -> Floats:
    """Whole points of a fit's weights."""
    return np.asarray(np.clip(np.rint(found[1:] / LOG_ODDS), -MOST_POINTS, MOST_POINTS))


def line(score: Floats, won: Floats, lost: Floats, slope: float | None = None) -> tuple[float, float]:
    """Intercept and slope of log-odds over a score; the slope is given, or fitted and at least 0."""
    spread = float(score.std())
    if slope is None and spread == 0:
        return log(won.sum() / lost.sum()), 0.0
    if slope is not None:
        return _intercept(slope * score, won, lost), slope
    centred = ((score - score.mean()) / spread)[:, None]
    free = fit(centred, won, lost, Pull(np.zeros(1), 1000.0))
    if free[1] <= 0:
        return log(won.sum() / lost.sum()), 0.0
    return float(free[0] - free[1] * score.mean() / spread), float(free[1] / spread)


def losses(odds: Floats) -> tuple[Floats, Floats]:
    """The negative log-likelihood of each, if it was won and if it was lost."""
    if_lost = np.maximum(odds, 0) + np.log1p(np.exp(-np.abs(odds)))
    return if_lost - odds, if_lost


def _intercept(fixed: Floats, won: Floats, lost: Floats) -> float:
    """Beside log-odds that are fixed."""
    both, found = won + lost, log(won.sum() / lost.sum()) - float(np.average(fixed, weights=won + lost))
    for _ in range(MOST_STEPS):
        chance = _chance(found + fixed)
        step = float((both * chance - won).sum() / max(float((both * chance * (1 - chance)).sum()), 1e-12))
        found -= max(-5.0, min(5.0, step))
        if abs(step) < 1e-9:
            break
    return found


def _begin(has: Floats, won: Floats, lost: Floats, weights: Floats) -> Floats:
    expected = float(np.average(has @ weights, weights=won + lost)) if len(weights) else 0.0
    return np.concatenate([[log(won.sum() / lost.sum()) - expected], weights])


def _loss(found: Floats, has: Floats, won: Floats, lost: Floats, *, pull: Pull) -> tuple[float, Floats]:
    odds = found[0] + has @ found[1:]
    if_won, if_lost = losses(odds)
    away = found[1:] - pull.weights
    return float(won @ if_won + lost @ if_lost + pull.strength / 2 * (away @ away)), odds


def _curvature(has: Floats, both: Floats, pull: Pull, odds: Floats) -> Floats:
    chance, size = _chance(odds), has.shape[1] + 1
    weight = both * chance * (1 - chance)
    weighted = has * weight[:, None]
    found = np.empty((size, size))
    found[0, 0] = weight.sum() + 1e-9  # where all is certain already
    found[0, 1:] = found[1:, 0] = weighted.sum(axis=0)
    found[1:, 1:] = has.T @ weighted
    found[1:, 1:].flat[::size] += pull.strength
    return found


def _gradient(found: Floats, has: Floats, won: Floats, lost: Floats, *, pull: Pull, odds: Floats) -> Floats:
    rest = (won + lost) * _chance(odds) - won
    return np.concatenate([[rest.sum()], rest @ has + pull.strength * (found[1:] - pull.weights)])


def _serves(curvature: Floats, slope: Floats, last: float) -> bool:
    """Whether a step by the curvature of an earlier place still wins ever less; to find it anew is nine tenths of a
    step's work."""
    return float(slope @ np.linalg.solve(curvature, slope)) < last / 4


def _chance(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -500, 500))))
