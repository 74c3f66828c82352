"""The stage a lead is in, by conditions that are data (rule 25).

- Forward, in the order of `model.STAGES`; a lead that meets several goes to the furthest. Back only by an entry that
  names the stage it leads back from (`back_from`), and only where nothing that leads further holds any more: else the
  next look would send the lead forward again.
- Customers (the flag, or an event `won` or `customer`) are *customer*, and *SeQL* once they show interest again after
  the outcome; after the next outcome they are *customer* anew.
- *lost* after `lost` or `bad`. Only an entry that `reopens` leads out of it, by an event after the loss: the old
  score alone does not bring a lost lead back to sales.
- Into SQL, what a browser says leads by itself nowhere (rule 22): its events do not count, but as conditions beside
  something that somebody else told.
- A click in a mail counts once a person shows.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from gateway.records import Event
from gateway.scoring.conditions import Seen, all_believed, all_hold
from gateway.scoring.event_types import OUTCOMES
from gateway.scoring.mail_clicks import by_people, counting
from gateway.scoring.model import STAGES, Entry, FactCondition, Rulebook

FUNNEL = ("IQL", "MQL", "SQL", "PQL")  # the stages before an outcome


@dataclass(frozen=True)
class StageMove:
    from_stage: str | None
    to_stage: str
    code: str  # of the entry, or outcome_customer, outcome_lost, outcome_bad
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """What a stage may depend on."""

    events: Sequence[Event]  # in time order, none after now
    interest: int
    grade: str
    contact_requested: bool
    customer: bool
    facts: Mapping[str, Any]
    now: datetime
    shown: Container[str] | None = None  # what the fold of these very events found; none: find it here

    @cached_property
    def happened(self) -> Sequence[Event]:
        """The events that count: see `by_people`."""
        return by_people(self.events) if self.shown is None else counting(self.events, self.shown)

    @cached_property
    def seen(self) -> Seen:
        return Seen(self.facts, self.happened, self.now)

    @cached_property
    def told(self) -> Seen:
        """Without what browsers say."""
        return Seen(self.facts, [event for event in self.happened if event.source != "browser"], self.now)


def next_stage(rulebook: Rulebook, situation: Situation, stage: str | None) -> StageMove | None:
    """The move that is due from `stage`; None where the lead stays."""
    move = _due(rulebook, situation, stage)
    return None if move is None or move.to_stage == stage else move


def _due(rulebook: Rulebook, situation: Situation, stage: str | None) -> StageMove | None:
    trusted = all_believed(situation.happened)
    outcomes = [event for event in trusted if event.type in OUTCOMES]
    outcome = outcomes[-1] if outcomes else None
    fresh = [event for event in trusted if event.at > outcome.at] if outcome else trusted
    if situation.customer or any(event.type in {"won", "customer"} for event in outcomes):
        met = (move for move, _ in _entered(rulebook, situation, fresh, stage) if move.to_stage == "SeQL")
        return next(met, StageMove(stage, "customer", "outcome_customer"))
    if outcome is not None:  # lost or bad: the other outcomes make a customer
        reopened = (move for move, entry in _entered(rulebook, situation, fresh, stage) if entry.reopens)
        return next(reopened, StageMove(stage, "lost", f"outcome_{outcome.type}", {"event": outcome.id}))
    found = [(move, entry) for move, entry in _entered(rulebook, situation, trusted, stage) if move.to_stage in FUNNEL]
    if not found:
        return None
    furthest = max(found, key=lambda one: STAGES.index(one[0].to_stage))
    if _ahead(stage, furthest[0].to_stage):
        return furthest[0]
    back = (move for move, entry in found if move.to_stage == furthest[0].to_stage and stage in entry.back_from)
    return next(back, None)


def _entered(
    rulebook: Rulebook, situation: Situation, events: Sequence[Event], stage: str | None
) -> Iterator[tuple[StageMove, Entry]]:
    """Each entry that these events open, in the rulebook's order."""
    anyone = {event.type: event for event in reversed(events)}  # the first of each type
    servers = {event.type: event for event in reversed(events) if event.source != "browser"}
    for into in rulebook.stages:
        guarded = into.name == "SQL"
        seen = servers if guarded else anyone
        for entry in into.entries:
            event = next((seen[kind] for kind in entry.events if kind in seen), None)
            doubted = guarded and not _vouched_for(entry)
            so = all_hold(entry.when, situation.seen) and (not doubted or all_hold(entry.when, situation.told))
            if so and _met(entry, situation, event):
                yield StageMove(stage, into.name, entry.code, _params(entry, situation, event)), entry


def _met(entry: Entry, situation: Situation, event: Event | None) -> bool:
    return (
        (not entry.events or event is not None)
        and (entry.interest is None or situation.interest <= entry.interest)
        and (entry.cooled is None or situation.interest >= entry.cooled)
        and (not entry.grades or situation.grade in entry.grades)
        and (not entry.contact_requested or situation.contact_requested)
    )


def _vouched_for(entry: Entry) -> bool:
    """It asks for something that no browser tells, besides its conditions on what happened."""
    facts = (one for one in entry.when if isinstance(one, FactCondition) and not one.negated)
    return bool(entry.events or entry.interest or entry.grades or entry.contact_requested or any(facts))


def _params(entry: Entry, situation: Situation, event: Event | None) -> dict[str, Any]:
    params: dict[str, Any] = {"title": dict(entry.title)} if entry.title else {}
    if event is not None:
        params |= {"event": event.id, "type": event.type, "name": event.name}
    if entry.interest is not None or entry.cooled is not None or entry.grades:
        params |= {"cell": f"{situation.grade}{situation.interest}"}
    return params


def _ahead(stage: str | None, other: str) -> bool:
    return stage is None or stage not in STAGES or STAGES.index(other) > STAGES.index(stage)
