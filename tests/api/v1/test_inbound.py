"""What a destination tells at an address of its own, and how it proves that it does."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from gateway import merging, privacy
from gateway.delivery.outgoing import Record
from gateway.ids import new_id
from gateway.records import Delivery
from gateway.store import consents, crm_records, destinations, inbound, leads, sites
from gateway.store.destinations import NewDestination
from gateway.store.inbound import Heard, Place
from gateway.store.tables import erasure_requests, events, heard_messages, inbound_keys, mails
from gateway.web import inbound as edge
from tests.api.v1.test_sending import states
from tests.support.api_side import SARA, SECRET, Caller, Installation


@dataclass
class Crm:
    """A destination's other side, with both of its keys."""

    installation: Installation
    destination: str
    secret: str
    bearer: str

    @property
    def place(self) -> Place:
        return Place(self.installation.shop.id, self.destination)

    def sign(self, body: Any, message: str = "msg_1", **more: Any) -> dict[str, str]:
        """As a sender with the library of Standard Webhooks signs."""
        at = self.installation.clock() + more.get("off", timedelta())
        text = body if isinstance(body, str) else json.dumps(body)
        return {
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(more.get("secret", self.secret)).sign(message, at, text),
        }

    def send(self, body: Any, message: str = "msg_1", **more: Any) -> TestResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.post(text, more.pop("headers", None) or self.sign(body, message, **more))

    def bear(self, body: Any, bearer: str | None = None) -> TestResponse:
        return self.post(json.dumps(body), {"Authorization": f"Bearer {bearer or self.bearer}"})

    def post(self, text: str, headers: dict[str, str], to: str = "") -> TestResponse:
        client = self.installation.app.test_client()
        with client.post(f"/in/{to or self.destination}", data=text, headers=headers) as reply:
            reply.get_data()
        return reply

    def heard(self) -> list[Heard]:
        with self.installation.parts.db.read() as conn:
            return list(inbound.heard_of(conn, self.destination))


@pytest.fixture
def crm(installation: Installation) -> Crm:
    key, clock = installation.parts.config.secret_key, installation.clock
    with installation.parts.db.write() as conn:
        new = NewDestination(installation.shop.id, "webhook", "CRM", {"url": "http://192.0.2.1/", "secret": SECRET})
        made = destinations.add(conn, key, new, clock()).id
        place = Place(installation.shop.id, made)
        secret, bearer = (inbound.make(conn, key, place, way, clock()) for way in ("signature", "bearer"))
    return Crm(installation, made, secret, bearer)


def won(**more: Any) -> dict[str, Any]:
    return {"outcome": "won", "email": SARA["email"], **more}


def stage(api: Caller, lead: str) -> str:
    return str(api.get(f"/leads/{lead}")["stage"])


def told(installation: Installation) -> int:
    with installation.parts.db.read() as conn:
        return len([row for row in conn.execute(select(events)) if row.source == "crm"])


# --- what is told ---------------------------------------------------------------------------------------------------


def test_a_signed_outcome_counts_once(installation: Installation, api: Caller, lead: str, crm: Crm) -> None:
    reply = crm.send(won())
    assert (reply.status_code, reply.json) == (200, {"lead": lead, "outcome": "won", "new": True})
    assert stage(api, lead) == "customer"
    installation.clock.advance(hours=2)
    assert crm.send(won()).json == {"lead": lead, "outcome": "won", "new": False}  # signed anew, the same webhook-id
    assert crm.send({**won(), "outcome": "lost"}).json["new"] is False  # whatever else it says now
    assert told(installation) == 1
    assert [(one.what, one.result, one.lead_id) for one in crm.heard()] == [("won", "new", lead)]


def test_an_id_of_its_own_counts_once_in_two_messages(installation: Installation, lead: str, crm: Crm) -> None:
    assert crm.send(won(id="deal-7"), "msg_1").json["new"] is True
    assert crm.send(won(id="deal-7"), "msg_2").json["new"] is False
    assert crm.bear(won(id="deal-7")).json["new"] is False
    assert told(installation) == 1


def test_a_bearer_without_an_id_says_the_same_once_a_day(installation: Installation, lead: str, crm: Crm) -> None:
    off = {"outcome": "unsubscribed", "email": SARA["email"]}
    assert [crm.bear(off).json["new"] for _ in range(2)] == [True, False]
    assert crm.bear({**off, "outcome": "lost"}).json["new"] is True
    installation.clock.advance(days=1)
    assert crm.bear(off).json["new"] is True
    at = {**won(), "at": "2026-11-20T09:00:00Z"}
    assert [crm.bear(at).json["new"] for _ in range(2)] == [True, False]


def delivered(crm: Crm, lead: str, record: str) -> None:
    now = crm.installation.clock()
    owed = Delivery(
        new_id("dlv", now), crm.installation.shop.id, lead, crm.destination, 1, "lead.qualified", "due", now
    )
    with crm.installation.parts.db.write() as conn:
        crm_records.keep(conn, owed, Record(record, True), now)


def test_a_lead_is_named_by_the_id_that_the_destination_gave_it(
    installation: Installation, api: Caller, lead: str, crm: Crm
) -> None:
    delivered(crm, lead, "4711")
    assert crm.send({"outcome": "won", "record": 4711}).json["lead"] == lead
    assert crm.send({"outcome": "won", "record": "4712"}, "msg_2").json["lead"] is None
    reply = api.post("/outcomes", {"id": "x", "outcome": "lost", "record": "4711", "destination": crm.destination})
    assert reply.json["lead"] == lead
    assert api.post("/outcomes", {"id": "y", "outcome": "lost", "record": "4711"}).status_code == 422


def test_a_lead_that_was_merged_is_named_by_its_earlier_id(
    installation: Installation, api: Caller, lead: str, crm: Crm
) -> None:
    installation.clock.advance(seconds=1)
    other = installation.lead(api, {"email": "sara@work.example.ir", "first_name": "سارا"})
    delivered(crm, other, "9")
    with installation.parts.db.write() as conn:
        merging.merge(conn, installation.shop.id, (lead, other), by=None, now=installation.clock())
    assert crm.send({"outcome": "won", "lead": other}).json["lead"] == lead
    assert crm.send({"outcome": "lost", "record": "9"}, "msg_2").json["lead"] == lead
    assert told(installation) == 2


def test_what_one_record_of_theirs_stands_for_hears_it_all(installation: Installation, api: Caller, crm: Crm) -> None:
    both = [installation.lead(api, {"email": f"p{number}@example.ir", "first_name": "P"}) for number in range(2)]
    for one in both:
        delivered(crm, one, "7")
    assert crm.send({"outcome": "won", "record": "7"}).json["new"] is True
    assert [stage(api, one) for one in both] == ["customer", "customer"]
    assert crm.send({"outcome": "won", "record": "7"}).json["new"] is False


def test_who_is_not_known_is_no_fault_and_may_become_known(installation: Installation, api: Caller, crm: Crm) -> None:
    reply = crm.send(won())
    assert (reply.status_code, reply.json) == (200, {"lead": None, "outcome": "won", "new": False})
    assert [one.result for one in crm.heard()] == ["nobody"]
    lead = installation.lead(api)
    assert crm.send(won()).json == {"lead": lead, "outcome": "won", "new": True}


def test_r27_one_purpose_alone_is_taken_back(installation: Installation, lead: str, crm: Crm) -> None:
    assert crm.send({**won(), "outcome": "unsubscribed", "purpose": "contact"}).status_code == 200
    assert states(installation, lead) == {"marketing": "claimed", "contact": "withdrawn"}
    crm.send({**won(), "outcome": "complained"}, "msg_2")
    assert states(installation, lead) == {"marketing": "withdrawn", "contact": "withdrawn"}


def test_r27_who_never_agreed_and_unsubscribes_stays_out_until_a_confirmed_consent(
    installation: Installation, api: Caller, crm: Crm
) -> None:
    lead = installation.lead(api, {"email": "omid@example.ir", "first_name": "Omid"})
    crm.send({"outcome": "unsubscribed", "lead": lead})
    installation.clock.advance(days=1)
    installation.lead(api, {"email": "omid@example.ir", "first_name": "Omid", "consent_marketing": True})
    assert states(installation, lead) == {"marketing": "withdrawn"}
    with installation.parts.db.write() as conn:
        receipt = consents.ConsentRow("marketing", "consent", "yes", "en", "confirmed", installation.clock(), lead)
        consents.add(conn, installation.shop.id, receipt)
    assert states(installation, lead) == {"marketing": "confirmed"}


# --- asking to be forgotten -----------------------------------------------------------------------------------------


def requests(installation: Installation) -> list[Any]:
    with installation.parts.db.read() as conn:
        return list(conn.execute(select(erasure_requests)))


def test_a_request_to_be_forgotten_waits_for_staff(
    installation: Installation, api: Caller, lead: str, crm: Crm
) -> None:
    with installation.parts.db.write() as conn:
        sites.change(conn, installation.shop.id, {"settings": {"notify": ["boss@example.com"]}})
    asks = {"type": "erasure", "email": SARA["email"]}
    first = crm.send(asks)
    assert (first.status_code, first.json["type"], first.json["new"]) == (200, "erasure", True)
    again = api.post("/outcomes", {**asks, "id": "r1"})
    assert (again.json["request"], again.json["new"]) == (first.json["request"], False)
    (row,) = requests(installation)
    assert (row.lead_id, row.asked_by, row.answer) == (lead, crm.destination, None)
    with installation.parts.db.read() as conn:
        found = leads.get(conn, installation.shop.id, lead)
        (mail,) = conn.execute(select(mails)).all()
    assert found is not None
    assert found.erased_at is None
    assert SARA["email"] not in str(tuple(mail))


# --- who may tell ---------------------------------------------------------------------------------------------------


FORGED = ["stale", "early", "stolen", "other_body", "no_id", "no_time", "words", "wrong_bearer", "nothing", "empty"]


def forged(crm: Crm, how: str) -> dict[str, str]:
    signed = crm.sign(won())
    other = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
    return {
        "stale": crm.sign(won(), off=timedelta(minutes=-5, seconds=-1)),
        "early": crm.sign(won(), off=timedelta(minutes=5, seconds=2)),
        "stolen": crm.sign(won(), secret=other),
        "other_body": crm.sign({**won(), "outcome": "lost"}),
        "no_id": {**signed, "webhook-id": ""},
        "no_time": {**signed, "webhook-timestamp": "soon"},
        "words": {**signed, "webhook-signature": "v1 v1, v2,x é"},
        "wrong_bearer": {"Authorization": f"Bearer {crm.bearer}x"},
        "nothing": {},
        "empty": {"Authorization": "Bearer "},
    }[how]


@pytest.mark.parametrize("how", FORGED)
def test_r35_attack_whoever_proves_nothing_learns_and_changes_nothing(
    installation: Installation, api: Caller, lead: str, crm: Crm, how: str
) -> None:
    """A stranger may know a person's address and a destination's id: for a known destination, one without keys, a
    removed one, one of another site and a made-up one, whoever is named, each answer is the same."""
    elsewhere = installation.destination(installation.other)
    removed = installation.destination()
    with installation.parts.db.write() as conn:
        inbound.make(conn, installation.parts.config.secret_key, Place(installation.shop.id, removed), "bearer",
                     installation.clock())  # fmt: skip
        destinations.remove(conn, installation.shop.id, removed, installation.clock())
    before, text = told(installation), json.dumps(won())
    places = [crm.destination, elsewhere, removed, new_id("dst", installation.clock()), "dst_x", "x" * 300, "%00"]
    replies = [crm.post(text, forged(crm, how), to) for to in places]
    replies.append(crm.post(text.replace("sara@", "nobody@"), forged(crm, how)))
    assert {reply.status_code for reply in replies} == {401}
    assert len({reply.data for reply in replies}) == 1
    assert len({tuple(sorted(reply.headers.items())) for reply in replies}) == 1
    assert told(installation) == before
    assert stage(api, lead) != "customer"
    with installation.parts.db.read() as conn:
        noted = conn.execute(select(heard_messages.c.destination_id, heard_messages.c.result)).all()
    assert [tuple(row) for row in noted] == [(crm.destination, "refused")]


def test_what_strangers_send_fills_no_table(installation: Installation, crm: Crm) -> None:
    for _ in range(3):
        crm.post("{}", {})
        installation.clock.advance(seconds=30)
    (one,) = crm.heard()
    assert (one.result, one.reason) == ("refused", "no_proof")


def test_times_near_enough_are_taken(lead: str, crm: Crm) -> None:
    assert crm.send(won(), "a", off=timedelta(minutes=-4, seconds=-59)).status_code == 200
    assert crm.send(won(), "b", off=timedelta(minutes=4, seconds=59)).status_code == 200


def test_a_rotated_key_counts_for_a_day_beside_the_new_one(installation: Installation, lead: str, crm: Crm) -> None:
    key = installation.parts.config.secret_key
    with installation.parts.db.write() as conn:
        newer = inbound.make(conn, key, crm.place, "signature", installation.clock())
    assert crm.send(won(), "a").status_code == 200
    assert crm.send(won(), "b", secret=newer).status_code == 200
    both = crm.sign(won(), "c")
    both["webhook-signature"] += " " + crm.sign(won(), "c", secret=newer)["webhook-signature"]
    assert crm.send(won(), headers=both).status_code == 200
    installation.clock.advance(hours=24)
    assert crm.send(won(), "d").status_code == 401
    assert crm.send(won(), "e", secret=newer).status_code == 200
    assert crm.bear(won()).status_code == 200  # the other way goes its own
    with installation.parts.db.write() as conn:
        inbound.stop(conn, crm.destination, "bearer")
    assert crm.bear(won()).status_code == 401


def test_another_secret_key_lets_nobody_in(installation: Installation, lead: str, crm: Crm) -> None:
    with installation.parts.db.read() as conn:
        kept = inbound.keys(conn, "another secret key", crm.destination, installation.clock())
    assert [key.secret for key in kept if key.way == "signature"] == [None]
    assert crm.secret not in str(kept)


def test_no_key_stands_in_the_database(installation: Installation, crm: Crm) -> None:
    with installation.parts.db.read() as conn:
        kept = str(conn.execute(select(inbound_keys)).all())
    assert crm.secret.removeprefix("whsec_") not in kept
    assert crm.bearer not in kept


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_same_message_twice_at_once_has_one_effect(installation: Installation, lead: str, crm: Crm) -> None:
    replies: list[Any] = []
    threads = [threading.Thread(target=lambda: replies.append(crm.send(won()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status_code for reply in replies] == [200] * 6
    assert sum(reply.json["new"] for reply in replies) == 1
    assert told(installation) == 1


def test_r37_what_was_heard_is_forgotten_after_thirty_days(installation: Installation, lead: str, crm: Crm) -> None:
    crm.send(won())
    installation.clock.advance(days=29)
    privacy.expire(installation.parts.db, installation.clock())
    assert len(crm.heard()) == 1
    installation.clock.advance(days=2)
    privacy.expire(installation.parts.db, installation.clock())
    assert crm.heard() == []
    assert crm.send(won()).json["new"] is False  # the event itself is known for as long as the lead is


# --- what cannot be read --------------------------------------------------------------------------------------------

UNREADABLE: list[Any] = [
    "no json", "[]", "{}", {"outcome": "great", "lead": "x"}, {"outcome": "won"}, {"outcome": ["won"], "lead": "x"},
    {**won(), "reason": "fake"}, {**won(), "outcome": "bad", "reason": "ugly"}, {**won(), "purpose": "marketing"},
    {**won(), "outcome": "unsubscribed", "purpose": "store"}, {**won(), "id": ""}, {**won(), "id": 7},
    {**won(), "at": "soon"}, {**won(), "record": {"id": 1}}, {**won(), "lead": "x" * 61}, {"type": "erase", **won()},
]  # fmt: skip


def test_what_cannot_be_read_is_told_and_may_come_again(installation: Installation, lead: str, crm: Crm) -> None:
    for body in UNREADABLE:
        reply = crm.send(body)
        assert (reply.status_code in {400, 422}, reply.mimetype) == (True, "application/problem+json"), body
    assert [(one.result, one.reason) for one in crm.heard()] == [("refused", "unreadable")]
    assert crm.send(won()).json["new"] is True


def test_a_large_message_is_refused_before_it_is_read(crm: Crm) -> None:
    text = json.dumps({**won(), "note": "x" * edge.MAX_BODY})
    assert crm.send(text).status_code == 413


def test_other_methods_find_nothing(installation: Installation, crm: Crm) -> None:
    assert installation.app.test_client().get(f"/in/{crm.destination}").status_code in {404, 405}
