"""The ledger: which destination is owed which version of a lead, and how that duty is done (rules 26, 27, 30, 31).

A duty is due until it is delivered, parked or superseded; nothing else takes it off the books. Per lead and
destination versions never overtake one another: the newest due one alone is sent, and only when no older one is
under way. An older one that failed gives way to a newer one, whatever was tried of it.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.delivery import pacing, queueing, together
from gateway.delivery.attempting import Lane, open_lane
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.readying import Explain
from gateway.delivery.sending import Done, Round
from gateway.parts import Parts
from gateway.records import Delivery
from gateway.store import (
    audit,
    claims,
    deliveries,
    deliveries_search,
    destination_health,
    destinations,
)
from gateway.store.claims import Waiting
from gateway.store.db import lock_names
from gateway.store.deliveries_search import DeliveryLine, Filter

any_due = claims.any_due
queue = queueing.queue
RESENT_AT_ONCE = 500  # in one transaction


def send_due(parts: Parts, limit: int, explain: Explain | None = None) -> int:
    """One round with one destination that has something to claim: up to `limit` deliveries, one after the other, each
    recorded before the next. Returns how many were settled or tried; 0 when nothing is due. Run it in as many threads
    and processes as you like."""
    with parts.db.read() as conn:
        waiting = claims.lanes(conn, parts.clock())
    random.shuffle(waiting)
    for one in sorted(waiting, key=lambda one: one.failing):  # healthy ones first, in no fixed order
        done = send_lane(parts, one, limit, explain)
        if done.taken:
            return done.taken
    return 0


def send_lane(parts: Parts, waiting: Waiting, limit: int, explain: Explain | None = None) -> Done:
    """A round with this destination, as its rate budget allows. One that is failing is asked by one sender with one
    message (it is a probe): a single delivery, or all that go together where it takes several in one. The first
    failure ends the round."""
    owner = secrets.token_hex(16)
    with _claiming(parts, waiting) as conn:
        lock_names(conn, f"lane:{waiting.destination_id}")
        queueing.keep_hours(conn, waiting.destination_id, parts.clock())
        lane, claimed = _claim(conn, parts, waiting, limit, owner=owner)
    if not claimed:
        return Done(0)
    return Round(parts, lane, owner, explain).send(claimed)


def resend(conn: Connection, site_id: str, delivery_id: str, now: datetime) -> bool:
    """Owe a parked or delivered one again, with its id and bytes, from the first try on. False when it is unknown,
    still due, superseded, or a newer version is due or delivered: that one is the truth; and where its destination is
    disabled or gone."""
    delivery = deliveries.get(conn, site_id, delivery_id)
    place = destinations.get(conn, site_id, delivery.destination_id) if delivery else None
    if delivery is None or place is None or place.status == "disabled":
        return False
    lock_names(conn, f"deliveries:{delivery.lead_id}")
    return deliveries.due_again(conn, delivery, now)


def resend_all(parts: Parts, site_id: str, wanted: Filter, *, by: str | None, ids: Sequence[str] | None = None) -> int:
    """Owe anew the parked ones of this filter, or those of these ids that fit it, with their ids and bytes: each
    destination's one after the other (`pacing.RESENT`), so that a thousand do not trip its limit and new leads go
    before them. by: a user or token; none: a command on the server. Returns how many."""
    total = 0
    while True:
        now = parts.clock()
        with parts.db.write() as conn:
            found = deliveries_search.parked(conn, site_id, wanted, ids, limit=RESENT_AT_ONCE)
            count = _owe_in_turn(conn, parts, found, now)
            if count:
                audit.add(conn, site_id, now, "deliveries_resent", wanted.destination_id or site_id, user_id=by)
        total += count
        if count < RESENT_AT_ONCE:
            return total


def _owe_in_turn(conn: Connection, parts: Parts, found: Sequence[DeliveryLine], now: datetime) -> int:
    """A destination's one after the other, or together where it takes them in one message."""
    lock_names(conn, *{f"deliveries:{one.lead_id}" for one in found})
    moments: dict[str, datetime] = {}
    places = {one.destination_id for one in found}
    turns = {place: deliveries.resent_until(conn, place, now) for place in places}
    lanes = [open_lane(conn, parts.config.secret_key, place) for place in places]
    at_once = {lane.destination.id for lane in lanes if together.several(lane, now)}
    for one in found:
        moments[one.id] = turns[one.destination_id]
        turns[one.destination_id] += timedelta() if one.destination_id in at_once else pacing.RESENT
    deliveries.owe_anew(conn, moments)
    return len(moments)


@contextmanager
def _claiming(parts: Parts, waiting: Waiting) -> Iterator[Connection]:
    """A database on another machine may lose a lease in its power cut while the sender lives on, and another sends
    the same: only who knows a repeat by its id may be asked so."""
    if not DESTINATIONS[waiting.kind].knows_repeats:
        with parts.db.write() as conn:
            yield conn
        return
    with parts.db.unflushed() as write, write() as conn:
        yield conn


def _claim(conn: Connection, parts: Parts, waiting: Waiting, limit: int, *, owner: str) -> tuple[Lane, list[Delivery]]:
    """What is due in this lane, as far as its budget goes. Its name is locked."""
    now = parts.clock()
    lane = open_lane(conn, parts.config.secret_key, waiting.destination_id)
    pace = pacing.pace_of(lane.kind.pace, lane.destination.per_second)
    failing = lane.destination.failing_since is not None
    probe = 1 if failing and not together.several(lane, now) else limit
    most = pacing.allowed(pace, lane.destination.paced_until, now, probe)
    if (failing or pace) and claims.lane(conn, lane.destination.id, now) is None:
        return lane, []  # another sender has begun to probe it, or has spent the budget
    claimed = claims.claim(conn, lane.destination.id, now, limit=most, owner=owner) if most else []
    if claimed and pace:
        until = pacing.taken(pace, lane.destination.paced_until, now, len(claimed))
        destination_health.spend(conn, lane.destination.id, until)
    return lane, claimed
