"""The stage a lead is in, by conditions that are data (rule 25).

- Forward only, in the order of `model.STAGES`; a lead that meets several goes to the furthest.
- Customers (the flag, or an event `won` or `customer`) are *customer*, and *SeQL* once they show interest again after
  the outcome; after the next outcome they are *customer* anew.
- *lost* after `lost` or `bad`. Only an entry that `reopens` leads out of it, by an event after the loss: the old
  score alone does not bring a lost lead back to sales.
- For SQL, what a browser says does not count (rule 22).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.records import Event
from gateway.scoring.event_types import ALLOWED, OUTCOMES
from gateway.scoring.model import STAGES, Entry, Rulebook

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


def next_stage(rulebook: Rulebook, situation: Situation, stage: str | None) -> StageMove | None:
    """The move that is due from `stage`; None where the lead stays."""
    move = _due(rulebook, situation, stage)
    return None if move is None or move.to_stage == stage else move


def _due(rulebook: Rulebook, situation: Situation, stage: str | None) -> StageMove | None:
    believed = [event for event in situation.events if event.human and (event.source, event.type) in ALLOWED]
    outcomes = [event for event in believed if event.type in OUTCOMES]
    outcome = outcomes[-1] if outcomes else None
    fresh = [event for event in believed if event.at > outcome.at] if outcome else believed
    if situation.customer or any(event.type in {"won", "customer"} for event in outcomes):
        met = (move for move, _ in _entered(rulebook, situation, fresh, stage) if move.to_stage == "SeQL")
        return next(met, StageMove(stage, "customer", "outcome_customer"))
    if outcome is not None:  # lost or bad: the other outcomes make a customer
        reopened = (move for move, entry in _entered(rulebook, situation, fresh, stage) if entry.reopens)
        return next(reopened, StageMove(stage, "lost", f"outcome_{outcome.type}", {"event": outcome.id}))
    moves = [move for move, _ in _entered(rulebook, situation, believed, stage)]
    ahead = [move for move in moves if move.to_stage in FUNNEL and _ahead(stage, move.to_stage)]
    return max(ahead, key=lambda move: STAGES.index(move.to_stage), default=None)


def _entered(
    rulebook: Rulebook, situation: Situation, events: Sequence[Event], stage: str | None
) -> Iterator[tuple[StageMove, Entry]]:
    """Each entry that these events open, in the rulebook's order."""
    anyone = {event.type: event for event in reversed(events)}  # the first of each type
    servers = {event.type: event for event in reversed(events) if event.source != "browser"}
    for into in rulebook.stages:
        seen = servers if into.name == "SQL" else anyone
        for entry in into.entries:
            event = next((seen[kind] for kind in entry.events if kind in seen), None)
            if _met(entry, situation, event):
                yield StageMove(stage, into.name, entry.code, _params(entry, situation, event)), entry


def _met(entry: Entry, situation: Situation, event: Event | None) -> bool:
    return (
        (not entry.events or event is not None)
        and (entry.interest is None or situation.interest <= entry.interest)
        and (not entry.grades or situation.grade in entry.grades)
        and (not entry.contact_requested or situation.contact_requested)
    )


def _params(entry: Entry, situation: Situation, event: Event | None) -> dict[str, Any]:
    params: dict[str, Any] = {"title": dict(entry.title)} if entry.title else {}
    if event is not None:
        params |= {"event": event.id, "type": event.type, "name": event.name}
    if entry.interest is not None or entry.grades:
        params |= {"cell": f"{situation.grade}{situation.interest}"}
    return params


def _ahead(stage: str | None, other: str) -> bool:
    return stage is None or stage not in STAGES or STAGES.index(other) > STAGES.index(stage)
