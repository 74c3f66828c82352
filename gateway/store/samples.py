"""A few of each week's rejected submissions, drawn for a second look: were these right?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, exists, func, select, update

from gateway.store.conflicts import insert_absent
from gateway.store.tables import samples, submissions, verdicts

Answer = Literal["right", "wrong"]
SIZE = 10  # a week: two minutes of somebody's time


@dataclass(frozen=True)
class Sample:
    submission_id: str
    week: str
    answer: Answer | None
    answered_by: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Figures:
    """Over all weeks: how many were drawn, looked at, and wrongly rejected."""

    drawn: int
    answered: int
    wrong: int


def week_before(now: datetime) -> tuple[str, datetime, datetime]:
    """The last whole ISO week in UTC: its name (2026-W47), its beginning and its end."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight - timedelta(days=midnight.weekday())
    begin = end - timedelta(days=7)
    year, week, _ = begin.isocalendar()
    return f"{year}-W{week:02d}", begin, end


def drawn(conn: Connection, site_id: str, week: str) -> bool:
    query = select(samples.c.submission_id).where(samples.c.site_id == site_id, samples.c.week == week)
    return conn.execute(query.limit(1)).first() is not None


def draw(conn: Connection, site_id: str, now: datetime) -> int:
    """Draw last week's; returns how many. By the hash of week and id: random, yet the same for whoever draws."""
    week, begin, end = week_before(now)
    then = exists().where(
        verdicts.c.submission_id == submissions.c.id,
        verdicts.c.outcome == "reject",
        verdicts.c.at >= begin,
        verdicts.c.at < end,
    )
    query = select(submissions.c.id).where(
        submissions.c.site_id == site_id, submissions.c.status == "rejected", submissions.c.test.is_(False), then
    )
    found = sorted((row.id for row in conn.execute(query)), key=lambda one: _lot(week, one))[:SIZE]
    rows = [{"site_id": site_id, "week": week, "submission_id": one, "drawn_at": now} for one in found]
    insert_absent(conn, samples, rows)
    return len(rows)


def latest(conn: Connection, site_id: str) -> Sequence[Sample]:
    """Those of the last week that was drawn."""
    week = select(func.max(samples.c.week)).where(samples.c.site_id == site_id).scalar_subquery()
    query = select(samples).where(samples.c.site_id == site_id, samples.c.week == week)
    return [_sample(row) for row in conn.execute(query.order_by(samples.c.submission_id))]


def open_of_latest(conn: Connection, site_id: str) -> int:
    """How many of them nobody has looked at."""
    return sum(one.answer is None for one in latest(conn, site_id))


def answer(conn: Connection, site_id: str, submission_id: str, given: Answer, *, user_id: str, now: datetime) -> bool:
    """Note what staff say of it; false when it was not drawn here. The last answer counts."""
    mine = (samples.c.site_id == site_id) & (samples.c.submission_id == submission_id)
    values = {"answer": given, "answered_by": user_id, "answered_at": now}
    return conn.execute(update(samples).where(mine).values(values)).rowcount > 0


def figures(conn: Connection, site_id: str) -> Figures:
    query = select(samples.c.answer, func.count()).where(samples.c.site_id == site_id).group_by(samples.c.answer)
    found = {row[0]: row[1] for row in conn.execute(query)}
    answered = found.get("right", 0) + found.get("wrong", 0)
    return Figures(sum(found.values()), answered, found.get("wrong", 0))


def _lot(week: str, submission_id: str) -> bytes:
    return hashlib.sha256(f"{week} {submission_id}".encode()).digest()


def _sample(row: Row[Any]) -> Sample:
    return Sample(row.submission_id, row.week, row.answer, row.answered_by, row.answered_at)
