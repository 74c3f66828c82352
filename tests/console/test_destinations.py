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
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.mapping import Rule
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


def test_every_kind_can_be_chosen_and_asks_in_both_languages(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    chosen = client.get("/console/destinations/new").text
    for name, kind in DESTINATIONS.items():
        assert f"kind={name}" in chosen
        page = client.get(f"/console/destinations/new?kind={name}").text
        assert all(unescape(one.label.fa) in unescape(page) for one in kind.asks)
        assert all(one.label.en and one.help.en and one.help.fa for one in kind.asks)
        assert all(f'name="map.{source}"' in page for source in kind.rules)


def test_what_is_written_where_is_chosen_in_a_table(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    entered = {
        "kind": "hubspot", "name": "HubSpot", "token": "pat-secret", "sends": "all",
        "map.email": "work_email", "write.email": "always", "map.city": "",
        "fact.more0": "lead.score", "map.more0": "sarnakh_score", "write.more0": "always",
    }  # fmt: skip
    page = post(client, "/console/destinations/new", entered, follow_redirects=True).text
    assert "pat-secret" not in page
    with world.parts.db.read() as conn:
        [made] = [
            one
            for one in destinations.of_site(conn, world.shop.id, world.parts.config.secret_key)
            if one.kind == "hubspot"
        ]
    rules = DESTINATIONS["hubspot"].mapped(made.settings)
    assert rules["email"] == Rule("work_email", "always")
    assert rules["lead.score"] == Rule("sarnakh_score", "always")
    assert "city" not in rules
    changed = post(client, f"/console/destinations/{made.id}", {"name": "HubSpot", "token": "", "map.phone": "mobile"})
    assert changed.status_code == 303
    with world.parts.db.read() as conn:
        found = destinations.get(conn, world.shop.id, made.id, world.parts.config.secret_key)
    assert found is not None
    assert found.settings["token"] == "pat-secret"
    assert DESTINATIONS["hubspot"].mapped(found.settings)["phone"].property == "mobile"


@pytest.mark.parametrize(
    "entered, wrong",
    [
        ({"map.city": "no/path"}, 'name="map.city"'),
        ({"fact.more1": "lead.score", "map.more1": "a/b"}, 'name="map.more1"'),
        ({"token": ""}, 'name="token"'),
    ],
)
def test_a_wrong_line_is_said_where_it_stands(app: Flask, world: World, entered: dict[str, str], wrong: str) -> None:
    given = {"kind": "hubspot", "token": "pat", **entered}
    answer = post(world.client(app, "admin"), "/console/destinations/new", given)
    assert answer.status_code == 422
    field = answer.text[answer.text.index(wrong) - 80 :][:400]
    assert "is-invalid" in field
    assert "pat" not in re.findall(r'value="([^"]*)"', answer.text)


def test_a_new_secret_counts_beside_the_old_one_for_a_day(app: Flask, world: World) -> None:
    key = world.parts.config.secret_key
    with world.parts.db.read() as conn:
        before = destinations.get(conn, world.shop.id, world.destination, key)
    shown = post(world.client(app, "admin"), f"/console/destinations/{world.destination}/rotate").text
    with world.parts.db.read() as conn:
        after = destinations.get(conn, world.shop.id, world.destination, key)
    assert before is not None
    assert after is not None
    assert after.settings["secret"] in unescape(shown)
    assert before.settings["secret"] not in unescape(shown)
    assert after.settings["old_secret"] == before.settings["secret"]
    assert post(world.client(app, "marketer"), f"/console/destinations/{world.destination}/rotate").status_code == 403


def test_r33_a_destinations_files_are_fetched_by_name_and_no_others(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        place = NewDestination(world.shop.id, "csv", "Files", {})
        made = destinations.add(conn, world.parts.config.secret_key, place, world.parts.clock())
    client = world.client(app, "marketer")
    post(client, f"/console/destinations/{made.id}/test")
    name = f"{made.settings['key']}-test.csv"
    assert name in world.client(app, "admin").get(f"/console/destinations/{made.id}").text
    got = client.get(f"/console/destinations/{made.id}/files/{name}")
    assert (got.status_code, got.headers["X-Content-Type-Options"]) == (200, "nosniff")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sara@example.ir" in got.text
    got.close()
    for other in ("..%2Fsecret_key", "nothing.csv", f".{made.settings['key']}.lock"):
        assert client.get(f"/console/destinations/{made.id}/files/{other}").status_code == 404
    assert client.get(f"/console/destinations/{world.destination}/files/{name}").status_code == 404
    assert world.client(app, "viewer").get(f"/console/destinations/{made.id}/files/{name}").status_code == 403


def test_a_secret_address_is_not_listed(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        place = NewDestination(world.shop.id, "slack", "Sales", {"url": "https://hooks.slack.com/services/T/B/hidden"})
        made = destinations.add(conn, world.parts.config.secret_key, place, world.parts.clock())
    client = world.client(app, "admin")
    for path in ("/console/destinations", f"/console/destinations/{made.id}"):
        assert "hooks.slack.com" not in client.get(path).text


def test_a_template_is_checked_and_shown_with_a_real_lead_before_it_is_kept(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    given = {"kind": "webhook", "url": "https://crm.example/2", "template": '{"mail": "{email}"}', "then": "preview"}
    shown = post(client, "/console/destinations/new", given)
    assert '"mail": "sara@acme.example"' in unescape(shown.text)
    wrong = post(client, "/console/destinations/new", {**given, "template": '{"a": "Dear {email}"}'})
    assert (wrong.status_code, "help-bad" in wrong.text) == (422, True)
    with world.parts.db.read() as conn:
        assert len(destinations.of_site(conn, world.shop.id)) == 1
    there = f"/console/destinations/{world.destination}"
    whole = unescape(post(client, there, {"url": "https://crm.example/hook", "then": "preview"}).text)
    assert '"type": "lead.qualified"' in whole
