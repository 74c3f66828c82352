"""What /metrics counts over all sites: states, and how long the oldest waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Table, func, select

from gateway.store.tables import deliveries, destinations, mails, outbox, submissions

SUBMISSION_STATUSES = ("pending", "accepted", "held", "rejected", "stuck", "erased")
DELIVERY_STATUSES = ("due", "delivered", "parked", "superseded")


@dataclass(frozen=True)
class Counts:
    submissions: dict[str, int]
    deliveries: dict[str, int]
    outbox: int
    outbox_seconds: float
    due_seconds: float
    mails: int
    paused: int


def read(conn: Connection, now: datetime) -> Counts:
    """Every count at `now`; a status without rows is 0, so that its series never ends."""
    received = select(func.min(submissions.c.received_at)).join_from(outbox, submissions)
    due = select(func.min(deliveries.c.due_at)).where(deliveries.c.status == "due")
    unsent = select(func.count()).select_from(mails).where(mails.c.sent_at.is_(None))
    paused = select(func.count()).select_from(destinations).where(destinations.c.status == "paused")
    return Counts(
        submissions=_by_status(conn, submissions, submissions.c.status, SUBMISSION_STATUSES),
        deliveries=_by_status(conn, deliveries, deliveries.c.status, DELIVERY_STATUSES),
        outbox=conn.execute(select(func.count()).select_from(outbox)).scalar_one(),
        outbox_seconds=_age(conn.execute(received).scalar(), now),
        due_seconds=_age(conn.execute(due).scalar(), now),
        mails=conn.execute(unsent).scalar_one(),
        paused=conn.execute(paused).scalar_one(),
    )


def _by_status(conn: Connection, table: Table, status: Column[str], known: tuple[str, ...]) -> dict[str, int]:
    rows = conn.execute(select(status, func.count()).select_from(table).group_by(status))
    return {**dict.fromkeys(known, 0), **{row[0]: row[1] for row in rows}}


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
