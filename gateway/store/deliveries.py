"""Deliveries: the ledger's rows, and what was tried. A row is the queue; its lease says who sends it (rules 30, 31)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update
from sqlalchemy.sql import FromClause

from gateway.records import Delivery
from gateway.store.conflicts import insert_if_absent
from gateway.store.expiring import Expiring
from gateway.store.tables import attempts, deliveries, destinations

LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class Attempt:
    """One try. error: a reason code; none when it succeeded. reply: its first 2 KB, never from a private host."""

    at: datetime
    ms: float
    http_status: int | None = None
    error: str | None = None
    reply: str | None = None


# --- the duty -------------------------------------------------------------------------------------------------------


def add(conn: Connection, new: Delivery) -> bool:
    """A new duty; false when this version of the lead is owed to that destination already."""
    values = {
        "id": new.id,
        "site_id": new.site_id,
        "lead_id": new.lead_id,
        "destination_id": new.destination_id,
        "version": new.version,
        "type": new.type,
        "status": "due",
        "created_at": new.due_at,
        "due_at": new.due_at,
        "tries": 0,
    }
    return insert_if_absent(conn, deliveries, values)


def reached(conn: Connection, *lead_ids: str) -> set[str]:
    """Destinations that have one of these leads, or may have: something was sent, or was about to be when we lost
    sight."""
    tried = or_(deliveries.c.tries > 0, deliveries.c.payload.is_not(None))
    query = select(deliveries.c.destination_id).where(deliveries.c.lead_id.in_(lead_ids), tried)
    return set(conn.execute(query).scalars())


def owed(conn: Connection, *lead_ids: str) -> set[str]:
    """Destinations to which one of these leads is due."""
    due = deliveries.c.lead_id.in_(lead_ids) & (deliveries.c.status == "due")
    return set(conn.execute(select(deliveries.c.destination_id).where(due)).scalars())


def has_received(conn: Connection, lead_id: str, destination_id: str) -> bool:
    """Has it ever said that it took this lead? Asked of the attempts, since a resent delivery is due again."""
    mine = (deliveries.c.lead_id == lead_id) & (deliveries.c.destination_id == destination_id)
    took = select(attempts.c.id).join(deliveries).where(mine, attempts.c.error.is_(None))
    return conn.execute(took.limit(1)).first() is not None


def supersede_older(conn: Connection, delivery: Delivery, now: datetime) -> None:
    """Older due versions for the same lead and destination give way, unless one is under way."""
    older = _siblings_of(delivery) & (deliveries.c.version < delivery.version) & _idle(deliveries, now)
    conn.execute(update(deliveries).where(older).values(**superseded("newer_version", now)))


def supersede_unrouted(
    conn: Connection, lead_id: str, version: int, *, targets: Collection[str], now: datetime
) -> None:
    """Older due versions for destinations that this version does not go to."""
    stale = and_(
        deliveries.c.lead_id == lead_id,
        deliveries.c.version < version,
        deliveries.c.status == "due",
        deliveries.c.destination_id.not_in(targets),
        _idle(deliveries, now),
    )
    conn.execute(update(deliveries).where(stale).values(**superseded("no_longer_routed", now)))


# --- claiming -------------------------------------------------------------------------------------------------------


def lanes(conn: Connection, now: datetime) -> list[tuple[str, bool]]:
    """(destination, is it failing) of each that has something to claim; a failing one is asked by one sender only."""
    under_way = deliveries.alias()
    busy = exists().where(
        under_way.c.destination_id == destinations.c.id, under_way.c.status == "due", under_way.c.claimed_until > now
    )
    waiting = exists().where(deliveries.c.destination_id == destinations.c.id, _claimable(now))
    query = select(destinations.c.id, destinations.c.failing_since).where(
        destinations.c.status == "active", waiting, or_(destinations.c.failing_since.is_(None), ~busy)
    )
    return [(row.id, row.failing_since is not None) for row in conn.execute(query)]


def any_due(conn: Connection, now: datetime) -> bool:
    """Is there anything that `claim` would give?"""
    return bool(lanes(conn, now))


def claim(conn: Connection, destination_id: str, now: datetime, *, limit: int, owner: str) -> list[Delivery]:
    """Lease what is due to this destination, the longest due first. A version waits while an older one is under
    way, and one that has a newer one behind it is never sent. Call it with the destination's name locked."""
    query = select(deliveries.c.id).where(deliveries.c.destination_id == destination_id, _claimable(now))
    wanted = query.order_by(deliveries.c.due_at, deliveries.c.id).limit(limit).scalar_subquery()
    still = deliveries.c.id.in_(wanted) & (deliveries.c.due_at <= now) & _idle(deliveries, now)
    lease = update(deliveries).where(still).values(claim=owner, claimed_until=now + LEASE)
    claimed = [_delivery(row) for row in conn.execute(lease.returning(deliveries))]
    if claimed:
        _supersede_behind(conn, owner, now)
    return sorted(claimed, key=lambda one: (one.due_at, one.id))


def _supersede_behind(conn: Connection, owner: str, now: datetime) -> None:
    """Older versions of what was claimed, left due by a sender that died, are never sent."""
    newer = deliveries.alias()
    behind = exists().where(_newer_due(newer, deliveries), newer.c.claim == owner)
    conn.execute(update(deliveries).where(behind, _idle(deliveries, now)).values(**superseded("newer_version", now)))


def release(conn: Connection, owner: str) -> None:
    """Give back what this owner claimed and has not settled."""
    conn.execute(
        update(deliveries)
        .where(deliveries.c.claim == owner, deliveries.c.status == "due")
        .values(claim=None, claimed_until=None)
    )


def freeze(conn: Connection, delivery: Delivery, owner: str) -> bool:
    """Keep type and payload as they will be sent on every try; false when the lease is no longer ours."""
    mine = _held(delivery.id, owner) & deliveries.c.payload.is_(None)
    values = {"payload": delivery.payload, "type": delivery.type}
    return conn.execute(update(deliveries).where(mine).values(**values)).rowcount == 1


# --- settling -------------------------------------------------------------------------------------------------------


def add_attempt(conn: Connection, delivery_id: str, attempt: Attempt) -> None:
    conn.execute(
        attempts.insert().values(
            delivery_id=delivery_id,
            at=attempt.at,
            ms=attempt.ms,
            http_status=attempt.http_status,
            error=attempt.error,
            reply=attempt.reply,
        )
    )


def settle(conn: Connection, delivery: Delivery, owner: str, *, status: str, now: datetime, **columns: Any) -> bool:
    """Finish it as delivered, parked or superseded, with a reason; false when the lease is no longer ours."""
    values = {"status": status, "finished_at": now, "claim": None, "claimed_until": None, **columns}
    return conn.execute(update(deliveries).where(_held(delivery.id, owner)).values(**values)).rowcount == 1


def put_back(conn: Connection, delivery: Delivery, owner: str, *, due_at: datetime, tries: int) -> bool:
    """It stays due, later; false when the lease is no longer ours."""
    values = {"due_at": due_at, "tries": tries, "claim": None, "claimed_until": None}
    return conn.execute(update(deliveries).where(_held(delivery.id, owner)).values(**values)).rowcount == 1


def overtaken(conn: Connection, delivery: Delivery) -> bool:
    """Is a newer version due to the same destination?"""
    newer = _siblings_of(delivery) & (deliveries.c.version > delivery.version) & (deliveries.c.status == "due")
    return conn.execute(select(deliveries.c.id).where(newer).limit(1)).first() is not None


def hold_back(conn: Connection, destination_id: str, until: datetime) -> None:
    """The destination asked for rest (Retry-After): nothing that waits for it goes out sooner."""
    waiting = (deliveries.c.destination_id == destination_id) & (deliveries.c.status == "due")
    conn.execute(update(deliveries).where(waiting, deliveries.c.due_at < until).values(due_at=until))


def due_again(conn: Connection, delivery: Delivery, now: datetime) -> bool:
    """Owe a parked or delivered one anew, id and payload kept; false when a newer version is due or delivered, since
    versions never overtake one another."""
    newer = deliveries.alias()
    passed = exists().where(
        newer.c.lead_id == delivery.lead_id,
        newer.c.destination_id == delivery.destination_id,
        newer.c.version > delivery.version,
        newer.c.status.in_(("due", "delivered")),
    )
    settled = (deliveries.c.id == delivery.id) & deliveries.c.status.in_(("parked", "delivered"))
    values = {"status": "due", "due_at": now, "tries": 0, "finished_at": None, "reason": None}
    return conn.execute(update(deliveries).where(settled, ~passed).values(**values)).rowcount == 1


# --- reading --------------------------------------------------------------------------------------------------------


def get(conn: Connection, site_id: str, delivery_id: str) -> Delivery | None:
    row = conn.execute(
        select(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.site_id == site_id)
    ).first()
    return _delivery(row) if row else None


def counts(conn: Connection, destination_id: str) -> dict[str, int]:
    """{"due": …, "delivered": …, "parked": …, "superseded": …}; their sum is all that was ever owed."""
    query = select(deliveries.c.status, func.count()).where(deliveries.c.destination_id == destination_id)
    found = {row[0]: row[1] for row in conn.execute(query.group_by(deliveries.c.status))}
    return {status: found.get(status, 0) for status in ("due", "delivered", "parked", "superseded")}


def old_replies(before: datetime) -> Expiring:
    """Replies older than that (rule 37: 30 days)."""
    return Expiring(attempts, (attempts.c.at < before) & attempts.c.reply.is_not(None), {"reply": None})


# --- conditions and rows --------------------------------------------------------------------------------------------


def _claimable(now: datetime) -> ColumnElement[bool]:
    newer, older = deliveries.alias(), deliveries.alias()
    older_under_way = exists().where(
        older.c.lead_id == deliveries.c.lead_id,
        older.c.destination_id == deliveries.c.destination_id,
        older.c.version < deliveries.c.version,
        older.c.status == "due",
        older.c.claimed_until > now,
    )
    return and_(
        deliveries.c.due_at <= now,
        _idle(deliveries, now),
        ~exists().where(_newer_due(newer, deliveries)),
        ~older_under_way,
    )


def _newer_due(newer: FromClause, row: FromClause) -> ColumnElement[bool]:
    return and_(
        newer.c.lead_id == row.c.lead_id,
        newer.c.destination_id == row.c.destination_id,
        newer.c.version > row.c.version,
        newer.c.status == "due",
    )


def _idle(row: FromClause, now: datetime) -> ColumnElement[bool]:
    """Due, and under no live lease."""
    free = or_(row.c.claimed_until.is_(None), row.c.claimed_until <= now)
    return and_(row.c.status == "due", free)


def _held(delivery_id: str, owner: str) -> ColumnElement[bool]:
    return and_(deliveries.c.id == delivery_id, deliveries.c.claim == owner, deliveries.c.status == "due")


def _siblings_of(delivery: Delivery) -> ColumnElement[bool]:
    return and_(deliveries.c.lead_id == delivery.lead_id, deliveries.c.destination_id == delivery.destination_id)


def superseded(reason: str, now: datetime) -> dict[str, Any]:
    """The columns of one that gives way, for this reason; whoever held it holds it no longer."""
    return {"status": "superseded", "reason": reason, "finished_at": now, "claim": None, "claimed_until": None}


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        site_id=row.site_id,
        lead_id=row.lead_id,
        destination_id=row.destination_id,
        version=row.version,
        type=row.type,
        status=row.status,
        due_at=row.due_at,
        tries=row.tries,
        payload=row.payload,
        created_at=row.created_at,
        claimed_until=row.claimed_until,
        finished_at=row.finished_at,
        reason=row.reason,
    )
