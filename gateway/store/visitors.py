"""Visitors: browsers, known by our cookie. They hold no personal data; their answers stand in their submissions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from forms.profiling import Known
from gateway.store.conflicts import insert_if_absent
from gateway.store.tables import submissions, visitors

LINEAGE_LIMIT = 20  # earlier ids a browser keeps: older answers are then asked again


def ensure(conn: Connection, site_id: str, visitor_id: str, now: datetime, *, previous: str | None = None) -> None:
    """The row of this browser, made if new. `previous` is the id that it replaces (rule 8): what that one answered
    stays known here, while the old id learns nothing of what comes."""
    before = lineage(conn, site_id, previous) if previous and previous != visitor_id else []
    values = {"id": visitor_id, "site_id": site_id, "created_at": now, "lineage": before[:LINEAGE_LIMIT]}
    insert_if_absent(conn, visitors, values)


def lineage(conn: Connection, site_id: str, visitor_id: str) -> list[str]:
    """This id and the earlier ones of the same browser, newest first."""
    query = select(visitors.c.lineage).where(visitors.c.id == visitor_id, visitors.c.site_id == site_id)
    return [visitor_id, *(conn.execute(query).scalar() or [])]


def known(conn: Connection, site_id: str, visitor_id: str | None) -> Known:
    """What this browser answered and skipped on any form of the site: names and times, no values (rule 1).

    Verdicts do not count here, since what is asked next must not tell what we thought.
    """
    if visitor_id is None:
        return Known({}, {}, 0)
    query = (
        select(submissions.c.answers, submissions.c.asked, submissions.c.received_at)
        .where(
            submissions.c.site_id == site_id,
            submissions.c.visitor_id.in_(lineage(conn, site_id, visitor_id)),
            submissions.c.status != "erased",
        )
        .order_by(submissions.c.received_at)
    )
    answered: dict[str, datetime] = {}
    skipped: dict[str, datetime] = {}
    rows = conn.execute(query).all()
    for row in rows:
        given = {name for name, value in row.answers.items() if value not in ("", [], None)}
        answered |= dict.fromkeys(given, row.received_at)
        skipped |= {name: row.received_at for name in row.asked if name not in given}
    return Known(answered, {name: at for name, at in skipped.items() if name not in answered}, len(rows))


def lead_of(conn: Connection, site_id: str, visitor_id: str | None) -> str | None:
    """The lead that this browser is linked to: its own link, else that of its nearest earlier id."""
    if visitor_id is None:
        return None
    ids = lineage(conn, site_id, visitor_id)
    query = select(visitors.c.id, visitors.c.lead_id).where(visitors.c.site_id == site_id, visitors.c.id.in_(ids))
    linked = {row.id: row.lead_id for row in conn.execute(query)}
    return next((linked[name] for name in ids if linked.get(name)), None)


def set_lead(conn: Connection, site_id: str, visitor_id: str, lead_id: str) -> None:
    conn.execute(
        update(visitors).where(visitors.c.id == visitor_id, visitors.c.site_id == site_id).values(lead_id=lead_id)
    )
