"""The list of organisations, and the page of one."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from gateway import organising
from tests.support.console_side import World, read, send


def settle(world: World) -> None:
    while organising.regroup_due(world.parts.db, world.parts.clock()):
        pass


def page_of(app: Flask, world: World, name: str) -> str:
    settle(world)
    found = re.search(
        r"/console/organisations/(org_\w+)[^>]*><bdi>" + re.escape(name), read(app, world, "/console/organisations")
    )
    assert found, name
    return f"/console/organisations/{found[1]}"


def test_people_of_one_company_stand_on_one_page_with_what_they_did(app: Flask, world: World) -> None:
    send(
        world.parts,
        world.shop,
        "contact",
        {"email": "reza@mail.acme.example", "phone": "+989121234567", "message": "سلام"},
    )
    page = read(app, world, page_of(app, world, "acme.example"))
    for words in ("sara@acme.example", "reza@mail.acme.example", "۲ نفر", "با شما تماس", "CRM"):
        assert words in page, words
    assert "acme.example" in read(app, world, f"/console/leads/{world.lead}").split("<main")[1].split("page-action")[0]


@pytest.mark.parametrize(
    "text, found", [("acme", True), ("ACME.example", True), ("آكمه", True), ("%", False), ("nobody", False)]
)
def test_organisations_are_found_by_name_and_domain(app: Flask, world: World, text: str, found: bool) -> None:
    settle(world)
    page = world.client(app, "viewer").get("/console/organisations", query_string={"q": text}).text
    assert ("/console/organisations/org_" in page) == found


@pytest.mark.parametrize("sort", ["recent", "people", "score", "odd"])
def test_pages_of_organisations_neither_repeat_nor_skip(app: Flask, world: World, sort: str) -> None:
    for number in range(29):
        send(world.parts, world.shop, "guide", {"email": f"a@firm{number}.ir"})
    settle(world)
    path, seen = f"/console/organisations?sort={sort}", []
    while path:
        page = read(app, world, path)
        seen += re.findall(r"/console/organisations/(org_\w+)", page)
        following = re.search(r'href="(/console/organisations\?[^"]*after=[^"]*)"', page)
        path = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 30


def test_r35_another_site_sees_none_of_it(app: Flask, world: World) -> None:
    path = page_of(app, world, "acme.example")
    assert "acme.example" not in read(app, world, "/console/organisations", "stranger")
    assert world.client(app, "stranger").get(path).status_code == 404
    assert world.client(app, "viewer").get("/console/organisations?after=x").status_code == 400
