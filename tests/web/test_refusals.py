"""What the visitor's side answers where it cannot serve now: it says so, and when to come again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from gateway.parts import Parts
from gateway.store.db import LostError
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

HEADERS = {"Origin": side.ORIGIN}


def lost(*_given: object) -> None:
    """As if the thread that writes for several were ended before its commit was known."""
    raise LostError


def test_whoever_is_not_known_to_be_stored_is_asked_to_send_again(
    client: FlaskClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    side.publish(parts, side.GUIDE, settings={"views": True})
    answers = {"_ticket": side.spec(client, "guide")["ticket"], "email": "a@example.ir", "consent_store": True}
    beacon = {"site": "shop", "events": [{"id": "12345678", "type": "page_view", "url": "https://shop.example/"}]}
    with monkeypatch.context() as patched:
        patched.setattr(parts.db, "grouped", lost)
        refused = [
            side.send_json(client, "guide", answers),
            client.post("/e", json=beacon, content_type="text/plain", headers=HEADERS),
        ]
    for reply in refused:
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5"), reply.text
        assert reply.headers["Access-Control-Allow-Origin"] == side.ORIGIN
        assert reply.json["code"] == "busy"
    assert side.send_json(client, "guide", answers).status_code == 200  # the same ticket is good still
    with parts.db.read() as conn:
        assert side.count(conn) == 1


@pytest.fixture
def limited(make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock) -> Iterator[Flask]:
    """A post a minute, so ten forms."""
    app = side.make_app(make_config(DATABASE_URL=sqlite_url, SARNAKH_POST_LIMIT="1/minute"), clock)
    side.publish(app.extensions["sarnakh"], side.GUIDE, side.CONTACT)
    yield app
    app.extensions["sarnakh"].db.close()


def test_r15_far_too_many_forms_fetched_are_429_for_this_form_and_block_alone(limited: Flask) -> None:
    client = limited.test_client()
    ways = [("GET", "spec"), ("POST", "spec"), ("GET", ""), ("GET", "frame"), ("HEAD", "spec")] * 2
    client.options("/f/guide/spec", headers=HEADERS)  # counts for nothing
    ticket = side.spec(client, "contact")["ticket"]
    codes = [client.open(f"/f/guide/{path}".rstrip("/"), method=how, headers=HEADERS).status_code for how, path in ways]
    assert codes == [200] * 10
    for _, path in ways[1:4]:
        refused = client.get(f"/f/guide/{path}".rstrip("/"), headers=HEADERS)
        assert refused.status_code == 429 and 0 < int(refused.headers["Retry-After"]) <= 61
    assert client.get("/f/guide/spec", headers=HEADERS).headers["Access-Control-Allow-Origin"] == side.ORIGIN
    assert client.get("/f/contact/spec").status_code == 200
    assert client.get("/f/guide/spec", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
    assert side.send_json(client, "contact", {"_ticket": ticket}).status_code == 422  # posts are counted apart
