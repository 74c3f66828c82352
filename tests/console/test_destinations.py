"""Destinations, deliveries and routes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway import create_app
from gateway.http import Connector
from gateway.secrets import seal
from gateway.store import destinations
from gateway.store.destinations import NewDestination
from gateway.store.tables import deliveries
from gateway.store.tables import destinations as destinations_table
from tests.support.console_side import World, post, read
from tests.support.receiver import Receiver


def test_a_webhooks_secret_is_shown_once(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    response = post(
        client, "/console/destinations/new", {"name": "CRM 2", "url": "https://crm.example/2", "sends": "rules"}
    )
    secret = re.search(r"whsec_[\w+/=]+", unescape(response.text))
    assert secret
    assert "whsec_" not in read(app, world, "/console/destinations")


@pytest.mark.parametrize("url", ["", "nonsense", "javascript:alert(1)", "ftp://x.example/"])
def test_an_address_that_is_none_is_refused(app: Flask, world: World, url: str) -> None:
    response = post(world.client(app, "admin"), "/console/destinations/new", {"url": url})
    assert response.status_code == 422
    assert 'class="help help-bad"' in response.text


def test_pause_and_resume(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    for status in ("paused", "active"):
        post(client, f"/console/destinations/{world.destination}/pause")
        with world.parts.db.read() as conn:
            found = destinations.get(conn, world.shop.id, world.destination)
        assert found is not None
        assert found.status == status


@pytest.mark.parametrize("status, words", [(200, "پیام آزمایشی رسید"), (500, "پیام آزمایشی نرسید")])
def test_a_test_says_what_came_back(world: World, receiver: Receiver, status: int, words: str) -> None:
    host = receiver.host_port
    parts = replace(world.parts, connector=Connector(private=frozenset({host})))
    receiver.always(status=status)
    with parts.db.write() as conn:
        place = NewDestination(world.shop.id, "webhook", "Local", {"url": receiver.url})
        made = destinations.add(conn, parts.config.secret_key, place, parts.clock())
    client = world.client(create_app(parts), "marketer")
    assert words in post(client, f"/console/destinations/{made.id}/test", follow_redirects=True).text
    assert receiver.requests[0].json["data"]["test"] is True


def test_a_destination_gets_another_address_and_goes_on(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    with world.parts.db.write() as conn:
        destinations.pause(conn, world.shop.id, world.destination, "http_404")
        later = world.parts.clock() + timedelta(hours=1)
        conn.execute(update(deliveries).values(due_at=later))
    page = client.get(f"/console/destinations/{world.destination}").text
    assert 'value="CRM"' in page
    changed = {"name": "CRM", "url": "https://crm.example/new", "sends": "all", "purpose": "contact"}
    post(client, f"/console/destinations/{world.destination}", changed)
    with world.parts.db.read() as conn:
        found = destinations.get(conn, world.shop.id, world.destination, world.parts.config.secret_key)
        due = conn.execute(select(deliveries.c.due_at)).scalars().all()
    assert found is not None
    assert (found.settings["url"], found.sends, found.purpose) == ("https://crm.example/new", "all", "contact")
    assert (found.status, bool(found.settings["secret"])) == ("active", True)
    assert later not in due


def test_a_wrong_new_address_changes_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    before = client.get(f"/console/destinations/{world.destination}").text
    answer = post(client, f"/console/destinations/{world.destination}", {"name": "X", "url": "ftp://x.example/"})
    assert (answer.status_code, 'class="help help-bad"' in answer.text) == (422, True)
    assert 'value="X"' not in client.get(f"/console/destinations/{world.destination}").text
    assert 'value="CRM"' in before


def test_a_removed_destination_waits_for_nobody(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    post(client, f"/console/destinations/{world.destination}/remove")
    assert client.get(f"/console/destinations/{world.destination}").status_code == 404
    assert "رد شده و منتظر شماست" not in read(app, world, "/console/")
    assert "رد شده و منتظر شماست" not in read(app, world, "/console/deliveries")
    page = read(app, world, f"/console/deliveries/{world.delivery}")
    assert "این مقصد خاموش یا برداشته شده است" in page
    assert "دوباره بفرست" not in page


def test_a_refused_delivery_is_sent_again_with_the_same_id(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        conn.execute(update(deliveries).values(status="parked", reason="http_422", payload='{"a": "ب"}', tries=3))
    assert "CRM" in read(app, world, "/console/deliveries?status=parked")
    page = read(app, world, f"/console/deliveries/{world.delivery}")
    assert '"a": "ب"' in page
    client = world.client(app, "marketer")
    post(client, f"/console/deliveries/{world.delivery}/resend")
    with world.parts.db.read() as conn:
        row = conn.execute(select(deliveries)).one()
    assert (row.id, row.status, row.payload) == (world.delivery, "due", '{"a": "ب"}')
    again = post(client, f"/console/deliveries/{world.delivery}/resend", follow_redirects=True).text
    assert "دوباره فرستاده نشد" in again


def test_settings_that_no_key_opens_are_said_and_entered_again(app: Flask, world: World) -> None:
    """A changed SECRET_KEY: the page says so in words, and a new address brings a new secret."""
    with world.parts.db.write() as conn:
        sealed = seal("the key of before", {"url": "https://crm.example/hook", "secret": "whsec_old"})
        conn.execute(update(destinations_table).values(settings=sealed))
    client = world.client(app, "admin")
    listed = client.get("/console/destinations").text
    assert "SECRET_KEY" in listed
    assert f"/console/destinations/{world.destination}" in listed
    tried = post(client, f"/console/destinations/{world.destination}/test", follow_redirects=True)
    assert "SECRET_KEY" in tried.text
    assert "SECRET_KEY" in client.get(f"/console/destinations/{world.destination}").text
    entered = {"name": "CRM", "url": "https://crm.example/hook", "sends": "all"}
    made = post(client, f"/console/destinations/{world.destination}", entered)
    assert re.search(r"whsec_[\w+/=]{20,}", unescape(made.text))
    assert "SECRET_KEY" not in client.get("/console/destinations").text
    with world.parts.db.read() as conn:
        found = destinations.get(conn, world.shop.id, world.destination, world.parts.config.secret_key)
    assert found is not None
    assert (found.settings["url"], found.unreadable) == ("https://crm.example/hook", False)
