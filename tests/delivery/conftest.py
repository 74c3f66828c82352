"""What the tests of this room share: a site with its leads and destinations, over real parts."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from config import Config
from gateway.delivery import ledger
from gateway.doorbell import Doorbell
from gateway.http import Connector
from gateway.lookups import Lookups
from gateway.parts import Parts
from gateway.records import Delivery, Destination, Fact, Lead
from gateway.store import consents, deliveries, deliveries_search, destinations, leads, sites
from gateway.store.consents import ConsentRow, ConsentState
from gateway.store.db import Database
from gateway.store.destinations import NewDestination
from tests.support.clock import SettableClock
from tests.support.receiver import Receiver

WHSEC = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"  # 24 bytes


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port on loopback that is bound but does not listen: nobody else takes it, everybody is refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class World:
    """A site whose leads go to local receivers, with a clock that stands still."""

    def __init__(self, config: Config, db: Database, clock: SettableClock, receiver: Receiver) -> None:
        self.clock = clock
        self.receiver = receiver
        self.parts = self.parts_with(config, db, Connector(frozenset({receiver.host_port})))
        with db.write() as conn:
            self.site = sites.add(conn, "demo", "Demo", clock())

    def parts_with(self, config: Config, db: Database, connector: Connector) -> Parts:
        nothing = cast(Doorbell, None)
        return Parts(config, db, self.clock, nothing, cast(Lookups, None), connector)

    @property
    def db(self) -> Database:
        return self.parts.db

    def destination(self, url: str | None = None, **columns: Any) -> Destination:
        new = NewDestination(
            self.site.id,
            "webhook",
            columns.pop("name", "CRM"),
            {"url": url or self.receiver.url, "secret": WHSEC},
            sends=columns.pop("sends", "all"),
            purpose=columns.pop("purpose", None),
        )
        with self.db.write() as conn:
            return destinations.add(conn, self.parts.config.secret_key, new, self.clock.advance(seconds=1))

    def lead(self, *, test: bool = False, **columns: Any) -> Lead:
        """A lead at version 1 with an e-mail."""
        now = self.clock()
        with self.db.write() as conn:
            lead_id = leads.create(conn, self.site.id, now, test=test)
            leads.set_columns(conn, lead_id, {"version": 1, "grade": "B", "interest": 2, "stage": "SQL", **columns})
            fact = Fact("email", f"{lead_id[-6:]}@example.ir", "confirmed", "sub_1", now)
            leads.add_fact(conn, lead_id, fact)
        return self.found(lead_id)

    def found(self, lead_id: str) -> Lead:
        with self.db.read() as conn:
            lead = leads.get(conn, self.site.id, lead_id)
        assert lead is not None
        return lead

    def change(self, lead: Lead, **columns: Any) -> Lead:
        """The lead one version on."""
        with self.db.write() as conn:
            leads.set_columns(conn, lead.id, {**columns, "version": lead.version + 1})
        return self.found(lead.id)

    def consent(self, lead: Lead, state: ConsentState, purpose: str = "marketing") -> None:
        row = ConsentRow(purpose, "consent", "Yes", "en", state, self.clock.advance(seconds=1), lead_id=lead.id)
        with self.db.write() as conn:
            consents.add(conn, self.site.id, row)

    def queue(self, lead: Lead) -> list[str]:
        with self.db.write() as conn:
            return ledger.queue(conn, lead, self.clock())

    def send(self, limit: int = 10) -> int:
        """All that is due now."""
        total = 0
        while done := ledger.send_due(self.parts, limit):
            total += done
        return total

    def get(self, delivery_id: str) -> Delivery:
        with self.db.read() as conn:
            found = deliveries.get(conn, self.site.id, delivery_id)
        assert found is not None
        return found

    def attempts(self, delivery_id: str) -> list[deliveries.Attempt]:
        with self.db.read() as conn:
            found = deliveries_search.get(conn, self.site.id, delivery_id)
        assert found is not None
        return list(found.attempts)

    def place(self, destination: Destination) -> Destination:
        with self.db.read() as conn:
            found = destinations.get(conn, self.site.id, destination.id)
        assert found is not None
        return found

    def counts(self, destination: Destination) -> dict[str, int]:
        with self.db.read() as conn:
            return deliveries.counts(conn, destination.id)


@pytest.fixture
def world(
    make_config: Callable[..., Config], database_url: str, db: Database, clock: SettableClock, receiver: Receiver
) -> World:
    return World(make_config(DATABASE_URL=database_url), db, clock, receiver)
