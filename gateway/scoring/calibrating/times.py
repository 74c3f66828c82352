"""A rule may count several times for one lead, but an outcome says what it gives in all. What is learnt of the whole is
parted by how often it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.scoring.calibrating.records import MOST_POINTS, Calibration, LearntRule, Said


def in_all(in_force: Mapping[str, int], times: Mapping[str, float]) -> dict[str, int]:
    """Points by column, of a lead that has it as often as leads do (`times`, at least 1)."""
    return {name: _bounded(points * times.get(name, 1.0)) for name, points in in_force.items()}


def each_time(found: Calibration, in_force: Mapping[str, int], times: Mapping[str, float]) -> Calibration:
    """The same with the points of one time, as a rulebook has them. found: learnt beside what `in_all` says. Nothing is
    adopted where no point changes."""
    rules = tuple(rule if rule.both else _each(rule, in_force, times.get(rule.rule, 1.0)) for rule in found.rules)
    if found.adopt and all(rule.points == rule.in_force for rule in rules):
        return replace(found, rules=rules, adopt=False, why=Said("unchanged"))
    return replace(found, rules=rules)


def _each(rule: LearntRule, in_force: Mapping[str, int], times: float) -> LearntRule:
    now = in_force.get(rule.rule, 0)
    points = now if rule.points == rule.in_force else _bounded(rule.points / times)
    return replace(rule, in_force=now, points=points, error=rule.error / times, times=times)


def _bounded(points: float) -> int:
    return max(-MOST_POINTS, min(MOST_POINTS, round(points)))
