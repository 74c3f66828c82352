"""Administrators erase a person: told before what is lost, and nothing left on the page after."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.delivery.destinations import csv
from gateway.files import Table, export_folder, exported
from gateway.store import leads, submissions
from tests.support.console_side import World, post, read, send


def test_what_will_be_lost_is_named_before(app: Flask, world: World) -> None:
    page = read(app, world, f"/console/leads/{world.lead}/erase")
    for words in ("۳ مقدار", "پاسخ‌های یک فرم", "سارا برای همیشه پاک شود", "هیچ مقصدی خبردار نمی‌شود"):
        assert words in page, words
    assert '<bdi dir="ltr" class="quiet">sara@acme.example</bdi></h1>' in page  # one name may be many people's
    assert f"/console/leads/{world.lead}/erase" in read(app, world, f"/console/leads/{world.lead}")


def test_after_it_nothing_tells_who_it_was(app: Flask, world: World) -> None:
    held = send(world.parts, world.shop, "guide", {"email": "sara@acme.example", "first_name": "x"}, honeypot="x")
    page = post(world.client(app, "admin"), f"/console/leads/{world.lead}/erase", follow_redirects=True).text
    assert "پاک شد" in page and "به درخواست خودش پاک شده" in page
    for path in (f"/console/leads/{world.lead}", "/console/leads", "/console/review", "/console/organisations"):
        shown = read(app, world, path)
        assert "sara@acme.example" not in shown and "سارا" not in shown and "آکمه" not in shown, path
    with world.parts.db.read() as conn:
        found = submissions.get(conn, world.shop.id, held)
    assert found is not None and found.status == "erased"
    assert f"/console/leads/{world.lead}/erase" not in read(app, world, f"/console/leads/{world.lead}")


def test_r31_it_leaves_the_files_of_destinations_that_were_removed(app: Flask, world: World) -> None:
    table = Table(export_folder(world.parts.config.data_dir, world.shop.key), "leads-a1b2c3")
    table.append("2026-11", csv.FIRST, ["dlv_1", world.lead, "1", "qualified", "then"])
    post(world.client(app, "admin"), f"/console/leads/{world.lead}/erase")
    assert [world.lead in one.read_text() for one in exported(table.folder, table.owner)] == [False]


@pytest.mark.parametrize("who, answer", [("marketer", 403), ("viewer", 403), ("stranger", 404)])
def test_r35_only_administrators_of_the_site_erase(app: Flask, world: World, who: str, answer: int) -> None:
    client = world.client(app, who)
    assert client.get(f"/console/leads/{world.lead}/erase").status_code == answer
    assert post(client, f"/console/leads/{world.lead}/erase").status_code == answer
    with world.parts.db.read() as conn:
        found = leads.get(conn, world.shop.id, world.lead)
    assert found is not None and found.erased_at is None
