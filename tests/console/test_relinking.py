"""A form that came to the wrong lead is moved in the console, and moved back."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from gateway.store import leads, submissions
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, read, send


@pytest.fixture
def form(world: World, clock: SettableClock) -> str:
    """A second form of the world's lead, from another hand."""
    clock.advance(hours=1)
    return send(
        world.parts, world.shop, "guide", {"email": "sara@acme.example", "first_name": "رضا", "company": "آکمه"}
    )


def lead_of(world: World, submission_id: str) -> str:
    with world.parts.db.read() as conn:
        found = submissions.get(conn, world.shop.id, submission_id)
        person = leads.get(conn, world.shop.id, found.lead_id) if found and found.lead_id else None
    assert person is not None
    return person.id


@pytest.mark.parametrize("target", ["", "other@acme.example"])
def test_a_form_is_moved_and_moved_back_by_two_buttons(app: Flask, world: World, form: str, target: str) -> None:
    other = send(world.parts, world.shop, "guide", {"email": "other@acme.example"})
    assert lead_of(world, form) == world.lead
    client = world.client(app, "marketer")
    page = post(client, f"/console/submissions/{form}/relink", {"with": target}, follow_redirects=True).text
    assert "جابه‌جا شد" in page and "پیوند همکاران" in page
    assert (lead_of(world, form) == lead_of(world, other)) == bool(target) and lead_of(world, form) != world.lead
    assert 'class="undone"' in read(app, world, f"/console/leads/{world.lead}")
    undo = re.search(r'action="(/console/relinks/[^"]+/undo)"', page)
    assert undo
    assert "سر جایش برگشت" in post(client, undo[1], follow_redirects=True).text
    assert lead_of(world, form) == world.lead
    assert post(client, undo[1]).status_code == 404


@pytest.mark.parametrize("target, words", [
    ("nobody@acme.example", "سرنخ یکتایی"), ("sara@acme.example", "این همان شخص است"),
])  # fmt: skip
def test_what_cannot_be_moved_says_so(app: Flask, world: World, form: str, target: str, words: str) -> None:
    client = world.client(app, "marketer")
    page = post(client, f"/console/submissions/{form}/relink", {"with": target}, follow_redirects=True).text
    assert words in page and lead_of(world, form) == world.lead


@pytest.mark.parametrize("who, status", [("viewer", 403), ("stranger", 404)])
def test_r35_one_s_own_site_s_forms_alone(app: Flask, world: World, form: str, who: str, status: int) -> None:
    assert post(world.client(app, who), f"/console/submissions/{form}/relink").status_code == status
    assert lead_of(world, form) == world.lead
