"""A site's routing as frozen records: rules in order, who gets what no rule takes, and a share for exploration. All of
it is data that a marketer edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from gateway.routing.conditions import Condition, OneOf, What
from gateway.routing.hours import Hours
from gateway.routing.reading import conditions

EXPLORES = (0, 2, 3, 4, 5)  # per cent; 0: off
MOST_RULES = 50  # more are read by nobody

# Why a destination gets a lead; words: `delivery.choice.<code>`. has_it: it has an earlier version (rule 31).
ChoiceCode = Literal["all", "rule", "contact", "fallback", "explore", "has_it"]


@dataclass(frozen=True)
class Owner:
    """Somebody in sales. known_as: id or e-mail, as the CRM knows them; name: as people do."""

    known_as: str
    name: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule. It holds where each of its conditions does; then the lead goes to its destinations, and the search ends
    there if it stops. No destinations: nowhere, and the search ends.

    asks: the conditions as they are kept (reading.py). per_day: so many new leads a day at the site. hours: a new lead
    waits until they open. owners: among whom its leads are dealt in turn. turn: how many were.
    idle_since: it has held for no lead since, to within a day; none: not known.
    """

    id: str
    position: int  # from 1
    title: str = ""
    asks: tuple[Mapping[str, Any], ...] = ()
    destinations: tuple[str, ...] = ()
    stop: bool = False
    per_day: int | None = None
    hours: Hours | None = None
    owners: tuple[Owner, ...] = ()
    turn: int = 0
    idle_since: datetime | None = made(default=None, compare=False)

    @cached_property
    def when(self) -> tuple[Condition, ...]:
        return conditions(self.asks)


@dataclass(frozen=True)
class Routing:
    """fallback: who gets those that must not be lost and that no rule takes. explore_*: of those whom the rules send
    nowhere, so many in a hundred go there all the same; the key makes the draw ours."""

    rules: tuple[Rule, ...] = ()
    fallback: str | None = None
    explore_percent: int = 0
    explore_to: str | None = None
    explore_key: str = made(default="", repr=False)

    @cached_property
    def destinations(self) -> tuple[str, ...]:
        """All that the rules name, each once, in their order."""
        return tuple(dict.fromkeys(one for rule in self.rules for one in rule.destinations))

    @cached_property
    def counts(self) -> bool:
        """Whether it must be known what was dealt before: caps and owners."""
        return any(rule.per_day or rule.owners for rule in self.rules)

    def reads(self, kind: type) -> bool:
        """Whether a rule asks for such a condition."""
        return any(isinstance(one, kind) for rule in self.rules for one in rule.when)

    def named(self, what: What) -> set[str]:
        """The values that rules name, such as the keys of segments."""
        asked = (one for rule in self.rules for one in rule.when if isinstance(one, OneOf) and one.what == what)
        return {value for one in asked for value in one.values}
