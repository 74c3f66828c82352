"""Deliveries: the ledger's rows, and what was tried. A row is the queue; its lease says who sends it (rules 30, 31)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Double,
    Row,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql import FromClause

from gateway.records import Delivery
from gateway.store.conflicts import insert_if_absent
from gateway.store.expiring import Expiring
from gateway.store.tables import attempts, deliveries

Turns = Callable[[int], timedelta]  # of so many that wait

ERASED = "lead.erased"
BROUGHT_FORWARD = 5000  # rows at once; the rest keep their hour

# What each delivery asks, put together once: that costs more than running it.
_DUE = deliveries.c.status == "due"
# The same beside an id or a lead: SQLite has no statistics, and would go by all that is due instead.
STILL_DUE = func.coalesce(deliveries.c.status, "") == "due"
_HELD = and_(deliveries.c.id == bindparam("this"), deliveries.c.claim == bindparam("owner"), _DUE)
_HELD_NOW = update(deliveries).where(_HELD)  # the columns that are given with it
_MINE = select(deliveries.c.id).where(
    deliveries.c.id.in_(bindparam("these", expanding=True)), deliveries.c.claim == bindparam("owner"), STILL_DUE
)
_FREEZE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("this"), deliveries.c.payload.is_(None))
    .values(payload=bindparam("bytes"), type=bindparam("kind"))
)
_BRING_FORWARD = update(deliveries).where(deliveries.c.id == bindparam("this")).values(due_at=bindparam("moment"))
_ADD_ATTEMPT = attempts.insert()
_NEWER = deliveries.alias("newer")
PASSED = exists().where(  # by a version that is the truth now
    _NEWER.c.lead_id == deliveries.c.lead_id,
    _NEWER.c.destination_id == deliveries.c.destination_id,
    _NEWER.c.version > deliveries.c.version,
    or_(_NEWER.c.status == "due", _NEWER.c.status == "delivered"),  # no list: it is asked row by row as well
)
_ANEW: Mapping[str, Any] = {"status": "due", "tries": 0, "finished_at": None, "reason": None}
_OWE_ANEW = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("this"), deliveries.c.status == "parked", ~PASSED)
    .values(due_at=bindparam("moment"), **_ANEW)
)
_OF_LEADS = and_(
    deliveries.c.lead_id.in_(bindparam("these", expanding=True)), deliveries.c.destination_id == bindparam("place")
)
_TRIED = or_(deliveries.c.tries > 0, deliveries.c.payload.is_not(None))
_RECEIVED = select(deliveries.c.lead_id).distinct().join(attempts).where(_OF_LEADS, attempts.c.error.is_(None))
_REACHED = select(deliveries.c.lead_id).distinct().where(_OF_LEADS, _TRIED)


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
        "status": new.status,
        "reason": new.reason,
        "created_at": new.created_at or new.due_at,
        "due_at": new.due_at,
        "finished_at": new.finished_at,
        "tries": 0,
        "chosen": new.chosen,
        "rule_id": new.rule_id,
        "rule_position": new.rule_position,
        "rule_title": new.rule_title,
        "not_before": new.not_before,
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
    due = deliveries.c.lead_id.in_(lead_ids) & STILL_DUE
    return set(conn.execute(select(deliveries.c.destination_id).where(due)).scalars())


def has_received(conn: Connection, lead_id: str, destination_id: str) -> bool:
    """Has it ever said that it took this lead? Asked of the attempts, since a resent delivery is due again."""
    mine = (deliveries.c.lead_id == lead_id) & (deliveries.c.destination_id == destination_id)
    took = select(attempts.c.id).join(deliveries).where(mine, attempts.c.error.is_(None))
    return conn.execute(took.limit(1)).first() is not None


def received_of(conn: Connection, destination_id: str, lead_ids: Collection[str]) -> set[str]:
    """The same of several leads: those that it said it took."""
    return set(conn.execute(_RECEIVED, {"place": destination_id, "these": list(lead_ids)}).scalars())


def reached_of(conn: Connection, destination_id: str, lead_ids: Collection[str]) -> set[str]:
    """Of these leads those that it has, or may have."""
    return set(conn.execute(_REACHED, {"place": destination_id, "these": list(lead_ids)}).scalars())


def supersede_older(conn: Connection, delivery: Delivery, now: datetime) -> None:
    """Older due versions for the same lead and destination give way, unless one is under way."""
    older = _siblings_of(delivery) & (deliveries.c.version < delivery.version) & idle(deliveries, now)
    conn.execute(update(deliveries).where(older).values(**superseded("newer_version", now)))


def supersede_parked(conn: Connection, delivery: Delivery, now: datetime) -> None:
    """Older versions that are parked for the same reason give way: one that waits for staff is enough."""
    older = and_(
        _siblings_of(delivery),
        deliveries.c.version < delivery.version,
        func.coalesce(deliveries.c.status, "") == "parked",
        deliveries.c.reason == delivery.reason,
    )
    conn.execute(update(deliveries).where(older).values(**superseded("newer_version", now)))


def supersede_unrouted(
    conn: Connection, lead_id: str, version: int, *, targets: Collection[str], now: datetime
) -> None:
    """Older due versions for destinations that this version does not go to."""
    stale = and_(
        deliveries.c.lead_id == lead_id,
        deliveries.c.version < version,
        deliveries.c.destination_id.not_in(targets),
        STILL_DUE,
        _free(deliveries, now),
    )
    conn.execute(update(deliveries).where(stale).values(**superseded("no_longer_routed", now)))


# --- freezing -------------------------------------------------------------------------------------------------------


def freeze(conn: Connection, owner: str, frozen: Sequence[Delivery]) -> set[str]:
    """Keep type and payload of these as they will be sent on every try; returns the ids of those whose lease is still
    ours."""
    asked = {"these": [one.id for one in frozen], "owner": owner}
    mine = set(conn.execute(_MINE.with_for_update(), asked).scalars())
    rows = [{"this": one.id, "bytes": one.payload, "kind": one.type} for one in frozen if one.id in mine]
    if rows:
        conn.execute(_FREEZE, rows)
    return mine


def thaw(conn: Connection, owner: str, ids: Sequence[str]) -> None:
    """These were frozen and never sent: their first try is still to come."""
    unsent = and_(deliveries.c.id.in_(ids), deliveries.c.claim == owner, deliveries.c.tries == 0)
    conn.execute(update(deliveries).where(unsent, STILL_DUE).values(payload=None))


# --- settling -------------------------------------------------------------------------------------------------------


def add_attempt(conn: Connection, delivery: Delivery, attempt: Attempt) -> None:
    values = {
        "delivery_id": delivery.id,
        "destination_id": delivery.destination_id,
        "at": attempt.at,
        "ms": attempt.ms,
        "http_status": attempt.http_status,
        "error": attempt.error,
        "reply": attempt.reply,
    }
    conn.execute(_ADD_ATTEMPT, values)


def settle(conn: Connection, delivery: Delivery, owner: str, *, status: str, now: datetime, **columns: Any) -> bool:
    """Finish it as delivered, parked or superseded, with a reason and the number of tries; false when the lease is no
    longer ours."""
    values = {"reason": None, "tries": delivery.tries, **columns, "status": status, "finished_at": now}
    return _set(conn, delivery, owner, values)


def put_back(conn: Connection, delivery: Delivery, owner: str, *, due_at: datetime, tries: int) -> bool:
    """It stays due, later; false when the lease is no longer ours."""
    return _set(conn, delivery, owner, {"due_at": due_at, "tries": tries})


def _set(conn: Connection, delivery: Delivery, owner: str, values: Mapping[str, Any]) -> bool:
    """The lease ends with it."""
    free = {"claim": None, "claimed_until": None, "this": delivery.id, "owner": owner}
    return conn.execute(_HELD_NOW, {**values, **free}).rowcount == 1


def overtaken(conn: Connection, delivery: Delivery) -> bool:
    """Is a newer version due to the same destination?"""
    newer = _siblings_of(delivery) & (deliveries.c.version > delivery.version) & (deliveries.c.status == "due")
    return conn.execute(select(deliveries.c.id).where(newer).limit(1)).first() is not None


def bring_forward(conn: Connection, destination_id: str, now: datetime, apart: timedelta) -> None:
    """It answers again after a while in which nothing went out: what failed meanwhile need not wait for its hour. The
    soonest first, so far apart that they do not throw it down again."""
    failed = and_(
        deliveries.c.destination_id == destination_id, _DUE, deliveries.c.tries > 0, deliveries.c.due_at > now
    )
    query = select(deliveries.c.id, deliveries.c.due_at).where(failed, idle(deliveries, now))
    rows = conn.execute(query.order_by(deliveries.c.due_at, deliveries.c.id).limit(BROUGHT_FORWARD)).all()
    sooner = [{"this": row.id, "moment": min(row.due_at, now + apart * place)} for place, row in enumerate(rows)]
    if sooner:
        conn.execute(_BRING_FORWARD, sooner)


def take_turns(conn: Connection, destination_id: str, now: datetime, *, at_once: int, apart: Turns) -> None:
    """What waits there, whatever its hour, goes by turns: the longest due first, the first few at once, the others
    each `apart(how many)` after the one before. Office hours stay. One statement, however many there are: row by row,
    6,000 held SQLite's writer for 96 ms."""
    waits = and_(deliveries.c.destination_id == destination_id, _DUE, _in_hours(now), idle(deliveries, now))
    step = apart(conn.execute(select(func.count()).where(waits)).scalar_one()).total_seconds()
    place = func.row_number().over(order_by=(deliveries.c.due_at, deliveries.c.id))
    turns = select(deliveries.c.id, (place - at_once).label("turn")).where(waits).subquery("turns")
    later = and_(deliveries.c.id == turns.c.id, turns.c.turn > 0)
    conn.execute(update(deliveries).where(later).values(due_at=_after(conn, now, turns.c.turn * step)))


def _after(conn: Connection, now: datetime, seconds: ColumnElement[float]) -> ColumnElement[datetime]:
    """So many seconds after now, reckoned by the database; SQLite does so to the millisecond."""
    begun = bindparam(None, now, deliveries.c.due_at.type)
    if conn.dialect.name == "postgresql":
        return begun + func.make_interval(0, 0, 0, 0, 0, 0, cast(seconds, Double))
    shift = func.printf("%+.3f seconds", seconds)
    moment = func.strftime("%Y-%m-%d %H:%M:%f000", begun, shift, type_=String)
    return type_coerce(moment, deliveries.c.due_at.type)  # as the others are kept: microseconds


def due_again(conn: Connection, delivery: Delivery, now: datetime) -> bool:
    """Owe a parked or delivered one anew, id and payload kept; false when a newer version is due or delivered, since
    versions never overtake one another."""
    settled = (deliveries.c.id == delivery.id) & deliveries.c.status.in_(("parked", "delivered"))
    return conn.execute(update(deliveries).where(settled, ~PASSED).values(due_at=now, **_ANEW)).rowcount == 1


def done_by_hand(conn: Connection, site_id: str, delivery_id: str, now: datetime) -> bool:
    """Staff have done there what it should have told: of parked erasures alone. False for anything else."""
    told = (deliveries.c.id == delivery_id) & (deliveries.c.site_id == site_id) & (deliveries.c.type == ERASED)
    done = {"status": "delivered", "reason": "done_by_hand", "finished_at": now}
    return conn.execute(update(deliveries).where(told, deliveries.c.status == "parked").values(**done)).rowcount == 1


def owe_anew(conn: Connection, moments: Mapping[str, datetime]) -> None:
    """The same for several parked ones, each from its moment on."""
    if moments:
        conn.execute(_OWE_ANEW, [{"this": name, "moment": moment} for name, moment in moments.items()])


def resent_until(conn: Connection, destination_id: str, now: datetime) -> datetime:
    """Up to when those that were owed anew take their turns there; now, where none are. What waits for an hour of the
    day is none of them, though a resumed destination's begin their tries anew as well."""
    waiting = and_(deliveries.c.destination_id == destination_id, _DUE, deliveries.c.due_at > now)
    anew = (deliveries.c.tries == 0) & deliveries.c.payload.is_not(None)
    last = conn.execute(select(func.max(deliveries.c.due_at)).where(waiting, anew, _in_hours(now))).scalar()
    return last or now


# --- reading --------------------------------------------------------------------------------------------------------


def get(conn: Connection, site_id: str, delivery_id: str) -> Delivery | None:
    row = conn.execute(
        select(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.site_id == site_id)
    ).first()
    return delivery_of(row) if row else None


def counts(conn: Connection, destination_id: str) -> dict[str, int]:
    """{"due": …, "delivered": …, "parked": …, "superseded": …}; their sum is all that was ever owed."""
    query = select(deliveries.c.status, func.count()).where(deliveries.c.destination_id == destination_id)
    found = {row[0]: row[1] for row in conn.execute(query.group_by(deliveries.c.status))}
    return {status: found.get(status, 0) for status in ("due", "delivered", "parked", "superseded")}


def old_replies(before: datetime) -> Expiring:
    """Replies older than that (rule 37: 30 days)."""
    return Expiring(attempts, (attempts.c.at < before) & attempts.c.reply.is_not(None), {"reply": None})


# --- conditions and rows --------------------------------------------------------------------------------------------


def idle(row: FromClause, now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Due, and under no live lease."""
    return and_(row.c.status == "due", _free(row, now))


def _free(row: FromClause, now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(row.c.claimed_until.is_(None), row.c.claimed_until <= now)


def _in_hours(now: datetime) -> ColumnElement[bool]:
    """It waits for no office hours."""
    return or_(deliveries.c.not_before.is_(None), deliveries.c.not_before <= now)


def _siblings_of(delivery: Delivery) -> ColumnElement[bool]:
    return and_(deliveries.c.lead_id == delivery.lead_id, deliveries.c.destination_id == delivery.destination_id)


def superseded(reason: str, now: datetime) -> dict[str, Any]:
    """The columns of one that gives way, for this reason; whoever held it holds it no longer."""
    return {"status": "superseded", "reason": reason, "finished_at": now, "claim": None, "claimed_until": None}


def delivery_of(row: Row[Any]) -> Delivery:
    """A row of the table `deliveries`."""
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
        chosen=row.chosen,
        rule_id=row.rule_id,
        rule_position=row.rule_position,
        rule_title=row.rule_title,
        not_before=row.not_before,
    )
