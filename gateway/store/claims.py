"""Which deliveries may go out now, and whose they are while they do: a lane a destination, a lease a row (rule 30)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, exists, func, or_, select, update

from gateway.records import Delivery
from gateway.store.deliveries import STILL_DUE, delivery_of, idle, superseded
from gateway.store.tables import deliveries, destinations

LEASE = timedelta(minutes=2)

# Put together once: that costs more than running it. Times are parameters, never the database's own clock.
_NOW: BindParameter[datetime] = bindparam("now")
_NEWER, _OLDER, _UNDER_WAY = (deliveries.alias(name) for name in ("newer", "older", "under_way"))
_DUE = deliveries.c.status == "due"
_FREE = or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until <= _NOW)


def _sibling(other: object, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """That this alias is due for the same lead and destination."""
    c = other.c  # type: ignore[attr-defined]
    same = and_(c.lead_id == deliveries.c.lead_id, c.destination_id == deliveries.c.destination_id, c.status == "due")
    return exists().where(same, *more)


# A version waits while an older one is under way, and one that has a newer one behind it is never sent.
_CLAIMABLE = and_(
    deliveries.c.due_at <= _NOW,
    idle(deliveries, _NOW),
    ~_sibling(_NEWER, _NEWER.c.version > deliveries.c.version),
    ~_sibling(_OLDER, _OLDER.c.version < deliveries.c.version, _OLDER.c.claimed_until > _NOW),
)
_BUSY = exists().where(
    _UNDER_WAY.c.destination_id == destinations.c.id, _UNDER_WAY.c.status == "due", _UNDER_WAY.c.claimed_until > _NOW
)
_OPEN = and_(
    destinations.c.status == "active",
    or_(destinations.c.rests_until.is_(None), destinations.c.rests_until <= _NOW),
    or_(destinations.c.paced_until.is_(None), destinations.c.paced_until <= _NOW),
    or_(destinations.c.failing_since.is_(None), ~_BUSY),
)
_LANES = select(destinations.c.id, destinations.c.kind, destinations.c.failing_since).where(
    _OPEN, exists().where(deliveries.c.destination_id == destinations.c.id, _CLAIMABLE)
)
_LANE = _LANES.where(destinations.c.id == bindparam("place"))
_WANTED = (
    select(deliveries.c.id)
    .where(deliveries.c.destination_id == bindparam("place"), _CLAIMABLE)
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("most"))
)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id.in_(_WANTED.scalar_subquery()), deliveries.c.due_at <= _NOW, STILL_DUE, _FREE)
    .values(claim=bindparam("owner"), claimed_until=bindparam("until"))
    .returning(deliveries)
)
_IDLE_OF = select(deliveries.c.id, deliveries.c.lead_id, deliveries.c.version).where(
    deliveries.c.lead_id.in_(bindparam("these", expanding=True)),
    deliveries.c.destination_id == bindparam("place"),
    STILL_DUE,
    _FREE,
)
_RELEASE = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("these", expanding=True)), deliveries.c.claim == bindparam("owner"), STILL_DUE)
    .values(claim=None, claimed_until=None)
)
_SOON = (
    select(destinations.c.rests_until, destinations.c.paced_until, func.min(deliveries.c.due_at).label("due_at"))
    .join(deliveries, deliveries.c.destination_id == destinations.c.id)
    .where(destinations.c.status == "active", _DUE, deliveries.c.due_at <= bindparam("until"))
    .where(idle(deliveries, _NOW))
    .group_by(destinations.c.id, destinations.c.rests_until, destinations.c.paced_until)
)


@dataclass(frozen=True)
class Waiting:
    """A destination that has something to claim. failing: it is asked by one sender, with one message (a probe)."""

    destination_id: str
    kind: str
    failing: bool


def lanes(conn: Connection, now: datetime) -> list[Waiting]:
    """Each destination that has something to claim, and does not rest."""
    return [Waiting(row.id, row.kind, row.failing_since is not None) for row in conn.execute(_LANES, {"now": now})]


def lane(conn: Connection, destination_id: str, now: datetime) -> Waiting | None:
    """The same of one of them; none: nothing may be claimed there now."""
    row = conn.execute(_LANE, {"now": now, "place": destination_id}).first()
    return Waiting(row.id, row.kind, row.failing_since is not None) if row else None


def any_due(conn: Connection, now: datetime) -> bool:
    """Is there anything that `claim` would give?"""
    return conn.execute(_LANES.limit(1), {"now": now}).first() is not None


def soon(conn: Connection, now: datetime, until: datetime) -> datetime | None:
    """The next moment after now, until then, at which something may become claimable by time alone."""
    rows = conn.execute(_SOON, {"now": now, "until": until}).all()
    moments = (max(moment for moment in row if moment is not None) for row in rows)
    return min((moment for moment in moments if now < moment <= until), default=None)


def claim(conn: Connection, destination_id: str, now: datetime, *, limit: int, owner: str) -> list[Delivery]:
    """Lease what is due to this destination, the longest due first. Call it with the destination's name locked."""
    asked = {"place": destination_id, "now": now, "most": limit, "owner": owner, "until": now + LEASE}
    rows = conn.execute(_CLAIM, asked)
    claimed = [delivery_of(row) for row in rows]
    if claimed:
        _supersede_behind(conn, destination_id, claimed, now)
    return sorted(claimed, key=lambda one: (one.due_at, one.id))


def _supersede_behind(conn: Connection, destination_id: str, claimed: Sequence[Delivery], now: datetime) -> None:
    """Older versions of what was claimed, left due by a sender that died, are never sent."""
    versions = {one.lead_id: one.version for one in claimed}
    rows = conn.execute(_IDLE_OF, {"these": list(versions), "place": destination_id, "now": now})
    behind = [row.id for row in rows if row.version < versions[row.lead_id]]
    if behind:
        mine = deliveries.c.id.in_(behind) & idle(deliveries, now)
        conn.execute(update(deliveries).where(mine).values(**superseded("newer_version", now)))


def release(conn: Connection, owner: str, claimed: Iterable[Delivery]) -> None:
    """Give back what this owner claimed of these and has not settled."""
    conn.execute(_RELEASE, {"owner": owner, "these": [one.id for one in claimed]})
