"""Versions of the rulebook that an older reader took."""

from __future__ import annotations

from flask import Flask

from gateway.scoring.rulebook import shipped_text
from gateway.store import rulebooks
from gateway.store.tables import rulebooks as rows
from tests.support.console_side import World, post

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
