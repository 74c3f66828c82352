"""Held submissions of people who asked to be contacted, and whether staff were told of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from gateway.store.tables import submissions

WITHIN = timedelta(days=1)  # what waited longer, with nobody to tell, is the daily mail's


def untold(conn: Connection, now: datetime) -> Sequence[Any]:
    """(site_id, count) of those that nobody was told of."""
    query = select(submissions.c.site_id, func.count().label("count")).where(_untold(now))
    return conn.execute(query.group_by(submissions.c.site_id)).all()


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
    mine = and_(submissions.c.site_id == site_id, _untold(now))
    return conn.execute(update(submissions).where(mine).values(alerted_at=now)).rowcount


def _untold(now: datetime) -> ColumnElement[bool]:
    return and_(
        submissions.c.status == "held",
        submissions.c.wants_contact.is_(True),
        submissions.c.alerted_at.is_(None),
        submissions.c.test.is_(False),
        submissions.c.received_at > now - WITHIN,
    )
