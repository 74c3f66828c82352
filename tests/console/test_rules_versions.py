"""Versions of the rulebook that an older reader took."""

from __future__ import annotations

from flask import Flask

from gateway.scoring.rulebook import shipped_text
from gateway.store import rulebooks
from gateway.store.tables import rulebooks as rows
from tests.support.console_side import World, post

PAGES = ("", "/customers", "/stages", "/segments", "/text", "/try", "/outcomes", "/versions")
WORDS = shipped_text() + '[[rules]]\ncode = "hand_over_line"\nevent = "submission"\npoints = 7\n'
OLD = shipped_text().replace("points = 5\n", "points = 500\n")


def test_one_that_is_no_rulebook_any_more_is_shown_with_what_to_mend(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, shipped_text(), world.parts.clock())
        conn.execute(rows.update().values(content=OLD))
        rulebooks.publish(conn, world.shop.id, shipped_text(), world.parts.clock())
    client = world.client(app, "marketer")
    assert client.get("/console/rules/versions/1").status_code == 200
    reply = post(client, "/console/rules/versions/1")
    assert reply.status_code == 422
    assert "قاعدهٔ clicks_email، کلید points" in reply.text
    assert "points = 500" in reply.text
    with world.parts.db.read() as conn:
        assert len(rulebooks.versions(conn, world.shop.id)) == 2, "nothing was published"


def test_where_the_newest_is_one_the_pages_say_what_counts_and_lead_to_it(app: Flask, world: World) -> None:
    publish(world, OLD)
    client = world.client(app, "marketer")
    for path in PAGES:
        assert client.get(f"/console/rules{path}").status_code == 200, path
    page = client.get("/console/rules").text
    assert "نسخهٔ 1 با بررسی‌های امروز ایراد دارد" in page or "نسخهٔ ۱ با بررسی‌های امروز ایراد دارد" in page
    assert "/console/rules/versions/1" in page


def test_one_whose_words_are_wrong_counts_and_is_mended_as_text(app: Flask, world: World) -> None:
    publish(world, WORDS)
    client = world.client(app, "marketer")
    for path in PAGES:
        assert client.get(f"/console/rules{path}").status_code == 200, path
    page = client.get("/console/rules").text
    assert "به کار می‌رود، اما بعضی واژه‌هایش" in page
    assert "کلید title" in client.get("/console/rules/text").text
    reply = post(client, "/console/rules/text", {"text": shipped_text(), "revision": "0"})
    assert reply.status_code == 303
    assert client.get("/console/rules").status_code == 200, "with a draft to compare it with"


def publish(world: World, text: str) -> None:
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, shipped_text(), world.parts.clock())
        conn.execute(rows.update().values(content=text))
