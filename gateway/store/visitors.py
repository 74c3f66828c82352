"""Visitors: browsers, known by our cookie. They hold no personal data; their answers stand in their submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from gateway.store.conflicts import insert_absent
from gateway.store.tables import visitors

LINEAGE_LIMIT = 20  # earlier ids a browser keeps: older answers are then asked again


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


def lineage(conn: Connection, site_id: str, visitor_id: str) -> list[str]:
    """This id and the earlier ones of the same browser, newest first."""
    query = select(visitors.c.lineage).where(visitors.c.id == visitor_id, visitors.c.site_id == site_id)
    return [visitor_id, *(conn.execute(query).scalar() or [])]


def lead_of(conn: Connection, site_id: str, visitor_id: str | None) -> str | None:
    """The lead that this browser is linked to: its own link, else that of its nearest earlier id."""
    if visitor_id is None:
        return None
    ids = lineage(conn, site_id, visitor_id)
    # Not by site: SQLite would read all its visitors.
    query = select(visitors.c.id, visitors.c.site_id, visitors.c.lead_id).where(visitors.c.id.in_(ids))
    linked = {row.id: row.lead_id for row in conn.execute(query) if row.site_id == site_id}
    return next((linked[name] for name in ids if linked.get(name)), None)


def set_lead(conn: Connection, site_id: str, visitor_id: str, lead_id: str) -> None:
    conn.execute(
        update(visitors).where(visitors.c.id == visitor_id, visitors.c.site_id == site_id).values(lead_id=lead_id)
    )
