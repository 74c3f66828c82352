"""Who is to be forgotten, as another system asked; staff answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select, update

from gateway.ids import new_id
from gateway.store.tables import erasure_requests as table

SHOWN = 100
Answer = Literal["erased", "aside"]


@dataclass(frozen=True)
class Request:
    id: str
    lead_id: str
    asked_at: datetime
    asked_by: str  # a destination or an API token
    answer: Answer | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None


def ask(conn: Connection, site_id: str, lead_id: str, *, by: str, now: datetime) -> tuple[str, bool]:
    """Let a request wait for staff; returns its id and whether it is new: one that waits for this lead already is the
    same one. To be called while the lead is held."""
    waiting = (table.c.lead_id == lead_id) & (table.c.site_id == site_id) & table.c.answer.is_(None)
    found = conn.execute(select(table.c.id).where(waiting)).scalar()
    if found is not None:
        return str(found), False
    made = new_id("era", now)
    conn.execute(table.insert().values(id=made, site_id=site_id, lead_id=lead_id, asked_at=now, asked_by=by))
    return made, True


def of_site(conn: Connection, site_id: str) -> Sequence[Request]:
    """Those that wait, the oldest first, then the answered, the last first."""
    mine = select(table).where(table.c.site_id == site_id)
    waits = mine.where(table.c.answer.is_(None)).order_by(table.c.asked_at, table.c.id)
    done = mine.where(table.c.answer.is_not(None)).order_by(table.c.answered_at.desc(), table.c.id)
    return [_request(row) for query in (waits, done) for row in conn.execute(query.limit(SHOWN))]


def waiting(conn: Connection, site_id: str) -> int:
    query = select(func.count()).where(table.c.site_id == site_id, table.c.answer.is_(None))
    return conn.execute(query).scalar_one()


def set_aside(conn: Connection, site_id: str, request_id: str, *, by: str, now: datetime) -> str | None:
    """Nobody is erased for it; returns the lead's id, none where no such request waits."""
    mine = (table.c.id == request_id) & (table.c.site_id == site_id) & table.c.answer.is_(None)
    answered = update(table).where(mine).values(answer="aside", answered_at=now, answered_by=by)
    return conn.execute(answered.returning(table.c.lead_id)).scalar()


def settle(conn: Connection, lead_ids: Collection[str], *, by: str | None, now: datetime) -> None:
    """These leads are erased: whoever asked for it has been answered."""
    mine = table.c.lead_id.in_(lead_ids) & table.c.answer.is_(None)
    conn.execute(update(table).where(mine).values(answer="erased", answered_at=now, answered_by=by))


def _request(row: Row[Any]) -> Request:
    return Request(row.id, row.lead_id, row.asked_at, row.asked_by, row.answer, row.answered_at, row.answered_by)
