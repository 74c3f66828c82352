"""Whatever dies while leads come in: every acknowledged submission is in the database once, and delivered."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from sqlalchemy import func, select

from forms.tickets import Ticket, issue
from gateway import valkey as valkey_client
from gateway.clock import utcnow
from gateway.store import destinations
from gateway.store.tables import deliveries, outbox, submissions
from tests.support import intake, proofs
from tests.support.installation import Installation, descendants
from tests.support.receiver import Receiver

KILLS = 20
SENDERS = 4
BETWEEN_KILLS = 20  # submissions acknowledged


@pytest.fixture
def installation(receiver: Receiver) -> Iterator[Installation]:
    made = Installation({"SARNAKH_PRIVATE_DESTINATIONS": receiver.host_port})
    parts = made.parts
    with parts.db.write() as conn:
        site = intake.make_site(conn, utcnow())
        intake.make_form(conn, site, utcnow(), intake.GUIDE + intake.ONE_ADDRESS)
        place = destinations.NewDestination(site.id, "webhook", "CRM", {"url": receiver.url}, sends="all")
        destinations.add(conn, parts.config.secret_key, place, utcnow())
    yield made
    made.close()


class Senders:
    """Browsers that send until told to stop; one that gets no answer sends the same again, as the embed does."""

    def __init__(self, port: int, secret: str) -> None:
        self.port = port
        self.secret = secret
        self.acknowledged: list[str] = []
        self.server_errors: Counter[int] = Counter()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._send_many, args=(number,)) for number in range(SENDERS)]

    def _send_many(self, sender: int) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            body = self._body(f"person{sender}x{number}@example.com")
            while (answer := self._post(body)) is None:
                time.sleep(0.05)
            self.acknowledged.append(answer)
            time.sleep(0.01)

    def _body(self, email: str) -> bytes:
        served = utcnow() - timedelta(seconds=30)  # a person's time: nobody is held for haste
        ticket = Ticket(
            site="demo", form="guide", version=1, nonce=secrets.token_urlsafe(12), asked=("email", "first_name"),
            lang="en", served_at=served, first_served_at=served, recognised=False, test=False, channel="embed",
        )  # fmt: skip
        proof = proofs.fresh(self.secret, "demo/guide", utcnow())
        fields = {"email": email, "first_name": "Sara", "_signals": {"keys": 20}, "_proof": proof}
        return json.dumps({**fields, "_ticket": issue(self.secret, ticket)}).encode()

    def _post(self, body: bytes) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/f/guide", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if answer.status >= 500:
            self.server_errors[answer.status] += 1
            return None
        assert answer.status == 200, (answer.status, text)
        return str(json.loads(text)["submission"])


def _kill_one(supervisor: int, kind: str) -> bool:
    """kill -9 on one process of this kind; false while none is alive."""
    wanted = "granian" if kind == "web" else "worker"
    alive = [pid for pid, command in descendants(supervisor).items() if wanted in command]
    if not alive:
        return False
    try:
        os.kill(secrets.choice(alive), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _wreak(installation: Installation, supervisor: int, senders: Senders) -> None:
    """Twenty kills, each under load: the next one comes once leads come in again."""
    redis_client = redis.Redis.from_url(valkey_client.url(installation.config))
    kills, served = 0, 0
    deadline = time.monotonic() + 240
    while kills < KILLS:
        assert time.monotonic() < deadline, installation.log()
        if len(senders.acknowledged) < served + BETWEEN_KILLS:
            time.sleep(0.05)
        elif _kill_one(supervisor, "web" if kills % 2 else "worker"):
            kills, served = kills + 1, len(senders.acknowledged)
            if kills == KILLS // 2:
                redis_client.flushall()
    redis_client.close()


def _left(installation: Installation) -> tuple[int, int]:
    """Submissions and deliveries that are still to be done."""
    with installation.parts.db.read() as conn:
        rows = conn.execute(select(func.count()).select_from(outbox)).scalar_one()
        due = conn.execute(select(func.count()).where(deliveries.c.status == "due")).scalar_one()
    return rows, due


@pytest.mark.faults
def test_twenty_kills_and_a_flush_lose_nothing(installation: Installation, receiver: Receiver) -> None:
    with installation.run() as process:
        senders = Senders(installation.port, installation.config.secret_key)
        for thread in senders.threads:
            thread.start()
        _wreak(installation, process.pid, senders)
        senders.stop.set()
        for thread in senders.threads:
            thread.join(60)
        deadline = time.monotonic() + 240  # a delivery under way when its worker died waits for its lease
        while _left(installation) != (0, 0) and time.monotonic() < deadline:
            time.sleep(0.5)
    assert _left(installation) == (0, 0), installation.log()
    acknowledged = set(senders.acknowledged)
    assert len(acknowledged) == len(senders.acknowledged) > KILLS * BETWEEN_KILLS - 1
    with installation.parts.db.read() as conn:
        stored = conn.execute(select(submissions.c.id, submissions.c.status, submissions.c.lead_id)).all()
        delivered = conn.execute(select(deliveries.c.id, deliveries.c.lead_id, deliveries.c.status)).all()
    assert acknowledged == {row.id for row in stored}  # each once (the key), and nothing beside them
    assert {row.status for row in stored} == {"accepted"}
    assert {row.lead_id for row in stored} == {row.lead_id for row in delivered if row.status == "delivered"}
    _each_delivery_arrived_as_itself(receiver, {row.id for row in delivered if row.status == "delivered"})


def _each_delivery_arrived_as_itself(receiver: Receiver, wanted: set[str]) -> None:
    """At least once each; a repeat carries the same id and the same bytes (rule 30)."""
    bodies: dict[str, set[bytes]] = {}
    for request in receiver.requests:
        bodies.setdefault(request.headers["webhook-id"], set()).add(request.body)
    assert wanted <= set(bodies)
    assert all(len(found) == 1 for found in bodies.values())
