"""Leads of which something changed that tells who they are: they wait until they are held against the others. The row
is the queue; whoever changes facts or identifiers writes it in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from gateway.store.conflicts import insert_absent, insert_or_set
from gateway.store.tables import leads, unweighed

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))

_DUE = (
    select(unweighed.c.site_id, unweighed.c.lead_id)
    .where(unweighed.c.at <= bindparam("now"))
    .order_by(unweighed.c.at.desc())  # no further: a stock of a million bears one time, and would be sorted each time
    .limit(bindparam("most"))
)
_MARKED = select(unweighed.c.at, unweighed.c.tries).where(unweighed.c.lead_id == bindparam("whose"))
_THIS_MARK = unweighed.c.lead_id.in_(
    select(unweighed.c.lead_id)
    .where(unweighed.c.lead_id == bindparam("whose"), unweighed.c.at == bindparam("marked"))
    .with_for_update(skip_locked=True)
)
_DONE = delete(unweighed).where(_THIS_MARK)
_FAILED = update(unweighed).where(_THIS_MARK).values(at=bindparam("later"), tries=unweighed.c.tries + 1)


class Waiting(NamedTuple):
    site_id: str
    lead_id: str


class Mark(NamedTuple):
    """Since when a lead waits, and how often it failed."""

    at: datetime
    tries: int


def add(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """Let this lead be weighed within seconds. One that waits already is marked anew, and is then weighed anew even if
    somebody is at it now."""
    insert_or_set(conn, unweighed, {"lead_id": lead_id}, {"site_id": site_id, "at": now, "tries": 0})


def add_after(conn: Connection, sites: Collection[str], after: str, now: datetime, *, limit: int) -> str | None:
    """Mark these sites' next leads by id, of so many that are looked at; returns the last one's id, None where none is
    left."""
    query = select(leads.c.id, leads.c.site_id).where(leads.c.id > after).order_by(leads.c.id).limit(limit)
    found = conn.execute(query).all()  # not by site: SQLite would read and sort all of it for each page
    rows = [{"lead_id": row.id, "site_id": row.site_id, "at": now, "tries": 0} for row in found if row.site_id in sites]
    insert_absent(conn, unweighed, rows)
    return str(found[-1].id) if found else None


def due(conn: Connection, now: datetime, limit: int) -> Sequence[Waiting]:
    """The newest first: who comes now waits for no stock of old leads."""
    return [Waiting(*row) for row in conn.execute(_DUE, {"now": now, "most": limit})]


def any_due(conn: Connection, now: datetime) -> bool:
    return conn.execute(select(unweighed.c.lead_id).where(unweighed.c.at <= now).limit(1)).first() is not None


def marked(conn: Connection, lead_id: str) -> Mark | None:
    """Its mark; none: it does not wait. Read without a lock: whoever weighs holds leads, and whoever holds leads marks
    them, so that on PostgreSQL the two would wait for each other."""
    row = conn.execute(_MARKED, {"whose": lead_id}).first()
    return Mark(*row) if row else None


def done(conn: Connection, lead_id: str, mark: Mark) -> None:
    """It waits no longer, unless it was marked anew since, or is being so."""
    conn.execute(_DONE, {"whose": lead_id, "marked": mark.at})


def failed(conn: Connection, lead_id: str, mark: Mark, now: datetime) -> None:
    """It could not be weighed: again later, a day later in the end."""
    later = now + RETRY_AFTER[min(mark.tries, len(RETRY_AFTER) - 1)]
    conn.execute(_FAILED, {"whose": lead_id, "marked": mark.at, "later": later})
