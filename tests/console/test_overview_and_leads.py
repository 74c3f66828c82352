"""The overview, the list of leads, and a lead's page."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from gateway.store import leads, users
from tests.support.clock import SettableClock
from tests.support.console_side import World, read, send


def test_the_overview_says_what_waits(app: Flask, world: World) -> None:
    page = read(app, world, "/console")
    assert "یک فرم رسیده منتظر بازبینی است" in page
    row = page.split('title="guide"><bdi>')[1].split("</tr>")[0]
    assert re.findall(r'class="figure">([^<]*)<', row)[:3] == ["۳", "۱", "۱"]


def test_a_marketers_own_tests_are_counted_nowhere(app: Flask, world: World) -> None:
    """Rule 38."""
    before = read(app, world, "/console")
    with world.parts.db.write() as conn:
        lead = leads.get(conn, world.shop.id, world.lead)
        assert lead is not None
        leads.set_columns(conn, lead.id, {"test": True})
    after = read(app, world, "/console")
    assert f"cell={lead.grade}{lead.interest}" in before.replace("%E2%80%93", "–")
    assert f"cell={lead.grade}{lead.interest}" not in after.replace("%E2%80%93", "–")
    assert "sara@acme.example" not in read(app, world, "/console/leads")
    assert "sara@acme.example" in read(app, world, "/console/leads?test=1")


SEARCHES = [
    ("سارا", True), ("ساراٰ", True), ("SARA@acme", True), ("آکمه", True), ("اكمه", True), ("acme.example", True),
    ("سارا آکمه", True), ("سارا نیست", False), ("%", False), ("_", False), ("09121234567", True),
    ("۰۹۱۲۱۲۳", True), ("00989121234567", True), ("'; DROP TABLE leads --", False),
]  # fmt: skip


@pytest.mark.parametrize("text, found", SEARCHES)
def test_leads_are_found_as_people_write(app: Flask, world: World, text: str, found: bool) -> None:
    send(world.parts, world.shop, "guide", {"email": "sara@acme.example", "phone": "+989121234567"})
    page = world.client(app, "viewer").get("/console/leads", query_string={"q": text}).text
    assert ("sara@acme.example" in page) == found


@pytest.mark.parametrize(
    "query, found", [("cell=–4", True), ("cell=A1", False), ("stage=IQL", True), ("stage=SQL", False)]
)
def test_leads_are_filtered(app: Flask, world: World, query: str, found: bool) -> None:
    assert ("sara@acme.example" in read(app, world, f"/console/leads?{query}")) == found


@pytest.mark.parametrize(
    "query", ["cell=Z9&stage=x&form=x&sort=y", "after=", "q=" + "x" * 5000, "q=%F0%9F%98%80%ED%A0%80"]
)
def test_odd_filters_do_no_harm(app: Flask, world: World, query: str) -> None:
    assert world.client(app, "viewer").get(f"/console/leads?{query}").status_code == 200


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "%00", "e30"])
@pytest.mark.parametrize("page", ["leads", "review", "deliveries"])
def test_a_cursor_of_no_list_is_refused(app: Flask, world: World, page: str, cursor: str) -> None:
    assert world.client(app, "viewer").get(f"/console/{page}?after={cursor}").status_code == 400


@pytest.mark.parametrize("sort", ["recent", "score", "newest"])
def test_pages_of_leads_neither_repeat_nor_skip(app: Flask, world: World, clock: SettableClock, sort: str) -> None:
    for number in range(30):
        clock.advance(minutes=number % 2)  # some share their time
        send(world.parts, world.shop, "guide", {"email": f"p{number}@many.example"})
    client, path, seen = world.client(app, "viewer"), f"/console/leads?sort={sort}", []
    while path:
        page = unescape(client.get(path).text)
        seen += re.findall(r"/console/leads/(lead_\w+)", page)
        following = re.search(r'href="(/console/leads\?[^"]*after=[^"]*)"', page)
        path = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 31


def test_a_leads_page_tells_the_whole_story(app: Flask, world: World) -> None:
    send(world.parts, world.shop, "guide", {"email": "sara@acme.example", "time_to_buy": "0_3", "company": "دیگر"})
    page = read(app, world, f"/console/leads/{world.lead}")
    for words in (
        "آکمه",
        "پیشنهاد:",
        "دیگر",
        "تا سه ماه آینده",
        "+۳۰",
        "همان ایمیل",
        "سرنخ تازه‌ای شروع شد",
        "telegram",
        "CRM",
    ):
        assert words in page, words


def test_the_same_words_of_a_consent_stand_once_with_each_form(app: Flask, world: World) -> None:
    agreed = {"email": "sara@acme.example", "consent_marketing": True}
    for form in ("guide", "guide", "contact"):
        send(world.parts, world.shop, form, agreed)
    page = read(app, world, f"/console/leads/{world.lead}")
    section = page.partition('id="consents"')[2].partition("</section>")[0]
    assert section.count('<p class="said"') == 1
    assert section.count("<li") == 2


def test_forms_go_by_what_visitors_read_above_them(app: Flask, world: World) -> None:
    for path in ("/console/", "/console/people-counted", f"/console/leads/{world.lead}", "/console/review"):
        page = read(app, world, path)
        assert '<bdi title="guide">راهنما' in page or 'title="guide"><bdi>راهنما' in page, path


def test_a_merged_leads_old_id_leads_to_the_survivor(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        old = leads.create(conn, world.shop.id, world.parts.clock())
        leads.set_columns(conn, old, {"merged_into": world.lead})
    assert "sara@acme.example" in read(app, world, f"/console/leads/{old}")


def test_a_link_in_a_mail_moves_to_the_leads_site(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        users.set_role(conn, world.users["stranger"].id, world.shop.id, "viewer")
    client = world.client(app, "stranger")
    client.get("/console/switch?site=north")
    assert client.get(f"/console/leads/{world.lead}").status_code == 200
    assert "sara@acme.example" in client.get("/console/leads").text
