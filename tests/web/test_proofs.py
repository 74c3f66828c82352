"""Challenges as they are served, proofs as they come back, and what an address block has to do with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from sqlalchemy import Connection, update

from config import Config
from forms import proof
from gateway.crowds import Crowds
from gateway.parts import Parts
from gateway.store import submissions
from gateway.store.db import Database
from gateway.store.tables import submissions as table
from tests.support import intake
from tests.support import visitor_side as side
from tests.support.clock import SettableClock
from tests.support.proofs import fresh, solved

SARA = {"email": "sara@example.ir", "consent_store": "yes"}
SECRET, HOME = "for tests only", "shop/guide"
PLACE = ("sit_x", "0" * 32)


def rows(parts: Parts) -> list[Any]:
    with parts.db.read() as conn:
        return side.rows(conn)


def test_r21_page_and_spec_carry_a_challenge_of_their_own(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    on_the_page = json.loads(side.challenge_in(client.get("/f/guide").text))
    served = [on_the_page, side.spec(client, "guide")["challenge"], client.get("/f/guide/challenge").json]
    assert {one["maxnumber"] for one in served} == {proof.BASE}
    assert len({one["salt"] for one in served}) == 3
    with_faults = client.post("/f/guide", data={"_ticket": side.ticket_in(client.get("/f/guide").text)})
    assert with_faults.status_code == 422
    assert json.loads(side.challenge_in(with_faults.text))["salt"]


def test_a_challenge_is_readable_by_the_sites_own_pages_alone_and_never_kept(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    reply = client.get("/f/guide/challenge", headers={"Origin": side.ORIGIN})
    assert reply.headers["Access-Control-Allow-Origin"] == side.ORIGIN
    assert reply.headers["Cache-Control"] == "no-store"
    assert client.get("/f/guide/challenge", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.get("/f/none/challenge").status_code == 404
    assert client.post("/f/guide/challenge").status_code == 404


@pytest.mark.parametrize("kind", ["json", "form"])
@pytest.mark.parametrize(
    "text, state",
    [
        ("solved", "solved"),
        ("", "missing"),
        ("slow", "slow"),
        ("AAAA", "wrong"),
        ("old", "expired"),
        ("other", "wrong"),
    ],
)
def test_r21_what_came_along_is_judged_and_its_salt_kept(
    client: FlaskClient, parts: Parts, clock: SettableClock, kind: str, text: str, state: str
):
    side.publish(parts, side.GUIDE)
    ticket, now = side.spec(client, "guide")["ticket"], clock()
    made = {
        "solved": fresh(SECRET, HOME, now),
        "old": fresh(SECRET, HOME, now - timedelta(minutes=11)),
        "other": fresh(SECRET, "shop/contact", now),
    }
    body = {**SARA, "_ticket": ticket, "_proof": made.get(text, text)}
    reply = side.send_json(client, "guide", body) if kind == "json" else client.post("/f/guide", data=body)
    assert reply.status_code in {200, 303}
    row = rows(parts)[0]
    assert row.facts["proof"] == state
    assert (row.proof is not None) is (state == "solved")


@pytest.mark.parametrize("odd", [7, None, [], {"a": 1}, "\ud800", "x" * 5000])
def test_an_odd_proof_is_no_error(client: FlaskClient, parts: Parts, odd: object):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]
    assert side.send_json(client, "guide", {**SARA, "_ticket": ticket, "_proof": odd}).status_code == 200


def test_r11_the_proof_is_no_answer_so_a_repeat_stays_one(client: FlaskClient, parts: Parts, clock: SettableClock):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]
    sent = [
        side.send_json(client, "guide", {**SARA, "_ticket": ticket, "_proof": one})
        for one in (fresh(SECRET, HOME, clock()), fresh(SECRET, HOME, clock()), "")
    ]
    assert len({reply.data for reply in sent}) == 1
    assert len(rows(parts)) == 1


def test_r21_a_proof_counts_for_one_ticket_and_its_corrections(db: Database, clock: SettableClock):
    """The first to come keeps it, whoever is looked at first; another site's is another one."""
    with db.write() as conn:
        site, other = intake.make_site(conn, clock()), intake.make_site(conn, clock(), key="other")
        form = intake.make_form(conn, site, clock())
        foreign = intake.make_form(conn, other, clock(), intake.GUIDE.replace('key = "guide"', 'key = "guide2"'))

        def sent(email: str, nonce: str, salt: str | None = "salt", **more: Any) -> str:
            clock.advance(seconds=1)
            where, form_id = more.get("where", (site, form))
            new = intake.submission(where, form_id, {"email": email}, clock(), nonce=nonce, proof=salt)
            return submissions.receive(conn, new).submission_id

        first, second = sent("a@acme.ir", "one"), sent("b@acme.ir", "two")
        corrected, without = sent("a2@acme.ir", "one"), sent("c@acme.ir", "three", salt=None)
        elsewhere = sent("d@acme.ir", "four", where=(other, foreign))
        assert [_used(conn, site.id, one) for one in (first, second, corrected, without)] == [False, True, False, False]
        assert not _used(conn, other.id, elsewhere)
        conn.execute(update(table).where(table.c.id == second).values(status="accepted"))
        assert _used(conn, site.id, first)  # the later one was let through before: there is no second time


def _used(conn: Connection, site_id: str, submission_id: str) -> bool:
    found = submissions.get(conn, site_id, submission_id)
    assert found is not None
    return submissions.proof_was_used(conn, found)


# --- crowds ---------------------------------------------------------------------------------------------------------


def test_r35_crowds_are_counted_by_block_site_and_hour(valkey: redis.Redis, clock: SettableClock):
    crowds = Crowds(valkey)
    assert [crowds.fetched(*PLACE, clock()) for _ in range(3)] == [(0, 1), (0, 2), (0, 3)]
    crowds.submitted([(*PLACE, clock()), (*PLACE, clock()), ("sit_x", None, clock())])
    assert crowds.fetched(*PLACE, clock()) == (2, 4)
    assert crowds.fetched("sit_y", PLACE[1], clock()) == (0, 1)
    assert crowds.fetched(*PLACE, clock() + timedelta(hours=1)) == (0, 1)
    assert all(0 < valkey.ttl(key) <= 7200 for key in valkey.scan_iter())


@pytest.fixture
def crowded(make_config: Callable[..., Config], sqlite_url: str, valkey_url: str, valkey: redis.Redis,
            clock: SettableClock) -> Iterator[FlaskClient]:  # fmt: skip
    app = side.make_app(make_config(DATABASE_URL=sqlite_url, REDIS_URL=valkey_url), clock)
    side.publish(app.extensions["sarnakh"], side.GUIDE, side.CONTACT)
    yield app.test_client()
    app.extensions["sarnakh"].db.close()


def test_r19_many_fetched_and_unused_tickets_make_the_work_harder_for_their_block_alone(crowded: FlaskClient):
    efforts = [crowded.get("/f/guide/challenge").json["maxnumber"] for _ in range(201)]
    assert (efforts[0], efforts[198], efforts[-1]) == (proof.BASE, proof.BASE, 50_000)
    elsewhere = crowded.get("/f/guide/challenge", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.json["maxnumber"] == proof.BASE


def test_r39_without_valkey_nobody_works_harder(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    assert {client.get("/f/guide/challenge").json["maxnumber"] for _ in range(5)} == {proof.BASE}
    Crowds(parts.doorbell.redis).submitted([(*PLACE, parts.clock())])


def test_r15_far_too_many_challenges_are_429_for_this_form_and_block_alone(
    make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock
):
    app = side.make_app(make_config(DATABASE_URL=sqlite_url, SARNAKH_POST_LIMIT="2/minute"), clock)
    side.publish(app.extensions["sarnakh"], side.GUIDE, side.CONTACT)
    client = app.test_client()
    client.options("/f/guide/challenge")  # counts for nothing
    asked = ("HEAD", "GET", "GET")  # the work that nobody takes is made all the same
    replies = [client.open("/f/guide/challenge", method=how, headers={"Origin": side.ORIGIN}) for how in asked]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 61
    assert replies[-1].headers["Access-Control-Allow-Origin"] == side.ORIGIN
    assert client.get("/f/contact/challenge").status_code == 200
    assert client.get("/f/guide/challenge", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
    ticket = side.spec(client, "guide")["ticket"]
    assert side.send_json(client, "guide", {**SARA, "_ticket": ticket}).status_code == 200  # posts are counted apart
    app.extensions["sarnakh"].db.close()


# --- forged headers -------------------------------------------------------------------------------------------------


def test_r37_twelve_forged_forwarded_headers_are_one_block(client: FlaskClient, parts: Parts):
    """No proxy is trusted, so whoever writes another address each time still counts as one."""
    side.publish(parts, side.GUIDE)
    for number in range(12):
        ticket = side.spec(client, "guide")["ticket"]
        headers = {"X-Forwarded-For": f"203.0.{number}.5", "Forwarded": f"for=203.0.{number}.5", "X-Real-Ip": "8.8.8.8"}
        body = {**SARA, "email": f"s{number}@example.ir", "_ticket": ticket}
        assert side.send_json(client, "guide", body, headers=headers).status_code == 200
    assert {row.facts["block"] for row in rows(parts)} == {"127.0.0.0/24"}
    assert len({row.block_hash for row in rows(parts)}) == 1


def test_a_solution_of_what_was_served_is_accepted_as_such(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    side.send_json(client, "guide", {**SARA, "_ticket": spec["ticket"], "_proof": solved(spec["challenge"])})
    assert rows(parts)[0].facts["proof"] == "solved"
