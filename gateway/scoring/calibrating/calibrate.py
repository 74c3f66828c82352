"""Points from outcomes: an integer scorecard, fitted over all rules together and pulled towards the points in force.

Ten points double the odds of winning. How far the outcomes may pull a rule away is chosen by cross-validation, and so
is whether the learnt points deserve to be used. The same leads in any order give the same points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from gateway.scoring.calibrating import curves
from gateway.scoring.calibrating.adopting import decide, warnings
from gateway.scoring.calibrating.cells import Cells, Floats, cells_of, matrix
from gateway.scoring.calibrating.crossing import Crossed, Pairs, cross, padded, spreads
from gateway.scoring.calibrating.judging import auc, compare, gain
from gateway.scoring.calibrating.pairs import find
from gateway.scoring.calibrating.records import LOST, OPEN, WON, Calibration, Leads, LearntRule, NothingToLearnError
from gateway.scoring.calibrating.ridge import LOG_ODDS, SPREADS, Pull, errors, fit, line, points_of


@dataclass(frozen=True)
class _Fitted:
    points: Floats
    errors: Floats
    rate_at_zero: float


def calibrate(leads: Leads, in_force: Mapping[str, int], *, pairs: bool = False) -> Calibration:
    """Learn points for `leads.rules`. in_force: points by rule, 0 for those that it lacks. pairs: also look for rules
    of two joined by AND. Open leads teach nothing. Raises NothingToLearnError without a won and a lost lead."""
    with threadpool_limits(1):  # on a busy machine two threads of such small sums wait for each other: 140 s for 9
        return _calibrate(leads, in_force, pairs)


def _calibrate(leads: Leads, in_force: Mapping[str, int], pairs: bool) -> Calibration:
    won, lost, still = (leads.outcome.count(what) for what in (WON, LOST, OPEN))
    if not won or not lost:
        raise NothingToLearnError("none_lost" if won else "none_won")
    notes = _notes(leads)
    told = np.flatnonzero([not note for note in notes])
    cells = cells_of(leads, told)
    before = np.array([in_force.get(leads.rules[column], 0) for column in told], float)
    judged = min(won, lost) > 1
    spread, by_fold = spreads(cells, before * LOG_ODDS) if judged else (SPREADS[0], [])
    crossed = cross(cells, before, by_fold) if judged else None
    joined: Pairs = []
    if pairs and crossed is not None:
        joined, crossed = _with_pairs(cells, before, crossed, (spread, by_fold))
    fitted = _fitted(cells.joined(joined), padded(Pull(before * LOG_ODDS, spread), len(joined)))
    rules = _rules(leads, in_force, notes, (told, joined), fitted=fitted)
    comparison = compare(cells, crossed) if crossed else None
    adopt, why = decide(won, lost, rules, comparison)
    return Calibration(
        won=won,
        lost=lost,
        open=still,
        rules=rules,
        adopt=adopt,
        why=why,
        warnings=warnings(rules, still, comparison, _alone(cells, [leads.rules[column] for column in told])),
        spread=spread,
        rate_at_zero=fitted.rate_at_zero,
        comparison=comparison,
        lift=curves.lift(cells, crossed.odds) if crossed else (),
        lift_in_force=curves.lift(cells, crossed.score) if crossed else (),
        reliability=curves.reliability(cells, crossed.odds) if crossed else (),
    )


def _notes(leads: Leads) -> list[str]:
    known = matrix(leads)[np.frombuffer(leads.outcome, np.uint8) != OPEN]
    least, most = known.min(axis=0), known.max(axis=0)
    return ["" if low < high else "always" if low else "never" for low, high in zip(least, most, strict=True)]


def _with_pairs(cells: Cells, before: Floats, alone: Crossed, how: tuple[int, list[int]]) -> tuple[Pairs, Crossed]:
    """The pairs, if each fold is foreseen better with those that the others find, by more than the error."""
    spread, by_fold = how
    found = find(cells, cells.all_won, cells.all_lost, Pull(before * LOG_ODDS, spread))
    if not found:
        return [], alone
    crossed = cross(cells, before, by_fold, find)
    better, error = gain(cells, alone, crossed)
    return (found, crossed) if better > error else ([], alone)


def _fitted(cells: Cells, pull: Pull) -> _Fitted:
    won, lost = cells.all_won, cells.all_lost
    found = fit(cells.has, won, lost, pull)
    points = points_of(found)
    at, _ = line(cells.has @ points, won, lost, LOG_ODDS)
    return _Fitted(points, errors(found, cells.has, won, lost, pull=pull), float(1 / (1 + np.exp(-at))))


def _rules(
    leads: Leads, in_force: Mapping[str, int], notes: list[str], columns: tuple[NDArray[np.intp], Pairs], *,
    fitted: _Fitted,
) -> tuple[LearntRule, ...]:  # fmt: skip
    """Every rule with its counts; what tells nothing keeps its points."""
    told, pairs = columns
    has, outcome = matrix(leads), np.frombuffer(leads.outcome, np.uint8)
    place = {int(column): number for number, column in enumerate(told)}
    rules = []
    for column, rule in enumerate(leads.rules):
        now, number = in_force.get(rule, 0), place.get(column)
        points, error = (now, 0.0) if number is None else (int(fitted.points[number]), float(fitted.errors[number]))
        rules.append(LearntRule(rule, now, points, *_counts(has[:, column], outcome), error, notes[column]))
    for number, (one, other) in enumerate(pairs, start=len(told)):
        first, second = int(told[one]), int(told[other])
        both = leads.rules[first], leads.rules[second]
        counts = _counts(has[:, first] & has[:, second], outcome)
        points, error = int(fitted.points[number]), float(fitted.errors[number])
        rules.append(LearntRule(" & ".join(both), 0, points, *counts, error, both=both))
    return tuple(rules)


def _counts(having: NDArray[np.uint8], outcome: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Leads, won ones, lost ones."""
    got = np.bincount(outcome[having == 1], minlength=3)
    return int(got.sum()), int(got[WON]), int(got[LOST])


def _alone(cells: Cells, rules: list[str]) -> tuple[str, float] | None:
    """The rule that by itself tells most of the outcome, and its AUC either way."""
    found = [auc(cells.has[:, column], cells.all_won, cells.all_lost) for column in range(len(rules))]
    return max(
        ((rule, max(one, 1 - one)) for rule, one in zip(rules, found, strict=True)),
        key=lambda one: one[1],
        default=None,
    )
