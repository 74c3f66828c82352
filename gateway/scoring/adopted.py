"""Learnt points put into a rulebook's data, and nothing else changed; a found pair as a rule of its own.

Nothing is judged here, as in `editing`: `rulebook.from_toml` says whether the result is a rulebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from gateway.scoring import editing
from gateway.scoring.calibrating.columns import Column, columns
from gateway.scoring.model import AnswerRule, EventRule, Rulebook

APART = {"code", "title", "points", "group", "off"}  # keys of a rule that do not say when it counts
FILTERS = ("name", "level", "url_prefix", "band")


def with_points(data: Mapping[str, Any], rulebook: Rulebook, points: Mapping[str, int]) -> dict[str, Any]:
    """`data` with these points by column. rulebook: read from the same text. Columns without points stay."""
    found: dict[str, Any] = deepcopy(dict(data))
    for column in columns(rulebook):
        if column.name in points:
            editing.at(found, column.path[:-1])[column.path[-1]] = points[column.name]
    return found


def expressible(one: Column, other: Column) -> bool:
    """Whether a rule can say that both hold: an answer is compared by its values, so it needs some."""
    return all(not isinstance(column.rule, AnswerRule) or _values(column) for column in (one, other))


def joined(
    data: Mapping[str, Any], pair: tuple[Column, Column], points: int, *, code: str, title: Mapping[str, str]
) -> dict[str, Any]:
    """A rule of two as TOML has it: the first that is of an event, once, when the other holds too; else both as what is
    known of a lead."""
    first, second = sorted(pair, key=lambda column: not isinstance(column.rule, EventRule))
    rule: dict[str, Any] = {"code": code, "title": dict(title), "points": points}
    own = editing.at(data, first.path[:2])
    if not isinstance(first.rule, EventRule):
        return {**rule, "when": [*_conditions(own, first), *_conditions(editing.at(data, second.path[:2]), second)]}
    asked = {key: own[key] for key in ("event", *FILTERS) if key in own}
    when = [*deepcopy(own.get("when", [])), *_conditions(editing.at(data, second.path[:2]), second)]
    return {**rule, **asked, "per_day": 1, "times": 1, "when": when}


def counted_already(data: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    """Whether a rule that is on counts for the same, whatever it is called and gives: two would count twice."""
    asked = {key: rule[key] for key in rule.keys() - APART}
    return any(asked == {key: one[key] for key in one.keys() - APART} for one in data["rules"] if not one.get("off"))


def _conditions(own: Mapping[str, Any], column: Column) -> list[dict[str, Any]]:
    """That this column holds, as conditions. own: the rule's data."""
    if isinstance(column.rule, AnswerRule):
        return [{"field": column.rule.field, "any_of": _values(column)}]
    when: list[dict[str, Any]] = deepcopy(own.get("when", []))
    if not isinstance(column.rule, EventRule):
        return when
    return [{key: own[key] for key in ("event", *FILTERS) if key in own}, *when]


def _values(column: Column) -> list[str]:
    return sorted(column.answer.values) if column.answer else []
