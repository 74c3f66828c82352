"""Visitors: browsers, known by our cookie. They hold no personal data; their answers stand in their submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select, update

from gateway.store import persons
from gateway.store.conflicts import insert_absent
from gateway.store.tables import merges, visitors

LINEAGE_LIMIT = 20  # earlier ids a browser keeps: older answers are then asked again

_THIS = (visitors.c.id == bindparam("this")) & (visitors.c.site_id == bindparam("at_site"))
_BROWSER = select(visitors.c.lineage, visitors.c.lead_id).where(_THIS)
# Not by site: SQLite would read all its visitors.
_LINKED = select(visitors.c.id, visitors.c.site_id, visitors.c.lead_id).where(
    visitors.c.id.in_(bindparam("these", expanding=True))
)
_GIVEN = select(visitors.c.created_at, visitors.c.lead_id).where(_THIS)
_PERSON = persons.members(bindparam("whose"))
_MERGED = (
    select(merges.c.id)
    .where(or_(merges.c.one.in_(_PERSON), merges.c.other.in_(_PERSON)))
    .where(merges.c.undone_at.is_(None), merges.c.at > bindparam("since"))
    .order_by(merges.c.at.desc(), merges.c.id.desc())
    .limit(1)
)
_SET_LEAD = update(visitors).where(_THIS).values(lead_id=bindparam("whose"))


@dataclass(frozen=True)
class Browser:
    """What is known of one. `lineage`: its id and the earlier ones, newest first; `lead_id`: the lead that it is linked
    to, by its own link, else by that of its nearest earlier id."""

    lineage: Sequence[str] = ()
    lead_id: str | None = None


@dataclass(frozen=True)
class Seen:
    """A browser at one moment. `previous` is the id that `visitor_id` replaces (rule 8)."""

    site_id: str
    visitor_id: str
    at: datetime
    previous: str | None = None


def ensure(conn: Connection, seen: Seen) -> None:
    ensure_all(conn, [seen])


def ensure_all(conn: Connection, found: Sequence[Seen]) -> None:
    """The rows of these browsers, made if new. What a replaced id answered stays known to its successor, while the
    old id learns nothing of what comes."""
    replaced = {seen.previous for seen in found if seen.previous not in (None, seen.visitor_id)}
    before: dict[tuple[str, str], list[str]] = {}
    if replaced:
        query = select(visitors.c.site_id, visitors.c.id, visitors.c.lineage).where(visitors.c.id.in_(replaced))
        before = {(row.site_id, row.id): [row.id, *row.lineage][:LINEAGE_LIMIT] for row in conn.execute(query)}
    rows = {
        seen.visitor_id: {
            "id": seen.visitor_id,
            "site_id": seen.site_id,
            "created_at": seen.at,
            "lineage": before.get((seen.site_id, seen.previous or ""), []),
        }
        for seen in found
    }
    insert_absent(conn, visitors, [rows[visitor_id] for visitor_id in sorted(rows)])  # one order: no deadlocks


def browser(conn: Connection, site_id: str, visitor_id: str | None) -> Browser:
    """None is no browser: nothing is known of it."""
    if visitor_id is None:
        return Browser()
    row = conn.execute(_BROWSER, {"this": visitor_id, "at_site": site_id}).first()
    earlier = row.lineage if row else []
    lead_id = row.lead_id if row else None
    return Browser([visitor_id, *earlier], lead_id or _nearest(conn, site_id, earlier))


def lineage(conn: Connection, site_id: str, visitor_id: str) -> list[str]:
    """This id and the earlier ones of the same browser, newest first."""
    return [visitor_id, *(conn.execute(_BROWSER, {"this": visitor_id, "at_site": site_id}).scalar() or [])]


def lead_of(conn: Connection, site_id: str, visitor_id: str | None) -> str | None:
    """The lead that this browser is linked to."""
    return browser(conn, site_id, visitor_id).lead_id


def set_lead(conn: Connection, site_id: str, visitor_id: str, lead_id: str) -> None:
    conn.execute(_SET_LEAD, {"this": visitor_id, "at_site": site_id, "whose": lead_id})


def merged_since(conn: Connection, site_id: str, visitor_id: str | None) -> str | None:
    """The last merge in force that this browser's lead took part in after the id was given (rule 8); none: there is
    none, or it is linked to nobody."""
    row = conn.execute(_GIVEN, {"this": visitor_id, "at_site": site_id}).first() if visitor_id else None
    if row is None or row.lead_id is None:
        return None
    found: str | None = conn.execute(_MERGED, {"whose": row.lead_id, "since": row.created_at}).scalar()
    return found


def succeed(conn: Connection, seen: Seen) -> datetime:
    """Begin the id that replaces `previous`, linked as that is; returns since when it is there, which may be before:
    then it stays linked as it is."""
    this = {"this": seen.visitor_id, "at_site": seen.site_id}
    if there := conn.execute(_GIVEN, this).first():
        begun: datetime = there.created_at
        return begun
    ensure(conn, seen)
    lead_id = lead_of(conn, seen.site_id, seen.previous)
    if lead_id:
        set_lead(conn, seen.site_id, seen.visitor_id, lead_id)
    return seen.at


def _nearest(conn: Connection, site_id: str, visitor_ids: Sequence[str]) -> str | None:
    """The lead of the first of these that is linked to one."""
    if not visitor_ids:
        return None
    rows = conn.execute(_LINKED, {"these": list(visitor_ids)})
    linked = {row.id: row.lead_id for row in rows if row.site_id == site_id}
    return next((linked[name] for name in visitor_ids if linked.get(name)), None)
