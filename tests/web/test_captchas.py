"""A captcha that a form names: its widget, the policy that lets it in for this form alone, and its token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from gateway.parts import Parts
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

BOTH = f'{side.GUIDE}\n[policy]\noutside = ["turnstile", "hcaptcha", "reacher"]\n'
SARA = {"email": "sara@example.ir", "consent_store": "yes"}
HOST = "https://challenges.cloudflare.com"


@pytest.fixture
def app(make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock) -> Iterator[Flask]:
    made = side.make_app(
        make_config(
            DATABASE_URL=sqlite_url, SARNAKH_TURNSTILE_SITEKEY="1x00AA", SARNAKH_TURNSTILE_SECRET="hush"
        ),
        clock,
    )  # fmt: skip
    yield made
    made.extensions["sarnakh"].db.close()


def facts(parts: Parts) -> Any:
    with parts.db.read() as conn:
        return side.rows(conn)[-1].facts


def policy(client: FlaskClient, path: str) -> str:
    return client.get(path).headers["Content-Security-Policy"]


def test_the_page_shows_what_the_form_names_and_the_operator_set_up(client: FlaskClient, parts: Parts) -> None:
    side.publish(parts, BOTH)
    page = client.get("/f/guide?lang=en").text
    assert 'src="/outside.js" defer data-widgets="' in page
    assert "1x00AA" in page
    assert "hcaptcha" not in page
    assert "hush" not in page
    assert side.spec(client, "guide")["outside"] == [
        {"name": "turnstile", "sitekey": "1x00AA", "script": f"{HOST}/turnstile/v0/api.js?render=explicit"}
    ]


def test_a_form_that_names_none_fetches_nothing_from_elsewhere(client: FlaskClient, parts: Parts) -> None:
    side.publish(parts, side.GUIDE)
    assert "outside.js" not in client.get("/f/guide").text
    assert "outside" not in side.spec(client, "guide")
    assert "http" not in policy(client, "/f/guide").replace(side.ORIGIN, "")
    assert policy(client, "/f/guide") == (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize("path", ["/f/guide", "/f/guide/frame"])
def test_the_policy_names_that_host_for_that_form_only(client: FlaskClient, parts: Parts, path: str) -> None:
    side.publish(parts, BOTH, side.CONTACT)
    lines = policy(client, path).split("; ")
    assert f"script-src 'self' {HOST}" in lines
    assert f"frame-src {HOST}" in lines
    assert HOST not in policy(client, path.replace("guide", "contact"))


def test_the_widgets_script_is_small_and_served_like_the_embed(client: FlaskClient) -> None:
    reply = client.get("/outside.js", headers={"Accept-Encoding": "gzip"})
    assert (reply.status_code, reply.mimetype) == (200, "text/javascript")
    assert len(reply.data) < 1024


def test_a_token_is_kept_with_the_submission_from_page_and_embed(
    client: FlaskClient, parts: Parts, clock: SettableClock
) -> None:
    side.publish(parts, BOTH)
    ticket = side.ticket_in(client.get("/f/guide").text)
    client.post("/f/guide", data={"_ticket": ticket, "cf-turnstile-response": "0.abc", **SARA})
    assert facts(parts)["tokens"] == {"turnstile": "0.abc"}
    clock.advance(seconds=1)
    ticket = side.spec(client, "guide")["ticket"]
    body = {"_ticket": ticket, "cf-turnstile-response": "0.def", "h-captcha-response": "P1_x", **SARA}
    assert side.send_json(client, "guide", body).status_code == 200
    assert facts(parts)["tokens"] == {"turnstile": "0.def", "hcaptcha": "P1_x"}


@pytest.mark.parametrize("token", ["", "توکن", "a\x00b", ["a", "b"], "x" * 19_000])
def test_an_odd_token_stops_nobody(client: FlaskClient, parts: Parts, token: Any) -> None:
    side.publish(parts, BOTH)
    body = {"_ticket": side.spec(client, "guide")["ticket"], "cf-turnstile-response": token, **SARA}
    assert side.send_json(client, "guide", body).status_code == 200
    assert len(facts(parts)["tokens"].get("turnstile", "")) in {0, 1, 2049}


def test_a_form_without_a_captcha_keeps_no_token(client: FlaskClient, parts: Parts) -> None:
    side.publish(parts, side.GUIDE)
    body = {"_ticket": side.spec(client, "guide")["ticket"], "cf-turnstile-response": "0.abc", **SARA}
    assert side.send_json(client, "guide", body).status_code == 200
    assert "tokens" not in facts(parts)
