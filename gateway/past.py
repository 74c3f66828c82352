"""Where a lead stood at the end of a past day, rebuilt from its events and facts by the rules of today: no nightly
copy is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway import standing
from gateway.records import Lead
from gateway.scoring.known import Known
from gateway.scoring.score import Line
from gateway.store import events, leads, rulebooks, stage_moves


@dataclass(frozen=True)
class Past:
    at: datetime
    score: int
    interest: int
    grade: str
    stage: str | None  # as it was written then
    lines: tuple[Line, ...]  # of the score, oldest first

    @property
    def cell(self) -> str:
        return f"{self.grade}{self.interest}"


def end_of(day: date, zone: ZoneInfo, now: datetime) -> datetime:
    """The last moment of the day at the site; now, while it has not come."""
    midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return min(now, midnight - timedelta(microseconds=1))


def as_of(conn: Connection, lead: Lead, at: datetime) -> Past:
    """The lead at that moment: what had happened and was known by then, an event that was told late included."""
    history = leads.facts_of_person(conn, lead)
    known = {fact.field: fact for fact in Known.stood(history, at)}
    stood_in = replace(lead, stage=_stage(conn, lead, at), facts=known)
    found = events.of_lead(conn, lead.site_id, lead.id)
    stood = standing.by_events(rulebooks.in_force(conn, lead.site_id), stood_in, found, at, history=history)
    return Past(at, stood.score, stood.interest, stood.grade, stood_in.stage, stood.lines)


def _stage(conn: Connection, lead: Lead, at: datetime) -> str | None:
    moves = [move for move in stage_moves.of_person(conn, lead.id) if move.at <= at]
    return max(moves, key=lambda move: move.at).to_stage if moves else None
