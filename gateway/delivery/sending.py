"""One sender's round with one destination: freeze what goes out, send it, record what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from gateway import mail, organising
from gateway.delivery import payload, retries, together
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.outgoing import AnsweredError, DeliveryError, Kind, Outgoing, Record, Sent, Ways
from gateway.files import export_folder
from gateway.http import TIMEOUT, ConnectError
from gateway.parts import Parts
from gateway.records import Delivery, Destination, Lead, Site
from gateway.store import consents, crm_records, deliveries, destinations, leads, sites
from gateway.store.deliveries import Attempt

GONE = ("lead.merged", "lead.erased")  # carry ids alone and need no consent
SPARE = timedelta(seconds=TIMEOUT + 5)  # of the lease, before a send may begin: nobody else may claim it meanwhile

log = structlog.get_logger()


class Explained(Protocol):
    @property
    def lines(self) -> Iterable[payload.Line]: ...


# Folds a lead's events into the lines of its score. Handed in: the scoring side queues here itself.
Explain = Callable[[Connection, Lead, datetime], Explained]


@dataclass(frozen=True)
class Lane:
    """A destination of a site, opened. settings: None when SECRET_KEY no longer opens them."""

    destination: Destination
    site: Site
    kind: Kind[Any]
    settings: Any

    def outgoing(self, delivery_id: str, body: str, at: datetime, records: Sequence[Record] = ()) -> Outgoing:
        """One try as the kind is handed it."""
        rules = self.kind.mapped(self.destination.settings)
        site = {"site": self.site.key, "lang": self.site.lang, "zone": self.site.timezone}
        return Outgoing(delivery_id, body, at, rules, records, **site)


@dataclass(frozen=True)
class End:
    """This delivery ends without being sent."""

    status: str
    reason: str


def open_lane(conn: Connection, secret_key: str, delivery: Delivery) -> Lane:
    """The destination of this delivery, ready to be sent to."""
    found = destinations.get(conn, delivery.site_id, delivery.destination_id, secret_key)
    assert found is not None  # it was active a moment ago, in this transaction
    return lane_of(found, sites.get(conn, found.site_id))


def lane_of(opened: Destination, site: Site) -> Lane:
    """A destination that was read with the key."""
    kind = DESTINATIONS[opened.kind]
    return Lane(opened, site, kind, None if opened.unreadable else kind.opened(opened.settings))


@dataclass(frozen=True)
class Tried:
    """What to record of one try; what went wrong; under which id the other side has the lead now, if it said so."""

    attempt: Attempt
    failure: DeliveryError | None = None
    record: Record | None = None


def attempt(lane: Lane, outgoing: Outgoing, parts: Parts) -> Tried:
    """One try, outside any transaction."""
    return ask(lane, parts, outgoing.at, lambda ways: lane.kind.send(outgoing, lane.settings, ways))


def ask(lane: Lane, parts: Parts, at: datetime, send: Callable[[Ways], Sent]) -> Tried:
    """One try by `send`, and how its answer is judged."""
    started = time.monotonic()
    sent: Sent | None = None
    failure: DeliveryError | None = None
    try:
        if lane.settings is None:
            raise DeliveryError("settings_unreadable", answer="refuse")
        sent = _answer(lambda: send(ways_of(parts, lane.site)))
        retries.check(sent, at, lane.kind.answers)
    except ConnectError as error:
        failure = retries.unreached(error)
    except DeliveryError as error:
        failure = error
    ms = sent.ms if sent else (time.monotonic() - started) * 1000
    reason = failure.reason if failure else None
    if sent is None:
        return Tried(Attempt(at, ms, error=reason), failure)
    return Tried(Attempt(at, ms, sent.status, reason, sent.reply), failure, sent.record)


def _answer(send: Callable[[], Sent]) -> Sent:
    try:
        return send()
    except AnsweredError as end:
        return end.sent


def ways_of(parts: Parts, site: Site) -> Ways:
    """The ways out for one try of this site's; its ten seconds begin."""
    config = parts.config
    return Ways(
        parts.connector,
        exports=export_folder(config.data_dir, site.key),
        post=lambda message: mail.send(config, message),
        sender=config.mail_from,
        base_url=config.base_url,
    )


@dataclass(frozen=True)
class Round:
    """What one sender claimed of one lane."""

    parts: Parts
    lane: Lane
    owner: str
    explain: Explain | None = None

    def send(self, claimed: Sequence[Delivery]) -> int:
        """One after the other, until the destination fails; the rest is given back. Returns how many it took on."""
        at = together.turns(self.lane, claimed)
        if at:
            together.send(self, claimed, at)
            return len(claimed)
        done = 0
        try:
            for delivery in claimed:
                if not self._in_time(delivery):
                    break
                done += 1
                if not self.one(delivery):
                    break
        finally:
            if done < len(claimed):
                with self.parts.db.write() as conn:
                    deliveries.release(conn, self.owner)
        return done

    def _in_time(self, delivery: Delivery) -> bool:
        return delivery.claimed_until is not None and self.parts.clock() + SPARE < delivery.claimed_until

    def one(self, delivery: Delivery) -> bool:
        """Freeze, send, record; whether the destination is worth asking again at once.

        The round is the outermost loop of sending: a bug of ours costs this delivery a try, not its neighbours.
        """
        frozen: Delivery | None = None
        try:
            frozen = self.frozen(delivery)
            if frozen is None:
                return True
            tried = attempt(self.lane, self.outgoing(frozen), self.parts)
        except Exception as bug:
            log.exception("delivery_fault", delivery=delivery.id, error=type(bug).__name__)
            tried = Tried(Attempt(self.parts.clock(), 0.0, error="fault"), DeliveryError("fault"))
        self.record(frozen or delivery, tried)
        return tried.failure is None or tried.failure.permanent

    def outgoing(self, frozen: Delivery) -> Outgoing:
        """With the ids that the other side has for this lead, where it keeps records."""
        records: Sequence[Record] = ()
        if self.lane.kind.rules:
            with self.parts.db.read() as conn:
                records = crm_records.of_delivery(conn, frozen)
        return self.lane.outgoing(frozen.id, frozen.payload or "", self.parts.clock(), records)

    def frozen(self, delivery: Delivery) -> Delivery | None:
        """The delivery with the type and bytes of every try, committed before the first; None when it is settled
        without one, or no longer ours."""
        now = self.parts.clock()
        if delivery.payload is None:  # a new lead's first payload would else come before its organisation
            organising.regroup(self.parts.db, delivery.site_id, delivery.lead_id, now)
        with self.parts.db.read() as conn:
            ready = self._ready(conn, delivery, now)
        if isinstance(ready, End):
            with self.parts.db.write() as conn:
                deliveries.settle(conn, delivery, self.owner, status=ready.status, now=now, reason=ready.reason)
            return None
        if delivery.payload is None:
            with self.parts.db.write() as conn:
                if not deliveries.freeze(conn, ready, self.owner):
                    return None
        return ready

    def _ready(self, conn: Connection, delivery: Delivery, now: datetime) -> Delivery | End:
        """What is to be sent, decided now: the consent of this moment counts (rule 27)."""
        lead = leads.get(conn, delivery.site_id, delivery.lead_id)
        if lead is None:
            raise LookupError(f"no lead {delivery.lead_id}")
        permitted = _permitted(conn, self.lane.destination, lead)
        if delivery.payload is not None:
            return _end_of_frozen(delivery, lead, permitted) or delivery
        kind = _type(conn, delivery, lead)
        whose = (delivery.lead_id, *(lead.earlier_ids if kind == "lead.erased" else ()))
        there = delivery.destination_id in deliveries.reached(conn, *whose)
        if kind in GONE and not there:
            return End("superseded", "never_sent")
        if not permitted and not there:
            return End("parked", "no_consent")
        withheld = not permitted and kind not in GONE
        typed = replace(delivery, type="lead.updated" if withheld else kind)
        lines = self.explain(conn, lead, now).lines if self.explain else ()
        body = payload.build(typed, payload.tell(conn, lead, lines), withheld=withheld)
        return replace(typed, payload=body)

    def record(self, delivery: Delivery, tried: Tried) -> None:
        """Unless the lease has passed to somebody else: then their answer counts."""
        now = self.parts.clock()
        with self.parts.db.write() as conn:
            if tried.record:
                crm_records.keep(conn, delivery, tried.record, now)
            if not self._settle(conn, delivery, tried.failure, now):
                log.warning("delivery_lease_lost", delivery=delivery.id)
                return
            if delivery.type == "lead.erased" and tried.failure is None:
                crm_records.forget(conn, delivery)
            deliveries.add_attempt(conn, delivery.id, tried.attempt)
            _note_health(conn, self.lane.destination, tried.failure, now)

    def _settle(self, conn: Connection, delivery: Delivery, failure: DeliveryError | None, now: datetime) -> bool:
        tries = delivery.tries + 1

        def end(status: str, reason: str | None) -> bool:
            columns = {"status": status, "reason": reason, "tries": tries, "now": now}
            return deliveries.settle(conn, delivery, self.owner, **columns)  # type: ignore[arg-type]

        if failure is None:
            return end("delivered", None)
        if failure.answer in {"park", "disable"}:
            return end("parked", failure.reason)
        if deliveries.overtaken(conn, delivery):
            return end("superseded", "newer_version")
        due_at = retries.next_try(delivery.id, tries, now, failure.retry_after)
        if due_at is None or (failure.reason == "fault" and tries >= retries.FAULT_TRIES):
            return end("parked", failure.reason)
        return deliveries.put_back(conn, delivery, self.owner, due_at=due_at, tries=tries)


def _note_health(conn: Connection, destination: Destination, failure: DeliveryError | None, now: datetime) -> None:
    """What this answer says of the destination as a whole."""
    if failure is None or failure.answer == "park":
        destinations.answered(conn, destination.id)
    elif failure.answer == "disable":
        destinations.disable(conn, destination.site_id, destination.id, reason=failure.reason, now=now)
    elif failure.answer == "refuse":
        destinations.refused(conn, destination.id, failure.reason, now)
    elif failure.reason != "fault":
        destinations.failed(conn, destination.id, now)
        if failure.retry_after:
            deliveries.hold_back(conn, destination.id, now + timedelta(seconds=failure.retry_after))


def _permitted(conn: Connection, destination: Destination, lead: Lead) -> bool:
    if destination.purpose is None:
        return True
    receipt = consents.in_force(conn, lead.id).get(destination.purpose)
    return receipt is not None and receipt.state != "withdrawn"


def _end_of_frozen(delivery: Delivery, lead: Lead, permitted: bool) -> End | None:
    """Why these bytes may not go out any more, if so."""
    if not delivery.payload:  # they were emptied while they were under way
        return End("superseded", "erased")
    if delivery.type in GONE:
        return None
    if lead.erased_at is not None:
        return End("superseded", "erased")
    if not permitted and "withheld" not in json.loads(delivery.payload or "{}")["data"]:
        return End("parked", "no_consent")
    return None


def _type(conn: Connection, delivery: Delivery, lead: Lead) -> str:
    """Decided when it is sent: `lead.qualified` until the destination has taken one version. `lead` is the survivor
    where the delivery's own was merged."""
    if lead.id != delivery.lead_id:
        return "lead.merged"
    if lead.erased_at is not None:
        return "lead.erased"
    received = deliveries.has_received(conn, delivery.lead_id, delivery.destination_id)
    return "lead.updated" if received else "lead.qualified"
