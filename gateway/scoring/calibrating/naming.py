"""What a rulebook's rules are called as columns of a table of outcomes."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.scoring.model import AnswerRule, Rulebook


def points_by_column(rulebook: Rulebook) -> dict[str, int]:
    """The points in force. A rule on an event or a fact is called by its code; one on answers `<rule>:<value>` for
    each value, and by the codes of rule and answers alone, which then stand for the most points that they give. One
    that is switched off has no column."""
    found: dict[str, int] = {}
    for code, points in _named(rulebook):
        found[code] = max(points, found.get(code, points), key=abs)
    return found


def _named(rulebook: Rulebook) -> Iterator[tuple[str, int]]:
    for rule in rulebook.counting:
        if not isinstance(rule, AnswerRule):
            yield rule.code, rule.points
            continue
        yield rule.code, max((answer.points for answer in rule.answers), key=abs, default=0)
        for answer in rule.answers:
            yield answer.code, answer.points
            yield from ((f"{rule.code}:{value}", answer.points) for value in sorted(answer.values))
