"""How a site's destinations fare, as their cards tell it: what arrived and waits, how long answers take, the last
trouble."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, or_, select

from gateway.store import destinations as destination_rows
from gateway.store.tables import attempts, deliveries

DAY = timedelta(days=1)
MOST = 1000  # tries of the last day that the times are read of: the newest

_LATEST = (
    select(attempts.c.ms)
    .where(attempts.c.destination_id == bindparam("place"), attempts.c.at > bindparam("since"))
    .where(or_(attempts.c.http_status.is_not(None), attempts.c.error.is_(None), attempts.c.error == "timeout"))
    .order_by(attempts.c.at.desc())
    .limit(MOST)
)
_TROUBLE = (
    select(attempts.c.at, attempts.c.error)
    .where(
        attempts.c.destination_id == bindparam("place"),
        attempts.c.at > bindparam("since"),
        attempts.c.error.is_not(None),
    )
    .order_by(attempts.c.at.desc())
    .limit(1)
)
_SENT = select(func.count()).where(
    attempts.c.destination_id == bindparam("place"), attempts.c.at > bindparam("since"), attempts.c.error.is_(None)
)


@dataclass(frozen=True)
class Health:
    """sent: in the last 24 hours. waiting, parked: now. p95: milliseconds within which 95 of 100 of the newest answers
    of those hours came, a time-out counted as one; none where there were none. trouble: the last of them."""

    sent: int
    waiting: int
    parked: int
    p95: float | None
    trouble_at: datetime | None = None
    trouble: str | None = None


def of_site(conn: Connection, site_id: str, now: datetime) -> dict[str, Health]:
    """By destination."""
    mine = deliveries.c.site_id == site_id
    grouped = select(deliveries.c.destination_id, deliveries.c.status, func.count().label("found"))
    open_ones = grouped.where(mine, deliveries.c.status.in_(("due", "parked")))
    rows = conn.execute(open_ones.group_by(deliveries.c.destination_id, deliveries.c.status))
    counts = {(row.destination_id, row.status): row.found for row in rows}
    return {
        one.id: _health(
            conn, one.id, now, waiting=counts.get((one.id, "due"), 0), parked=counts.get((one.id, "parked"), 0)
        )
        for one in destination_rows.of_site(conn, site_id)
    }


def _health(conn: Connection, destination_id: str, now: datetime, *, waiting: int, parked: int) -> Health:
    asked = {"place": destination_id, "since": now - DAY}
    times = [row.ms for row in conn.execute(_LATEST, asked)]
    trouble = conn.execute(_TROUBLE, asked).first()
    sent = conn.execute(_SENT, asked).scalar_one()
    at, reason = (trouble.at, trouble.error) if trouble else (None, None)
    return Health(sent, waiting, parked, nearest_rank(times, 0.95), at, reason)


def nearest_rank(values: Sequence[float], share: float) -> float | None:
    """The least of them that so large a share of all does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else None
