"""Held submissions of people who asked to be contacted, and whether staff were told of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from gateway.store.tables import submissions

WITHIN = timedelta(days=1)  # what waited longer, with nobody to tell, is the daily mail's


def untold(conn: Connection, site_id: str, now: datetime) -> bool:
    """Is there one of this site that nobody was told of?"""
    query = select(submissions.c.id).where(_untold(site_id, now)).limit(1)
    return conn.execute(query).first() is not None


def last_told(conn: Connection, site_id: str, now: datetime) -> datetime | None:
    """When staff of the site were last told of one."""
    told: datetime | None = conn.execute(
        select(func.max(submissions.c.alerted_at)).where(
            submissions.c.site_id == site_id, submissions.c.received_at > now - 2 * WITHIN
        )
    ).scalar()
    return told


def tell(conn: Connection, site_id: str, now: datetime) -> int:
    """Mark them as told; returns how many they were."""
    return conn.execute(update(submissions).where(_untold(site_id, now)).values(alerted_at=now)).rowcount


def _untold(site_id: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        submissions.c.site_id == site_id,
        submissions.c.status == "held",
        submissions.c.wants_contact.is_(True),
        submissions.c.alerted_at.is_(None),
        submissions.c.test.is_(False),
        submissions.c.received_at > now - WITHIN,
    )
