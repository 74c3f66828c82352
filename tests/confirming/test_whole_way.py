"""A person without script, from the hosted page over the worker and a real mail server to a lead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask

from config import Config
from gateway import jobs
from gateway.parts import Parts
from gateway.store import leads
from tests.confirming.conftest import BY_PHONE
from tests.delivery.test_mail import Inbox, inbox, smtp_url  # noqa: F401  fixtures
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

SARA = {"email": "sara@example.ir", "consent_store": "yes"}


@pytest.fixture
def app(make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock, smtp_url: str) -> Iterator[Flask]:  # noqa: F811
    config = make_config(DATABASE_URL=sqlite_url, SARNAKH_SMS_URL="console:")
    made = side.make_app(replace(config, smtp_url=smtp_url), clock)
    yield made
    made.extensions["sarnakh"].db.close()


def send(app: Flask, form: str, answers: dict[str, str], clock: SettableClock, **more: str) -> str:
    """Fill in the hosted page as a text browser does; the thanks page's words."""
    client = app.test_client()
    ticket = side.ticket_in(client.get(f"/f/{form}?lang=en").text)
    clock.advance(seconds=30)
    return client.post(f"/f/{form}", data={"_ticket": ticket, **answers, **more}, follow_redirects=True).text


def test_r16_a_text_browser_becomes_a_lead_by_one_click_in_a_mail(
    app: Flask,
    clock: SettableClock,
    inbox: Inbox,  # noqa: F811
) -> None:
    parts: Parts = app.extensions["sarnakh"]
    site = side.publish(parts, side.GUIDE)
    thanks = send(app, "guide", SARA, clock)
    assert "a mail is on its way to you" in thanks
    jobs.drain_with(parts)
    with parts.db.read() as conn:
        assert leads.count(conn, site.id) == 0
        assert [row.status for row in side.rows(conn)] == ["held"]
    jobs.deliver_with(parts)
    [message] = inbox.messages
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"http://\S+/confirm/\S+", body.get_content())
    assert found
    assert "Thank you, confirmed" in app.test_client().post(urlsplit(found[0]).path, follow_redirects=True).text
    with parts.db.read() as conn:
        assert leads.count(conn, site.id) == 1
        assert [row.status for row in side.rows(conn)] == ["accepted"]


def test_r17_the_thanks_are_the_same_for_all_three(app: Flask, clock: SettableClock) -> None:
    parts: Parts = app.extensions["sarnakh"]
    side.publish(parts, side.GUIDE, BY_PHONE)
    plain = send(app, "guide", SARA, clock)
    caught = send(app, "guide", SARA, clock, homepage_url="http://spam.example")
    token = re.compile(r"/d/[^\"]+")
    assert token.sub("", plain) == token.sub("", caught)
    phone = send(app, "callback", {"phone": "09127360481"}, clock)
    assert "/confirm/code/" in phone
    assert "by text message" in phone
