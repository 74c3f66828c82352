"""/healthz, /readyz, /metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from config import Config
from gateway import create_app
from gateway.parts import Parts, make_parts
from gateway.store import api_tokens
from tests.support import console_side
from tests.support.clock import SettableClock
from tests.support.console_side import World


@pytest.fixture
def parts(make_config: Callable[..., Config], database_url: str, clock: SettableClock) -> Iterator[Parts]:
    config = make_config(DATABASE_URL=database_url, SARNAKH_METRICS_TOKEN="sesame", TRUSTED_PROXIES="127.0.0.2")
    made = make_parts(config, clock)
    yield made
    made.db.close()


@pytest.fixture
def app(parts: Parts) -> Flask:
    return create_app(parts)


@pytest.fixture
def world(parts: Parts) -> World:
    return console_side.make(parts)


def test_the_process_is_up_and_can_take_leads(app: Flask) -> None:
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/readyz").status_code == 200


def test_a_missing_icon_is_no_fault_in_anybodys_console(app: Flask) -> None:
    response = app.test_client().get("/favicon.ico")
    assert (response.status_code, response.data) == (204, b"")


def test_readiness_is_looked_at_once_a_second_and_no_oftener(
    app: Flask, parts: Parts, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    real = parts.db.check_writable
    monkeypatch.setattr(parts.db, "check_writable", lambda: (looks.append(1), real()))
    client = app.test_client()
    assert [client.get("/readyz").status_code for _ in range(5)] == [200] * 5
    assert len(looks) == 1
    clock.advance(seconds=1.1)
    client.get("/readyz")
    assert len(looks) == 2
    clock.advance(hours=-1)
    client.get("/readyz")
    assert len(looks) == 3


def test_a_database_that_goes_away_is_told_within_a_second(
    app: Flask, parts: Parts, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    assert client.get("/readyz").status_code == 200

    def away() -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(parts.db, "check_writable", away)
        clock.advance(seconds=1.1)
        assert client.get("/readyz").status_code == 503
    clock.advance(seconds=1.1)
    assert client.get("/readyz").status_code == 200


def test_an_unmigrated_database_takes_no_leads(make_config, clean_database, clock: SettableClock) -> None:
    parts = make_parts(make_config(DATABASE_URL=clean_database("sqlite")), clock)
    response = create_app(parts).test_client().get("/readyz")
    assert response.status_code == 503
    assert "sarnakh migrate" in response.text
    parts.db.close()


def test_states_are_counted_in_the_database(app: Flask, world: World) -> None:
    page = app.test_client().get("/metrics").text
    for line in (
        'sarnakh_submissions{status="accepted"} 1.0',
        'sarnakh_submissions{status="held"} 1.0',
        'sarnakh_submissions{status="stuck"} 0.0',
        'sarnakh_deliveries{status="due"} 1.0',
        "sarnakh_outbox_rows 0.0",
        "sarnakh_outbox_oldest_seconds 0.0",
        "sarnakh_destinations_paused 0.0",
    ):
        assert line in page, line


def test_the_oldest_waits_visibly(app: Flask, world: World, clock: SettableClock) -> None:
    clock.advance(minutes=10)
    page = app.test_client().get("/metrics").text
    assert "sarnakh_deliveries_oldest_due_seconds 600.0" in page


def test_requests_are_counted_without_what_people_sent(app: Flask, world: World) -> None:
    client = app.test_client()
    client.get("/f/guide")
    client.get("/f/no-such-form-of-ours?email=sara@acme.example")
    client.get("/nowhere/sara@acme.example")
    client.open("/f/guide", method="PROPFIND")
    page = client.get("/metrics").text
    assert "no-such-form" not in page
    assert "sara" not in page
    assert "PROPFIND" not in page
    assert re.search(
        r'sarnakh_http_requests_total\{endpoint="none",method="GET",process="\d+",status="404"\} 1.0', page
    )


@pytest.mark.parametrize(
    "address, headers, status",
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 403),  # a proxy on this machine that we were not told of
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 403),
        ("127.0.0.2", {}, 403),  # the trusted proxy
        ("127.0.0.2", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("203.0.113.9", {}, 403),
        ("203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("203.0.113.9", {"Authorization": "Bearer sesame"}, 200),
        ("203.0.113.9", {"Authorization": "Bearer wrong"}, 403),
    ],
)
def test_r35_metrics_answer_loopback_or_a_token(app: Flask, address: str, headers: dict, status: int) -> None:
    response = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert response.status_code == status


@pytest.mark.parametrize("scope, status", [("metrics", 200), ("leads:read", 403)])
def test_an_api_token_reads_metrics_with_its_scope(app: Flask, world: World, scope: str, status: int) -> None:
    with world.parts.db.write() as conn:
        _, secret = api_tokens.create(conn, world.shop.id, "prometheus", world.parts.clock(), scopes=[scope])
    headers = {"Authorization": f"Bearer {secret}"}
    response = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert response.status_code == status
