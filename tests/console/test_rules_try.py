"""The draft of the rules tried in the console: what would change, in words, and nothing written."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.scoring.rulebook import shipped_text
from gateway.store import rulebooks
from gateway.web.console import rules_try
from tests.support.clock import SettableClock
from tests.support.console_side import World, read

PATH = "/console/rules/try"
DRAFT = shipped_text().replace('events = ["download", "newsletter"', 'events = ["submission", "download", "newsletter"')


def draft(world: World, toml: str) -> None:
    with world.parts.db.write() as conn:
        rulebooks.drop_draft(conn, world.shop.id)
        rulebooks.save_draft(conn, world.shop.id, toml, world.parts.clock(), revision=0, by=None)


def test_the_leads_that_change_are_named_with_what_becomes_of_them(app: Flask, world: World) -> None:
    draft(world, DRAFT)
    page = read(app, world, PATH)
    assert "با پیش‌نویس، از ۱ سرنخ، جای یکی عوض می‌شد" in page
    assert f'href="/console/leads/{world.lead}?back=' in page and "سارا" in page
    assert "MQL" in page and "به هر مقصد همان سرنخ‌ها می‌رسید." in page
    assert "sarnakh rules try" not in page, "all were looked at"


def test_a_lead_that_only_comes_into_a_segment_says_into_which(app: Flask, world: World) -> None:
    segment = '[[segments]]\nkey = "all"\ntitle = { fa = "همه", en = "All" }\n[[segments.when]]\nscore_min = 0\n'
    draft(world, f"{shipped_text()}\n{segment}")
    page = read(app, world, PATH)
    assert "وارد بخش «\u2068همه\u2069» می‌شد" in page
    assert '<bdi dir="ltr" class="quiet">sara@acme.example</bdi>' in page


def test_a_draft_that_changes_nothing_says_so(app: Flask, world: World) -> None:
    draft(world, shipped_text())
    assert "جای همان یک سرنخ عوض نمی‌شد." in read(app, world, PATH)


def test_without_a_draft_it_leads_to_the_rules(app: Flask, world: World) -> None:
    page = read(app, world, PATH)
    assert "پیش‌نویسی برای امتحان نیست" in page and 'href="/console/rules"' in page


def test_a_draft_with_mistakes_is_not_tried(app: Flask, world: World) -> None:
    draft(world, "[")
    assert "نمی‌شود امتحانش کرد" in read(app, world, PATH)


def test_a_longer_time_can_be_asked_for(app: Flask, world: World, clock: SettableClock) -> None:
    draft(world, DRAFT)
    clock.advance(days=40)
    assert "از هیچ سرنخی خبری نبوده است" in read(app, world, PATH)
    assert "جای یکی عوض می‌شد" in read(app, world, f"{PATH}?days=90")


def test_where_there_are_more_leads_the_command_is_named(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules_try, "LOOKED_AT", 0)
    draft(world, DRAFT)
    assert "sarnakh rules try --days 7 --site shop" in read(app, world, f"{PATH}?days=7")
