"""Two leads beside each other in the console: compared, made one person, and taken apart."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.store import leads, submissions
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, send


@pytest.fixture
def younger(world: World, clock: SettableClock) -> str:
    clock.advance(hours=1)
    sent = send(world.parts, world.shop, "guide", {"email": "s@acme.example", "first_name": "سارا", "company": "آکمه"})
    with world.parts.db.read() as conn:
        found = submissions.get(conn, world.shop.id, sent)
    assert found is not None and found.lead_id is not None
    return found.lead_id


def compare(client: FlaskClient, world: World, named: str) -> str:
    return client.get(f"/console/leads/{world.lead}/compare", query_string={"with": named}, follow_redirects=True).text


@pytest.mark.parametrize("named", ["s@acme.example", " S@ACME.example ", None])
def test_two_are_compared_by_id_or_address(app: Flask, world: World, younger: str, named: str | None) -> None:
    page = compare(world.client(app, "viewer"), world, named or younger)
    for words in ("sara@acme.example", "s@acme.example", "یکسان", "قدیمی‌تر", world.lead, younger):
        assert words in page, words
    assert "این دو یک نفرند</button>" not in page  # a viewer may not merge


@pytest.mark.parametrize("named", ["+98 912 123 4567", "۰۹۱۲۱۲۳۴۵۶۷", "caller@acme.example"])
def test_what_was_typed_leads_on_to_an_address_without_it(app: Flask, world: World, named: str) -> None:
    send(world.parts, world.shop, "contact", {"email": "caller@acme.example", "phone": "+989121234567"})
    with world.parts.db.read() as conn:
        (caller,) = leads.found_by(conn, world.shop.id, "email", "caller@acme.example")
    found = world.client(app, "viewer").get(f"/console/leads/{world.lead}/compare", query_string={"with": named})
    assert (found.status_code, found.location) == (303, f"/console/leads/{world.lead}/compare?with={caller}")


@pytest.mark.parametrize("named", ["", "nobody@acme.example", "sara@acme.example"])
def test_what_names_nobody_else_says_so(app: Flask, world: World, named: str) -> None:
    page = compare(world.client(app, "marketer"), world, named)
    assert "این همان شخص است" in page if "@" in named and "sara" in named else "سرنخ یکتایی" in page


def test_merged_and_taken_apart_by_two_buttons(app: Flask, world: World, younger: str) -> None:
    client = world.client(app, "marketer")
    page = post(client, f"/console/leads/{younger}/merge", {"with": world.lead}, follow_redirects=True).text
    assert "اکنون یک نفرند" in page and "s@acme.example" in page and "sara@acme.example" in page
    with world.parts.db.read() as conn:
        person = leads.get(conn, world.shop.id, younger)
        assert person is not None and person.id == world.lead
    undo = re.search(r'action="(/console/merges/[^"]+/undo)"', page)
    assert undo
    assert "دوباره دو سرنخ‌اند" in post(client, undo[1], follow_redirects=True).text
    assert post(client, undo[1]).status_code == 404
    with world.parts.db.read() as conn:
        found = leads.get(conn, world.shop.id, younger)
        assert found is not None and found.id == younger


def test_r35_another_sites_leads_and_merges_are_not_there(app: Flask, world: World, younger: str) -> None:
    ours, stranger = world.client(app, "marketer"), world.client(app, "stranger")
    post(ours, f"/console/leads/{younger}/merge", {"with": world.lead})
    page = ours.get(f"/console/leads/{world.lead}").text
    undo = re.search(r'action="(/console/merges/[^"]+/undo)"', page)
    assert undo
    assert post(stranger, undo[1]).status_code == 404
    assert post(stranger, f"/console/leads/{younger}/merge", {"with": world.lead}).status_code == 404
    assert stranger.get(f"/console/leads/{younger}/compare?with={world.lead}").status_code == 404


def test_r9_who_shares_a_phone_is_shown_and_not_merged(app: Flask, world: World) -> None:
    for name in ("a", "b"):
        send(world.parts, world.shop, "contact", {"email": f"{name}@acme.example", "phone": "+989121234567"})
    with world.parts.db.read() as conn:
        (one,) = leads.found_by(conn, world.shop.id, "email", "a@acme.example")
        (other,) = leads.found_by(conn, world.shop.id, "email", "b@acme.example")
    for lead_id, shown in ((one, "b@acme.example"), (other, "a@acme.example")):
        page = world.client(app, "viewer").get(f"/console/leads/{lead_id}").text
        assert shown in page and "همان تلفن" in page
