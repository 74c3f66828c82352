"""How a destination fares: what its answers say of it as a whole, and when it may be asked again (rule 30)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, true, update

from gateway.store.tables import destinations

PAUSE_AFTER = 3  # refusals in a row (rule 30)
_SET = update(destinations).where(destinations.c.id == bindparam("this"))  # the columns that are given with it
_FAILED = (
    update(destinations)
    .where(destinations.c.id == bindparam("this"))
    .values(failures=destinations.c.failures + 1, refusals=destinations.c.refusals + bindparam("more"))
    .returning(
        destinations.c.failures, destinations.c.refusals, destinations.c.failing_since, destinations.c.rests_until
    )
)


def answered(conn: Connection, destination_id: str) -> None:
    """It is there and lets us in: refusals and failures are over."""
    well = {"refusals": 0, "failures": 0, "failing_since": None, "rests_until": None}
    conn.execute(_SET, {"this": destination_id, **well})


def failed(conn: Connection, destination_id: str, now: datetime, *, refused: bool = False) -> tuple[int, datetime]:
    """It did not answer, not well, or turned us away as a whole (refused). Returns how often in a row, and since
    when it fails."""
    row = conn.execute(_FAILED, {"this": destination_id, "more": int(refused)}).one()
    since: datetime = row.failing_since or now
    if row.failing_since is None:
        conn.execute(_SET, {"this": destination_id, "failing_since": now})
    return row.failures, since


def rest(conn: Connection, destination_id: str, until: datetime) -> None:
    """Nothing is sent before; a longer rest that it asked for stands."""
    longer = (destinations.c.id == destination_id) & (
        destinations.c.rests_until.is_(None) | (destinations.c.rests_until < until)
    )
    conn.execute(update(destinations).where(longer).values(rests_until=until))


def pause_refused(conn: Connection, destination_id: str, reason: str, now: datetime) -> None:
    """After three refusals in a row."""
    _pause(conn, destination_id, reason, now, enough=destinations.c.refusals >= PAUSE_AFTER)


def pause_failing(conn: Connection, destination_id: str, now: datetime, patience: timedelta) -> None:
    """After days of failure alone."""
    long_since = destinations.c.failing_since <= now - patience
    _pause(conn, destination_id, "failing_long", now, enough=long_since)


def pause_worn(conn: Connection, destination_id: str, reason: str, now: datetime) -> None:
    """After it has turned a delivery away to the end of its schedule, which is due still."""
    _pause(conn, destination_id, reason, now, enough=true())


def spend(conn: Connection, destination_id: str, paced_until: datetime | None) -> None:
    """From when on the rate budget lets the next one go."""
    conn.execute(_SET, {"this": destination_id, "paced_until": paced_until})


def _pause(conn: Connection, destination_id: str, reason: str, now: datetime, *, enough: object) -> None:
    mine = (destinations.c.id == destination_id) & (destinations.c.status == "active")
    paused = {"status": "paused", "paused_reason": reason, "paused_at": now}
    conn.execute(update(destinations).where(mine, enough).values(**paused))  # type: ignore[arg-type]
