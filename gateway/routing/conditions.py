"""What a rule may ask of a lead, a closed set; facts are asked as scoring asks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.records import Lead
from gateway.scoring.conditions import holds as fact_holds
from gateway.scoring.model import FactCondition

What = Literal["cell", "stage", "segment", "form"]


@dataclass(frozen=True)
class OneOf:
    """The lead's cell or stage is one of these; it belongs to one of these segments; it sent one of these forms."""

    what: What
    values: tuple[str, ...]


@dataclass(frozen=True)
class Consented:
    """The lead's consent for this purpose stands."""

    purpose: str


@dataclass(frozen=True)
class Asked:
    """The lead asked to be contacted, or did not."""

    wanted: bool = True


Condition = OneOf | Consented | Asked | FactCondition


@dataclass(frozen=True)
class Known:
    """All that routing may look at.

    forms: keys of those that were accepted from the lead. consents: purposes whose consent stands. dealt: rule → the
    day of the site on which this lead has its place there. taken: (rule, day) → how many places are taken. holders:
    destinations that have the lead.
    """

    lead: Lead
    now: datetime
    zone: ZoneInfo = ZoneInfo("UTC")
    forms: frozenset[str] = frozenset()
    consents: frozenset[str] = frozenset()
    dealt: Mapping[str, date] = made(default_factory=dict)
    taken: Mapping[tuple[str, date], int] = made(default_factory=dict)
    holders: frozenset[str] = frozenset()

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def holds(one: Condition, known: Known) -> bool:
    if isinstance(one, FactCondition):
        facts = {name: fact.value for name, fact in known.lead.facts.items()}
        return bool(fact_holds(one, facts)) != one.negated
    if isinstance(one, Consented):
        return one.purpose in known.consents
    if isinstance(one, Asked):
        return known.lead.contact_requested == one.wanted
    return not _has(one.what, known).isdisjoint(one.values)


def _has(what: What, known: Known) -> frozenset[str]:
    lead = known.lead
    if what == "cell":
        return frozenset({lead.cell})
    if what == "stage":
        return frozenset({lead.stage} if lead.stage else ())
    return frozenset(lead.segments) if what == "segment" else known.forms
