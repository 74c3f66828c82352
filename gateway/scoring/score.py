"""The score: events folded in time order into lines that add up (rules 22, 23).

One line a step. What a step loses to a group's limit, and where it would leave 0–100, are the next lines; `balance` is
what stands once all of them are written, so it never leaves 0–100 and the last one is the total.

A past day's lines are the beginning of today's: what comes later writes lines of its own, at its own time.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from gateway.records import Event
from gateway.scoring.folding import Folding
from gateway.scoring.idle import Period, merged
from gateway.scoring.known import Known
from gateway.scoring.lines import Line
from gateway.scoring.model import Rulebook

__all__ = ["Folding", "Line", "Score", "fold", "fold_ordered", "folded", "in_order"]

NOTHING_KNOWN = Known(())


@dataclass(frozen=True)
class Score:
    total: int  # 0–100
    lines: tuple[Line, ...]  # oldest first; their points add up to the total
    changes_at: datetime | None  # when an idle month will next lower it, if nothing happens before
    shown: Container[str] = frozenset()  # ids of the clicks in mails behind which a person has shown


def fold(
    rulebook: Rulebook,
    events: Iterable[Event],
    now: datetime,
    *,
    pauses: Sequence[Period] = (),
    known: Known = NOTHING_KNOWN,
) -> Score:
    """The score at `now` from events in any order; later ones are not looked at, so any past day can be rebuilt.

    Events with one id are one event, its earliest. `pauses`: when a deal was open (`idle.deal_periods`).
    """
    return fold_ordered(rulebook, in_order(events, now), now, pauses=pauses, known=known)


def fold_ordered(
    rulebook: Rulebook,
    events: Iterable[Event],
    now: datetime,
    *,
    pauses: Sequence[Period] = (),
    known: Known = NOTHING_KNOWN,
) -> Score:
    """The same for events that `in_order` gave."""
    folding = folded(rulebook, events, now, pauses=pauses, known=known)
    return Score(folding.balance, tuple(folding.lines), folding.changes_at, folding.clicks.shown)


def folded(
    rulebook: Rulebook, events: Iterable[Event], now: datetime, *, pauses: Sequence[Period], known: Known
) -> Folding:
    """The same on its way, for who asks what one more answer would do."""
    folding = Folding(rulebook, merged(pauses))
    changes = list(reversed(known.changes)) if rulebook.reads_facts else []
    for event in events:
        while changes and changes[-1].at <= event.at:  # what a form said is known when what it did is counted
            folding.learn(changes.pop())
        if folding.ending or folding.halving or (folding.idle is not None and folding.idle <= event.at):
            folding.pass_until(event.at)
        folding.take(event)
    while changes and changes[-1].at <= now:
        folding.learn(changes.pop())
    folding.pass_until(now)
    return folding


def in_order(events: Iterable[Event], now: datetime) -> list[Event]:
    """What happened up to `now`, in time order (ties by id), each id once."""
    found = sorted(events, key=attrgetter("at", "id"))
    while found and found[-1].at > now:
        found.pop()
    once = {event.id: event for event in reversed(found)}
    return found if len(once) == len(found) else list(reversed(once.values()))
