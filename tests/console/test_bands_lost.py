"""Rules that are older than assessments' results: told on the form's page and by doctor, mended by one press."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from gateway.cli.doctor import assessments
from gateway.scoring.editing import text_of
from gateway.scoring.rulebook import data_of, shipped_text
from gateway.store import forms, rulebooks
from gateway.words import say
from tests.support.console_side import World, post, read

STARTER = Path("gateway/web/console/starters/assessment.toml")
LOST = say("fa", "console.form_bands_lost")


def older() -> str:
    """The shipped rules as they were before."""
    data = data_of(shipped_text())
    data["rules"] = [rule for rule in data["rules"] if not rule.get("by_band")]
    return text_of(data)


def publish(world: World, rules: str) -> None:
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        text = STARTER.read_text("utf-8").replace('"KEY"', '"ready"')
        forms.publish(conn, world.shop.id, forms.save_draft(conn, world.shop.id, text, now).key, now)
        rulebooks.publish(conn, world.shop.id, rules, now)


def test_bands_whose_points_no_rule_gives_are_told_and_one_press_drafts_the_rule(app: Flask, world: World) -> None:
    publish(world, older())
    assert LOST in read(app, world, "/console/forms/ready")
    assert LOST not in read(app, world, "/console/forms/guide")
    state, words = assessments(world.parts)
    assert (state, "shop/ready" in words) == ("warn", True)
    assert post(world.client(app, "viewer"), "/console/rules/read-results").status_code == 403
    for _ in range(2):
        assert post(world.client(app, "marketer"), "/console/rules/read-results").status_code == 303
    with world.parts.db.read() as conn:
        draft = rulebooks.draft(conn, world.shop.id)
    assert draft is not None
    assert [rule["code"] for rule in data_of(draft.content)["rules"] if rule.get("by_band")] == ["assessment_result"]


def test_where_a_rule_gives_them_nothing_is_told(app: Flask, world: World) -> None:
    publish(world, shipped_text())
    assert LOST not in read(app, world, "/console/forms/ready")
    assert assessments(world.parts)[0] == "ok"


def test_a_rule_that_is_switched_off_is_switched_on(app: Flask, world: World) -> None:
    publish(world, shipped_text().replace("by_band = true", "by_band = true\noff = true"))
    assert LOST in read(app, world, "/console/forms/ready")
    post(world.client(app, "marketer"), "/console/rules/read-results")
    with world.parts.db.read() as conn:
        draft = rulebooks.draft(conn, world.shop.id)
    assert draft is not None
    assert "off =" not in draft.content
