"""One try at one destination: what is handed to its kind, and how the answer is judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import mail
from gateway.delivery import retries
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.outgoing import AnsweredError, DeliveryError, Kind, Outgoing, Record, Sent, Ways
from gateway.files import export_folder
from gateway.http import ConnectError
from gateway.parts import Parts
from gateway.records import Destination, Site
from gateway.store import destinations, sites
from gateway.store.deliveries import Attempt


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


def open_lane(conn: Connection, secret_key: str, destination_id: str) -> Lane:
    """The destination with this id, ready to be sent to."""
    found = destinations.opened(conn, destination_id, secret_key)
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
