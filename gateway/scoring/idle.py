"""Time that counts as idle: the calendar without the periods in which a deal was open (rule 23)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.records import Event
from gateway.scoring.event_types import may_send

DEAL_EVENTS = frozenset({"deal_opened", "won", "lost", "bad"})


@dataclass(frozen=True)
class Period:
    start: datetime
    end: datetime | None = None  # None: still open


def merged(periods: Iterable[Period]) -> tuple[Period, ...]:
    """In time order, without overlaps and empty ones."""
    found: list[Period] = []
    for period in sorted(periods, key=lambda one: one.start):
        if period.end is not None and period.end <= period.start:
            continue
        last = found[-1] if found else None
        if last is None or (last.end is not None and last.end < period.start):
            found.append(period)
        elif last.end is not None and (period.end is None or period.end > last.end):
            found[-1] = Period(last.start, period.end)
    return tuple(found)


def later(moment: datetime, span: timedelta, pauses: Sequence[Period]) -> datetime | None:
    """When `span` of unpaused time has gone by since `moment`; None where an open pause stands before it.
    `pauses` as `merged` gives them."""
    due = moment + span
    if not pauses:
        return due
    for pause in pauses:
        if pause.end is not None and pause.end <= moment:
            continue
        if pause.start >= due:
            break
        if pause.end is None:
            return None
        due += pause.end - max(pause.start, moment)
    return due


def deal_periods(events: Iterable[Event], *, open_since: datetime | None = None) -> tuple[Period, ...]:
    """From each `deal_opened` to the next won, lost or bad. `open_since`: sales keeps a deal open that no event
    tells of; it pauses from then on."""
    periods: list[Period] = []
    start: datetime | None = None
    told = [event for event in events if event.type in DEAL_EVENTS and may_send(event.source, event.type)]
    for event in sorted(told, key=lambda one: (one.at, one.id)):
        if event.type == "deal_opened" and start is None:
            start = event.at
        elif event.type != "deal_opened" and start is not None:
            periods.append(Period(start, event.at))
            start = None
    still_open = start or open_since
    if still_open is not None:
        periods.append(Period(still_open))
    return merged(periods)
