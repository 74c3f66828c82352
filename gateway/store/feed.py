"""The feed of changes: which leads changed, in an order by which whoever asks again and again misses nothing.

A lead's time cannot give that order: a transaction may commit later than one with a later time, and whoever asked in
between has passed its place. So a change gets its position after its commit, under the site's one lock, and whoever
sees a position sees all that come before it. A change is a risen version (rule 26), so nobody who writes a lead knows
of this; positions are given when somebody asks, and a site that nobody asks about pays nothing. Each lead stands in
the feed once, at its last change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, literal, or_, select, text, update

from gateway.store.conflicts import insert_if_absent
from gateway.store.db import Database
from gateway.store.tables import dropped_leads, feeds, leads

Gone = Literal["merged", "erased", "dropped"]
BATCH = 500  # changes that get their positions in one transaction: some 10 ms of SQLite's one writer
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


class AheadError(Exception):
    """The place lies behind the last change: it is of a database that was set back since."""


@dataclass(frozen=True)
class Place:
    """How far somebody has read: all up to `position`. Of changes up to `until`, which were there when they first
    asked, they want those stamped at or after `since`; of later ones all."""

    position: int = 0
    until: int = 0
    since: datetime = ALWAYS


@dataclass(frozen=True)
class Change:
    """What changed last of one lead. gone: why it is no lead by itself any more; merged_into: into whom."""

    lead_id: str
    position: int
    version: int
    at: datetime
    test: bool
    gone: Gone | None = None
    merged_into: str | None = None


# --- giving positions -----------------------------------------------------------------------------------------------


def number(db: Database, site_id: str) -> None:
    """Give every committed change of the site its position."""
    with db.read() as conn:
        waits = any(conn.execute(_waiting(table, site_id).limit(1)).first() for table in (leads, dropped_leads))
    while waits:
        with db.write() as conn:
            waits = number_some(conn, site_id) >= BATCH


def number_some(conn: Connection, site_id: str, limit: int = BATCH) -> int:
    """Give positions to at most so many of each sort; returns how many have theirs now. What somebody is changing at
    this moment is passed over: it gets its position after their commit."""
    insert_if_absent(conn, feeds, {"site_id": site_id, "position": 0})
    mine = feeds.c.site_id == site_id
    before = last = conn.execute(select(feeds.c.position).where(mine).with_for_update()).scalar_one()
    for table in (leads, dropped_leads):
        last += _number(conn, table, site_id, last=last, limit=limit)
    if last > before:
        conn.execute(update(feeds).where(mine).values(position=last))
    return int(last - before)


def _number(conn: Connection, table: Table, site_id: str, *, last: int, limit: int) -> int:
    waiting = _waiting(table, site_id).limit(limit)
    found = waiting.with_for_update(skip_locked=True, key_share=True).subquery()
    order = func.row_number().over(order_by=(found.c.updated_at, found.c.id))
    numbered = select(found.c.id, order.label("number")).subquery()
    given = {"feed_position": literal(last) + numbered.c.number, "feed_version": table.c.version}
    return conn.execute(update(table).where(table.c.id == numbered.c.id).values(**given)).rowcount


def _waiting(table: Table, site_id: str) -> Select[Any]:
    """Changes without their position yet, in the order of the partial index that holds no others: without that order
    SQLite may as well read all of the site's leads."""
    changed = table.c.feed_version != table.c.version
    found = select(table.c.id, table.c.updated_at).where(table.c.site_id == site_id, changed)
    return found.order_by(table.c.updated_at, table.c.id)


def dropped(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """A lead's row is about to be deleted: whoever read of it hears that it is no more."""
    row = conn.execute(select(leads).where(leads.c.id == lead_id, leads.c.site_id == site_id)).one()
    if not row.feed_version:  # it never had a position
        return
    kept = {"id": lead_id, "site_id": site_id, "version": row.version + 1, "updated_at": now, "test": row.test}
    conn.execute(dropped_leads.insert().values(**kept))


# --- reading --------------------------------------------------------------------------------------------------------


def one_moment(conn: Connection) -> None:
    """All that this transaction reads is as of its first statement. To be called before any other: what a change
    leads to is then of that same version."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def begin(conn: Connection, site_id: str, since: datetime) -> Place:
    """The place of somebody who asks for the first time: for what is stamped at or after `since`, and for whatever is
    committed from now on, however it is stamped. Call `number` before."""
    return Place(0, _last(conn, site_id), since)


def after(conn: Connection, site_id: str, place: Place, limit: int) -> tuple[Sequence[Change], Place, bool]:
    """The next changes behind a place, oldest first; the place behind them; whether there are more. Raises
    AheadError."""
    if place.position > _last(conn, site_id):
        raise AheadError
    rows = [row for table in (leads, dropped_leads) for row in conn.execute(_behind(table, site_id, place, limit + 1))]
    found = sorted(map(_change, rows), key=lambda one: one.position)
    shown = found[:limit]
    position = shown[-1].position if shown else place.position
    return shown, Place(position, place.until, place.since), len(found) > limit


def _last(conn: Connection, site_id: str) -> int:
    return conn.execute(select(feeds.c.position).where(feeds.c.site_id == site_id)).scalar() or 0


def _behind(table: Table, site_id: str, place: Place, limit: int) -> Select[Any]:
    wanted: Iterable[ColumnElement[bool]] = (
        table.c.site_id == site_id,
        table.c.feed_position > place.position,
        table.c.feed_version == table.c.version,  # one that has changed since stands further on, once it is numbered
        or_(table.c.feed_position > place.until, table.c.updated_at >= place.since),
    )
    told = [table.c[name] for name in ("id", "feed_position", "version", "updated_at", "test")]
    gone = [leads.c.erased_at, leads.c.merged_into] if table is leads else []
    return select(*told, *gone).where(*wanted).order_by(table.c.feed_position).limit(limit)


def _change(row: Row[Any]) -> Change:
    known = row._mapping
    if "erased_at" not in known:
        gone: Gone | None = "dropped"
    else:
        gone = "erased" if row.erased_at else "merged" if row.merged_into else None
    into = row.merged_into if gone == "merged" else None
    return Change(row.id, row.feed_position, row.version, row.updated_at, row.test, gone, into)
