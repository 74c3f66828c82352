"""One sender's round with one destination: freeze what goes out, send it, record what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from gateway import organising
from gateway.delivery import pacing, retries, together
from gateway.delivery.attempting import Lane, Tried, attempt
from gateway.delivery.outgoing import DeliveryError, Outgoing, Record
from gateway.delivery.readying import End, Explain, ready_all
from gateway.http import TIMEOUT
from gateway.parts import Parts
from gateway.records import Delivery, Destination
from gateway.store import claims, crm_records, deliveries, destination_health, destinations
from gateway.store.db import Write
from gateway.store.deliveries import Attempt

AT_ONCE = 50  # deliveries whose bytes are made together
FRESH_SECONDS = 0.5  # what was decided longer ago is decided anew before it is sent
SLOW_SECONDS = 1.0  # of one try: the round ends, and the lane counts as slow
ROUND_SECONDS = 2.0  # then other lanes have their turn
SPARE = timedelta(seconds=TIMEOUT + 5)  # of the lease, before a send may begin: nobody else may claim it meanwhile

log = structlog.get_logger()


@dataclass(frozen=True)
class Done:
    """A round's end. taken: deliveries that were settled or tried. slow: other lanes go first."""

    taken: int
    slow: bool = False


@dataclass
class Round:
    """What one sender claimed of one lane. unsent: what this round froze and has not begun to send."""

    parts: Parts
    lane: Lane
    owner: str
    explain: Explain | None = None
    unsent: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)  # sent, or about to be: not to be sent anew before the lease ends
    longest: float = 0.0  # seconds of one try
    _unflushed: Write = field(init=False)

    def send(self, claimed: Sequence[Delivery]) -> Done:
        """One after the other, until the destination fails or others want their turn; the rest is given back."""
        with self.parts.db.unflushed() as self._unflushed:
            return self._send(claimed)

    def _send(self, claimed: Sequence[Delivery]) -> Done:
        began, left = time.monotonic(), list(claimed)
        turns = {one.id: turn for one in claimed if (turn := together.until(self.lane, one))}
        try:
            if turns:
                self._together(claimed, turns)
                left = []
            while left and time.monotonic() - began < ROUND_SECONDS:
                taken, goes_on = self._several(left[:AT_ONCE])
                left = left[taken:]
                if not goes_on:
                    break
        finally:
            if left:
                self._give_back([one for one in left if one.id not in self.begun])
        return Done(len(claimed) - len(left), self.longest > SLOW_SECONDS)

    def _give_back(self, left: Sequence[Delivery]) -> None:
        frozen = [one.id for one in left if one.id in self.unsent]
        with self.parts.db.write() as conn:
            if frozen:
                deliveries.thaw(conn, self.owner, frozen)
            claims.release(conn, self.owner, left)

    def _several(self, some: Sequence[Delivery]) -> tuple[int, bool]:
        """Prepare these together, then send and record one by one. Returns how many were taken on, and whether the
        destination is worth asking again at once."""
        prepared, at = self._prepared(some), time.monotonic()
        for place, delivery in enumerate(some):
            if not self._in_time(delivery):
                return place, False
            if time.monotonic() - at > FRESH_SECONDS:  # what was true of consent and erasure then may not be now
                rest = [ready if isinstance(ready := prepared[one.id], Delivery) else one for one in some[place:]]
                prepared |= self._prepared([one for one in rest if prepared[one.id] is not None])
                at = time.monotonic()
            if not self._one(delivery, prepared[delivery.id]):
                return place + 1, False
            if self.longest > SLOW_SECONDS:
                return place + 1, False
        return len(some), True

    def _together(self, claimed: Sequence[Delivery], turns: Mapping[str, datetime]) -> None:
        """Put back those whose turn comes later, with no try counted; send the others as one message. Where a bug of
        ours keeps them from going together, each goes by itself, so that none is held up by its neighbour."""
        now = self.parts.clock()
        due = [one for one in claimed if turns.get(one.id, now) <= now]
        with self.parts.db.write() as conn:
            for one in claimed:
                if one not in due:
                    deliveries.put_back(conn, one, self.owner, due_at=turns[one.id], tries=one.tries)
        prepared = self._prepared(due) if due else {}
        ready = [one for one in prepared.values() if isinstance(one, Delivery)]
        try:
            tried = (
                together.attempt_all(self.lane, [self._outgoing(one) for one in ready], self.parts) if ready else None
            )
        except Exception as bug:
            log.error("digest_fault", destination=self.lane.destination.id, error=type(bug).__name__, exc_info=bug)
            tried = None
        self.begun |= {one.id for one in ready} if tried else set()
        for one in due:
            found = prepared[one.id]
            if tried and isinstance(found, Delivery):
                self.unsent.discard(one.id)
                self._record(found, tried, first=ready[0])
            else:
                self._one(one, found)

    def _in_time(self, delivery: Delivery) -> bool:
        return delivery.claimed_until is not None and self.parts.clock() + SPARE < delivery.claimed_until

    def _one(self, delivery: Delivery, ready: Delivery | Tried | None) -> bool:
        """Send and record; whether the destination is worth asking again at once. None: there is nothing to send.

        The round is the outermost loop of sending: a bug of ours costs this delivery a try, not its neighbours.
        """
        if ready is None:
            return True
        self.unsent.discard(delivery.id)
        self.begun.add(delivery.id)
        tried, began = ready, time.monotonic()
        if isinstance(tried, Delivery):
            try:
                tried = attempt(self.lane, self._outgoing(tried), self.parts)
            except Exception as bug:
                log.error("delivery_fault", delivery=delivery.id, error=type(bug).__name__, exc_info=bug)
                tried = self._fault()
            self.longest = max(self.longest, time.monotonic() - began)
        self._record(ready if isinstance(ready, Delivery) else delivery, tried)
        return tried.failure is None or tried.failure.permanent

    def _fault(self) -> Tried:
        return Tried(Attempt(self.parts.clock(), 0.0, error="fault"), DeliveryError("fault"))

    def _outgoing(self, frozen: Delivery) -> Outgoing:
        """With the ids that the other side has for this lead, where it keeps records."""
        records: Sequence[Record] = ()
        if self.lane.kind.rules:
            with self.parts.db.read() as conn:
                records = crm_records.of_delivery(conn, frozen)
        return self.lane.outgoing(frozen.id, frozen.payload or "", self.parts.clock(), records)

    def _prepared(self, some: Sequence[Delivery]) -> dict[str, Delivery | Tried | None]:
        """Each with the type and bytes of every try, committed before the first; None when it is settled without one,
        or no longer ours. A bug in one of them is found by preparing each alone."""
        try:
            return dict(self._frozen(some))
        except Exception as bug:
            if len(some) == 1:
                log.error("delivery_fault", delivery=some[0].id, error=type(bug).__name__, exc_info=bug)
                return {some[0].id: self._fault()}
        return {name: ready for one in some for name, ready in self._prepared([one]).items()}

    def _frozen(self, some: Sequence[Delivery]) -> dict[str, Delivery | None]:
        now, site_id = self.parts.clock(), self.lane.site.id
        fresh = [one.lead_id for one in some if one.payload is None]
        organising.regroup_all(self.parts.db, site_id, fresh, now)  # else a payload would come before its organisation
        lane = (self.lane.site, self.lane.destination)
        with self.parts.db.read() as conn:
            ready = ready_all(conn, lane, some, explain=self.explain, now=now)
        ends = [(one, end) for one in some if isinstance(end := ready[one.id], End)]
        new = [found for one in some if one.payload is None and isinstance(found := ready[one.id], Delivery)]
        if not ends and not new:
            return {name: one for name, one in ready.items() if isinstance(one, Delivery)}
        with self.parts.db.write() as conn:
            for one, end in ends:
                deliveries.settle(conn, one, self.owner, status=end.status, now=now, reason=end.reason)
            held = deliveries.freeze(conn, self.owner, new) if new else set()
        self.unsent |= held
        lost = {one.id for one in new} - held
        return {name: one if isinstance(one, Delivery) and name not in lost else None for name, one in ready.items()}

    def _record(self, delivery: Delivery, tried: Tried, *, first: Delivery | None = None) -> None:
        """Unless the lease has passed to somebody else: then their answer counts. first: of those that were sent
        together, so that one answer counts once, and they go together the next time."""
        first = first or delivery
        now = self.parts.clock()
        with self._recording(tried) as conn:
            if tried.record:
                crm_records.keep(conn, delivery, tried.record, now)
            if not self._settle(conn, delivery, tried.failure, now, like=first.id):
                log.warning("delivery_lease_lost", delivery=delivery.id)
                return
            if delivery.type == "lead.erased" and tried.failure is None:
                crm_records.forget(conn, delivery)
            deliveries.add_attempt(conn, delivery, tried.attempt)
            if delivery is first:
                note_health(conn, self.lane, tried, now)

    def _recording(self, tried: Tried) -> AbstractContextManager[Connection]:
        """Where a power cut can do no worse than to send once more what the other side knows by its id, nobody waits
        for the disk."""
        known = self.lane.kind.knows_repeats and tried.failure is None and tried.record is None
        return self._unflushed() if known else self.parts.db.write()

    def _settle(
        self, conn: Connection, delivery: Delivery, failure: DeliveryError | None, now: datetime, *, like: str
    ) -> bool:
        tries = delivery.tries + 1

        def end(status: str, reason: str | None) -> bool:
            return deliveries.settle(conn, delivery, self.owner, status=status, now=now, reason=reason, tries=tries)

        if failure is None:
            return end("delivered", None)
        if failure.answer in {"park", "disable"}:
            return end("parked", failure.reason)
        if deliveries.overtaken(conn, delivery):
            return end("superseded", "newer_version")
        refused = failure.answer == "refuse"
        if refused and tries >= retries.TRIES:
            destination_health.pause_worn(conn, delivery.destination_id, failure.reason, now)
        due_at = retries.next_try(like, tries, now, failure.retry_after, refused=refused)
        if due_at is None or (failure.reason == "fault" and tries >= retries.FAULT_TRIES):
            return end("parked", failure.reason)
        return deliveries.put_back(conn, delivery, self.owner, due_at=due_at, tries=tries)


def note_health(conn: Connection, lane: Lane, tried: Tried, now: datetime) -> None:
    """What this answer says of the destination as a whole. Its attempt is recorded."""
    failure, destination = tried.failure, lane.destination
    if failure is None or failure.answer == "park":
        if destination.failures:  # as it was when the round began: its first failure ends it
            destination_health.answered(conn, destination.id)
            if destination.failures >= pacing.BREAKS_AFTER:
                apart = timedelta() if together.several(lane, now) else pacing.RESENT
                deliveries.bring_forward(conn, destination.id, now, apart)
    elif failure.answer == "disable":
        destinations.disable(conn, destination.site_id, destination.id, reason=failure.reason, now=now)
    elif failure.reason != "fault":
        _note_failure(conn, destination, failure, now)


def _note_failure(conn: Connection, destination: Destination, failure: DeliveryError, now: datetime) -> None:
    refused = failure.answer == "refuse"
    failures, since = destination_health.failed(conn, destination.id, now, refused=refused)
    wait = pacing.rest(failures, crowded=failure.reason == "http_429", asked=failure.retry_after)
    if wait:
        destination_health.rest(conn, destination.id, now + wait)
    if refused:
        destination_health.pause_refused(conn, destination.id, failure.reason, now)
    if now - since >= pacing.PATIENCE:
        destination_health.pause_failing(conn, destination.id, now, pacing.PATIENCE)
