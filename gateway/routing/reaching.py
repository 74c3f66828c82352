"""Which rules a lead can reach at all, and where a new one has to stand to be reached. Pure.

Cells, stages and the wish to be contacted are counted out, each combination of them a bit; what else a rule asks
(segments, forms, consents, facts) counts as asked by another only where it plainly is: so a rule is called out of
reach only if no lead whatever can get to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Literal

from gateway.routing.conditions import Asked, Condition, OneOf
from gateway.routing.model import Rule
from gateway.scoring.model import STAGES, FactCondition
from gateway.scoring.reading_conditions import CELLS

IDLE = timedelta(days=30)  # as long as inactivity counts for a lead (rule 23)

# covered: rules before it take every lead that it asks for. off: its destinations are all disabled. idle: it has held
# for no lead in thirty days.
Why = Literal["covered", "off", "idle"]

_COMBINATIONS = tuple(product(CELLS, (None, *STAGES), (False, True)))
_EVERY = (1 << len(_COMBINATIONS)) - 1
_CONTACT = sum(1 << bit for bit, (_, _, contact) in enumerate(_COMBINATIONS) if contact)


@dataclass(frozen=True)
class Unreached:
    """Why nobody gets to a rule. by: the rules that take its leads before; since: it has held for nobody since."""

    why: Why
    by: tuple[Rule, ...] = ()
    since: datetime | None = None


def unreached(rules: Sequence[Rule], usable: Collection[str], now: datetime) -> Mapping[str, Unreached]:
    """By rule's id, of those that have something to tell. usable: the destinations that are not disabled."""
    counted = [_counted(rule, usable) for rule in rules]
    told = {one.rule.id: _of(one, counted[:place], usable, now) for place, one in enumerate(counted)}
    return {rule_id: one for rule_id, one in told.items() if one is not None}


def place(new: Rule, rules: Sequence[Rule], usable: Collection[str]) -> int:
    """Before which of the rules (from 0) a new one can work: before the one that leaves it no lead; else before those
    at the end that send nowhere; last if it asks for every lead, since those were meant to go nowhere."""
    mine, others = _counted(new, usable), [_counted(rule, usable) for rule in rules]
    for count in range(1, len(rules) + 1):
        if _covering(mine, others[:count]):
            return count - 1
    last = len(rules)
    while new.asks and new.destinations and last and not rules[last - 1].destinations:
        last -= 1
    return last


@dataclass(frozen=True)
class _Counted:
    """asked: the combinations that a rule's countable conditions let through; taken: those for which the search ends
    there; rest: what it asks besides."""

    rule: Rule
    asked: int
    taken: int
    rest: Sequence[Condition]


def _counted(rule: Rule, usable: Collection[str]) -> _Counted:
    """Over its cap a rule goes on, but for those who asked to be contacted."""
    asked = _asked(rule)
    ends = not rule.destinations or (rule.stop and set(rule.destinations) & set(usable))
    return _Counted(rule, asked, asked & (_CONTACT if rule.per_day else _EVERY) if ends else 0, _rest(rule))


def _covering(one: _Counted, before: Sequence[_Counted]) -> tuple[Rule, ...]:
    """Those of the rules before it that together take every lead which it asks for; none if some are left."""
    left, by = one.asked, []
    for other in before:
        taken = left & other.taken if _implied(other.rest, one.rest) else 0
        if taken:
            by.append(other.rule)
            left &= ~taken
        if not left:
            return tuple(by)
    return ()


def _of(one: _Counted, before: Sequence[_Counted], usable: Collection[str], now: datetime) -> Unreached | None:
    rule = one.rule
    if by := _covering(one, before):
        return Unreached("covered", by)
    if rule.destinations and not set(rule.destinations) & set(usable):
        return Unreached("off")
    if rule.idle_since is not None and rule.idle_since <= now - IDLE:
        return Unreached("idle", since=rule.idle_since)
    return None


def _asked(rule: Rule) -> int:
    return sum(1 << bit for bit, one in enumerate(_COMBINATIONS) if all(_lets(asked, one) for asked in rule.when))


def _lets(asked: Condition, combination: tuple[str, str | None, bool]) -> bool:
    cell, stage, contact = combination
    if isinstance(asked, Asked):
        return asked.wanted == contact
    if isinstance(asked, OneOf) and asked.what == "cell":
        return cell in asked.values
    return stage in asked.values if isinstance(asked, OneOf) and asked.what == "stage" else True


def _rest(rule: Rule) -> list[Condition]:
    """What it asks besides."""
    counted = [one for one in rule.when if isinstance(one, Asked) or getattr(one, "what", "") in {"cell", "stage"}]
    return [one for one in rule.when if one not in counted]


def _implied(wanted: Sequence[Condition], said: Sequence[Condition]) -> bool:
    """Whether who meets what is said meets what is wanted."""
    return all(any(_within(one, other) for one in said) for other in wanted)


def _within(one: Condition, other: Condition) -> bool:
    if isinstance(one, OneOf) and isinstance(other, OneOf):
        return one.what == other.what and set(one.values) <= set(other.values)
    if isinstance(one, FactCondition) and isinstance(other, FactCondition) and not one.negated:
        return bool(one.any_of) and one.any_of <= other.any_of and replace(one, any_of=other.any_of) == other
    return one == other
