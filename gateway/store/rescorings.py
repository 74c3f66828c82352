"""Sites whose leads are scored anew, since their rules have changed. Which leads still wait is read off the leads, so
that this may end anywhere and go on later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, or_, select, update

from gateway.store import persons
from gateway.store.conflicts import insert_or_set
from gateway.store.pairs import within
from gateway.store.tables import leads, rescorings


@dataclass(frozen=True)
class Progress:
    done: int
    leads: int  # that waited at its beginning


def begin(conn: Connection, site_id: str, digest: str, now: datetime) -> None:
    """All leads that stand by other rules than these wait from now on."""
    waiting = left(conn, site_id, digest)
    insert_or_set(conn, rescorings, {"site_id": site_id}, {"begun_at": now, "leads": waiting})


def sites(conn: Connection) -> list[str]:
    """Those that are at it, the first begun first."""
    return list(conn.execute(select(rescorings.c.site_id).order_by(rescorings.c.begun_at)).scalars())


def progress(conn: Connection, site_id: str, digest: str) -> Progress | None:
    """None: nothing is scored anew."""
    total = conn.execute(select(rescorings.c.leads).where(rescorings.c.site_id == site_id)).scalar()
    return None if total is None else Progress(max(total - left(conn, site_id, digest), 0), total)


def waiting(conn: Connection, site_id: str, digest: str, limit: int) -> list[str]:
    """Ids of leads that stand by other rules; merged and erased ones as well."""
    found: list[str] = []
    for other in _otherwise(digest):
        query = select(leads.c.id).where(leads.c.site_id == site_id, other).limit(limit - len(found))
        found += conn.execute(query).scalars()
        if len(found) == limit:
            break
    return found


def waits_otherwise(conn: Connection, lead_id: str, now: datetime) -> bool:
    """Something else than the rules is due to be counted of this person: whoever counts it now tells of it."""
    return conn.execute(_DUE, {"whose": lead_id, "now": now}).first() is not None


_DUE = (
    select(leads.c.id)
    .where(leads.c.id.in_(persons.members(bindparam("whose"))), leads.c.score_changes_at <= bindparam("now"))
    .limit(1)
)


def hold(conn: Connection, site_id: str, lead_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Keep just these records as they are until the transaction ends, in the order in which all who need several ask
    for them (`persons.hold`). Rows of (id, fingerprint, merged_into, erased_at, score_changes_at)."""
    return conn.execute(_HELD, {"these": list(lead_ids), "at_site": site_id}).all()


_HELD: Select[Any] = (
    select(leads.c.id, leads.c.fingerprint, leads.c.merged_into, leads.c.erased_at, leads.c.score_changes_at)
    .where(leads.c.id.in_(bindparam("these", expanding=True)), within(leads.c.site_id) == bindparam("at_site"))
    .order_by(leads.c.merged_into.is_(None), leads.c.id)
    .with_for_update(key_share=True)
)


def write_down(conn: Connection, stands: Sequence[Mapping[str, Any]]) -> None:
    """Where several leads stand; each with `this`, its id, and the same columns."""
    if stands:
        conn.execute(_STANDS, list(stands))


_STANDS = update(leads).where(leads.c.id == bindparam("this"))  # the columns that are given with it


def left(conn: Connection, site_id: str, digest: str) -> int:
    """How many still wait."""
    mine = leads.c.site_id == site_id
    return sum(conn.execute(select(func.count()).where(mine, other)).scalar_one() for other in _otherwise(digest))


def looked_at(conn: Connection, lead_ids: Sequence[str], digest: str) -> None:
    """None of these waits any more. Nothing of a record is scored that is merged or erased: these are marked here."""
    others = or_(*_otherwise(digest))
    if lead_ids:
        conn.execute(update(leads).where(leads.c.id.in_(lead_ids), others).values(scored_by=digest))


def end(conn: Connection, site_id: str) -> None:
    conn.execute(delete(rescorings).where(rescorings.c.site_id == site_id))


def _otherwise(digest: str) -> tuple[ColumnElement[bool], ...]:
    """What stands by other rules: each a range of the index."""
    return leads.c.scored_by.is_(None), leads.c.scored_by < digest, leads.c.scored_by > digest
