"""Every page on SQLite and PostgreSQL: the same rows, the same answers, and no odd text that breaks one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from config import Config
from gateway.parts import Parts, make_parts
from gateway.scoring.rulebook import shipped_text
from gateway.store import rulebooks
from tests.console.test_access import addresses
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, send

ODD = "%00 '\"; -- \u200c\u202e😀 %ED%A0%80 \\"


@pytest.fixture
def parts(make_config: Callable[..., Config], database_url: str, clock: SettableClock) -> Iterator[Parts]:
    made = make_parts(make_config(DATABASE_URL=database_url), clock)
    yield made
    made.db.close()


def test_every_page_opens(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    send(world.parts, world.shop, "guide", {"email": "sara@acme.example", "company": "دیگر"})
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, shipped_text(), world.parts.clock())
    for endpoint, method, path in addresses(app, world):
        if method == "GET" and endpoint != "console.nothing_here":
            opens = {404} if "_none" in path else {200, 410}  # an import that nobody made
            assert client.get(path, follow_redirects=True).status_code in opens, path
    for path in ("leads?q=سارا&cell=–4&stage=IQL&sort=score", "review?status=rejected", "deliveries?status=due"):
        assert client.get(f"/console/{path}").status_code == 200


def test_odd_text_breaks_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    things = {
        **dict.fromkeys(("name", "email", "role", "draft", "key", "url", "scope", "origins", "notify"), ODD),
        "lang": "fa",
    }
    for endpoint, method, path in addresses(app, world):
        if endpoint in {"console.sign_out", "console.person_role"}:
            continue
        for value in (ODD, "\0"):
            odd = path.replace("guide", "%00").replace(world.lead, "%00").replace(world.delivery, "x%00")
            query = dict.fromkeys(("q", "form", "status", "destination", "after", "next", "back", "lang"), value)
            if method == "GET":
                assert client.get(odd, query_string=query).status_code < 500, path
            else:
                assert post(client, path, {**things, "name": value}).status_code < 500, path
