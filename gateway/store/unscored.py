"""Leads whose score could not be counted, by a fault of ours: they stand as they stood, hinder nobody else, and are
tried again until it is mended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from gateway.store.conflicts import insert_or_set
from gateway.store.tables import unscored

RETRY_AFTER = (timedelta(minutes=10), timedelta(hours=1))  # so long time alone changes no score of such a lead


def failed(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """Try it again later, an hour later in the end."""
    tries = conn.execute(select(unscored.c.tries).where(unscored.c.lead_id == lead_id)).scalar() or 0
    later = now + RETRY_AFTER[min(tries, len(RETRY_AFTER) - 1)]
    insert_or_set(conn, unscored, {"lead_id": lead_id}, {"site_id": site_id, "at": later, "tries": tries + 1})


def due(conn: Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(site, lead), who has waited longest first."""
    query = select(unscored.c.site_id, unscored.c.lead_id).where(unscored.c.at <= now)
    return [(row.site_id, row.lead_id) for row in conn.execute(query.order_by(unscored.c.at).limit(limit))]


def done(conn: Connection, lead_ids: Collection[str]) -> None:
    """Their scores stand. One that a submission brought up to date is still on the list until it is tried again."""
    conn.execute(delete(unscored).where(unscored.c.lead_id.in_(lead_ids)))


def count(conn: Connection) -> int:
    found: int = conn.execute(select(func.count()).select_from(unscored)).scalar_one()
    return found
