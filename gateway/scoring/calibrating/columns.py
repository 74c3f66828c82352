"""What a rulebook can learn: each place of its own that holds points, as a column; and which of them a lead had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from gateway.records import Event
from gateway.scoring.known import Known
from gateway.scoring.model import Answer, AnswerRule, Decay, EventRule, Rule, Rulebook
from gateway.scoring.score import fold_ordered, in_order

Path = tuple[str | int, ...]

TAKEN_BACK = ("answer_replaced", "attribute_gone", "expired")  # lines that name the rule whose points go


@dataclass(frozen=True)
class Column:
    """Points that stand in one place. name: as in `naming.points_by_column`. path: where, in the rulebook's data."""

    name: str
    path: Path
    in_force: int
    rule: Rule
    answer: Answer | None = None


def columns(rulebook: Rulebook) -> tuple[Column, ...]:
    """In the rulebook's order. A rule that is switched off is none; nor one by band: its points stand in a form."""
    found: list[Column] = []
    taken: set[str] = set()
    for column in _places(rulebook):
        name = column.name if column.name not in taken else f"{column.name}:{len(found)}"
        taken.add(name)
        found.append(replace(column, name=name))
    return tuple(found)


def _places(rulebook: Rulebook) -> Iterator[Column]:
    for at, rule in enumerate(rulebook.rules):
        if rule.off:
            continue
        if isinstance(rule, AnswerRule):
            for number, answer in enumerate(rule.answers):
                name = f"{rule.code}:{min(answer.values)}" if answer.values else rule.code
                yield Column(name, ("rules", at, "answers", number, "points"), answer.points, rule, answer)
        elif not (isinstance(rule, EventRule) and rule.by_band):
            yield Column(rule.code, ("rules", at, "points"), rule.points, rule)


class Counting:
    """How often each column of one rulebook counted for a lead, by the engine that scores leads: caps, conditions, and
    who may tell of what are the same."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return columns(self.rulebook)

    def times(self, events: Sequence[Event], known: Known, moment: datetime) -> list[int]:
        """A number a column, of points that stand at that moment. events: in any order; known: the facts with their
        times."""
        counted = dict.fromkeys((_code(at) for at, _ in enumerate(self.columns)), 0)
        for line in fold_ordered(self._bare, in_order(events, moment), moment, known=known).lines:
            if line.code in counted:
                counted[line.code] += 1
            elif line.code in TAKEN_BACK:
                counted[line.params["rule"]] -= 1
        return [max(times, 0) for times in counted.values()]

    @cached_property
    def _bare(self) -> Rulebook:
        """The rules alone, a point each, every column by a code of its own: two rules may have answers of one code."""
        by_path = {column.path: _code(at) for at, column in enumerate(self.columns)}
        rules = tuple(_bare(rule, at, by_path) for at, rule in enumerate(self.rulebook.rules) if _learns(at, by_path))
        return replace(self.rulebook, rules=rules, groups=(), decay=Decay(points=0))


def _learns(at: int, by_path: Mapping[Path, str]) -> bool:
    return any(path[1] == at for path in by_path)


def _bare(rule: Rule, at: int, by_path: Mapping[Path, str]) -> Rule:
    if not isinstance(rule, AnswerRule):
        return replace(rule, code=by_path["rules", at, "points"], points=1, group="", title={})
    answers = [
        replace(answer, code=by_path["rules", at, "answers", number, "points"], points=1, params={})
        for number, answer in enumerate(rule.answers)
    ]
    return replace(rule, code=f"answers {at}", answers=tuple(answers), group="")


def _code(at: int) -> str:
    return f"column {at}"
