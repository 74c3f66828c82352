"""A lead as it was when it was handed to sales, and what became of it. What sales said later would tell the outcome
instead of what could be seen before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.records import Event, Fact
from gateway.scoring.conditions import believed
from gateway.scoring.event_types import OUTCOMES

SALES = ("crm", "staff")  # sources of events, strengths of facts: who works the leads
OF_SELLING = OUTCOMES | {"deal_opened"}
Outcome = Literal["won", "lost", "bad", "customer"]


@dataclass(frozen=True)
class Ended:
    """outcome: `customer` is one who was a customer before the hand-over. moment: up to when the lead is looked at."""

    outcome: Outcome
    moment: datetime


def ended(events: Iterable[Event], handed_at: datetime | None) -> Ended | None:
    """What became of a lead, and when it was handed over; None while nothing did. handed_at: when its first delivery
    was queued; None: never, then its first outcome or deal counts. events: in time order.

    The latest outcome stands, as for the stage; but a deal opened with somebody who was won is another deal. Where a
    deal or an outcome is older than the first delivery, sales knew the lead already by then."""
    told = [one for one in events if one.type in OF_SELLING and believed(one)]
    own = [one for one in told if one.type != "customer" or (handed_at is not None and one.at > handed_at)]
    outcome = _latest(own)
    if outcome is not None:
        return Ended(outcome, min(own[0].at, handed_at or own[0].at))
    return Ended("customer", told[0].at) if any(one.type == "customer" for one in told) else None


def _latest(told: Sequence[Event]) -> Outcome | None:
    found: Outcome | None = None
    for one in told:
        if one.type == "deal_opened":
            if found == "won":
                break
        elif one.type in ("won", "customer"):
            found = "won"
        else:
            found = "bad" if one.type == "bad" else "lost"
    return found


def seen(events: Iterable[Event], moment: datetime) -> list[Event]:
    """What had happened by then and nobody of sales told."""
    return [one for one in events if one.at <= moment and one.source not in SALES and one.type not in OF_SELLING]


def known(facts: Iterable[Fact], moment: datetime) -> list[Fact]:
    """What was written down by then and not by sales."""
    return [one for one in facts if one.at <= moment and one.strength not in SALES]
