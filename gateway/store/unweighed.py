"""Leads of which something changed that tells who they are: they wait until they are held against the others. The row
is the queue; whoever changes facts or identifiers writes it in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from gateway.store.conflicts import insert_absent, insert_or_set
from gateway.store.tables import leads, unweighed

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))

_DUE = (
    select(unweighed.c.site_id, unweighed.c.lead_id)
    .where(unweighed.c.at <= bindparam("now"))
    .order_by(unweighed.c.at.desc(), unweighed.c.lead_id.desc())
    .limit(bindparam("most"))
)
_TAKE = select(unweighed.c.tries).where(unweighed.c.lead_id == bindparam("whose")).with_for_update(skip_locked=True)
_DONE = delete(unweighed).where(unweighed.c.lead_id == bindparam("whose"))


class Waiting(NamedTuple):
    site_id: str
    lead_id: str


def add(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """Let this lead be weighed within seconds. One that waits already is marked anew: whoever takes it up waits until
    this transaction is through, and reads what it wrote."""
    insert_or_set(conn, unweighed, {"lead_id": lead_id}, {"site_id": site_id, "at": now, "tries": 0})


def add_after(conn: Connection, site_id: str, after: str, now: datetime, *, limit: int) -> str | None:
    """Mark the site's next leads by id; returns the last one's id, None where none is left."""
    query = select(leads.c.id, leads.c.site_id).where(leads.c.id > after).order_by(leads.c.id).limit(limit)
    found = conn.execute(query).all()  # not by site: SQLite would read and sort all of it for each page
    rows = [{"lead_id": row.id, "site_id": site_id, "at": now, "tries": 0} for row in found if row.site_id == site_id]
    insert_absent(conn, unweighed, rows)
    return str(found[-1].id) if found else None


def due(conn: Connection, now: datetime, limit: int) -> Sequence[Waiting]:
    """The newest first: who comes now waits for no stock of old leads."""
    return [Waiting(*row) for row in conn.execute(_DUE, {"now": now, "most": limit})]


def any_due(conn: Connection, now: datetime) -> bool:
    return conn.execute(select(unweighed.c.lead_id).where(unweighed.c.at <= now).limit(1)).first() is not None


def take(conn: Connection, lead_id: str) -> int | None:
    """Take one up: how often it failed before. None: another worker has it, or somebody is changing it."""
    tries: int | None = conn.execute(_TAKE, {"whose": lead_id}).scalar()
    if tries is not None:
        conn.execute(_DONE, {"whose": lead_id})
    return tries


def failed(conn: Connection, waiting: Waiting, tries: int, now: datetime) -> None:
    """Put one back that could not be weighed: later each time, a day in the end."""
    later = now + RETRY_AFTER[min(tries, len(RETRY_AFTER) - 1)]
    insert_or_set(
        conn, unweighed, {"lead_id": waiting.lead_id}, {"site_id": waiting.site_id, "at": later, "tries": tries + 1}
    )
