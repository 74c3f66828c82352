"""The routing in the console: rules as a list, their form, the fallback, exploration, and the dry run."""

from __future__ import annotations

import re
from datetime import time, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from gateway.delivery import planning
from gateway.routing.hours import WEEKS, Hours
from gateway.routing.model import Owner, Routing, Rule
from gateway.store import destinations, leads, routes
from gateway.store.destinations import NewDestination
from tests.support.console_side import World, post, read
from tests.support.sent_forms import sent

NEW = "/console/routes/rule/new"


def routing(world: World) -> Routing:
    with world.parts.db.read() as conn:
        return routes.of_site(conn, world.shop.id)


def titled(world: World, title: str) -> Rule:
    return next(rule for rule in routing(world).rules if rule.title == title)


def second(world: World, **columns: Any) -> str:
    with world.parts.db.write() as conn:
        place = NewDestination(world.shop.id, "webhook", "Mail", {"url": "https://mail.example/"}, **columns)
        return destinations.add(conn, world.parts.config.secret_key, place, world.parts.clock()).id


def full(world: World) -> dict[str, Any]:
    """Every field of the form."""
    return {
        "title": "همه چیز",
        "cells": ["A1", "–4", "Z9"],
        "stages": ["SQL", "nonsense"],
        "forms": ["guide"],
        "segments": ["vip"],
        "contact": "no",
        "consents": ["marketing"],
        "when.0.part": "fact",
        "when.0.field": "city",
        "when.0.test": "values",
        "when.0.any_of": "Tehran\nشیراز",
        "nowhere": "no",
        "destinations": [world.destination, "dst_foreign"],
        "stop": "yes",
        "per_day": "۲۰",
        "week": "own",
        "days": ["5", "6"],
        "opens": "۸:۳۰",
        "closes": "24:00",
        "owners": "سارا احمدی، sara@example.ir\n4412\n",
        "then": "save",
    }


def test_a_rule_with_everything_is_kept_shown_and_saved_again_unchanged(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert post(client, NEW, full(world)).status_code == 303
    made = titled(world, "همه چیز")
    assert made.asks == (
        {"contact": False},
        {"cells": ["A1", "–4"]},
        {"stages": ["SQL"]},
        {"segments": ["vip"]},
        {"forms": ["guide"]},
        {"consent": "marketing"},
        {"field": "city", "any_of": ["Tehran", "شیراز"]},
    )
    assert (made.destinations, made.stop, made.per_day) == ((world.destination,), True, 20)
    assert made.hours == Hours((5, 6), time(8, 30), time(0))
    assert made.owners == (Owner("sara@example.ir", "سارا احمدی"), Owner("4412"))
    page = client.get(f"/console/routes/rule/{made.id}").text
    again = {**sent(page, "editor").to_dict(flat=False), "then": "save"}
    assert post(client, f"/console/routes/rule/{made.id}", again).status_code == 303
    assert titled(world, "همه چیز") == made
    listed = unescape(client.get("/console/routes").text)
    for words in (
        "همه چیز",
        "خانهٔ \u2066A1\u2069 یا \u2066–4\u2069",
        "روزی حداکثر ۲۰ سرنخ تازه",
        "شنبه، یکشنبه، ۰۸:۳۰ تا ۰۰:۰۰",
        "سارا احمدی، 4412",
    ):
        assert words in listed


@pytest.mark.parametrize(
    "change, field",
    [
        ({"destinations": []}, "destinations"),
        ({"per_day": "many"}, "per_day"),
        ({"per_day": "0"}, "per_day"),
        ({"per_day": "0" * 9 + "1" * 5000}, "per_day"),
        ({"days": []}, "days"),
        ({"closes": "8:00"}, "closes"),
        ({"opens": "x"}, "closes"),
        ({"owners": "Sara,"}, "owners"),
        ({"when.0.field": ""}, "when.0.field"),
        ({"when.0.any_of": ""}, "when.0.field"),
        ({"when.0.test": "range", "when.0.min": "few"}, "when.0.min"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    app: Flask, world: World, change: dict[str, Any], field: str
) -> None:
    before = routing(world)
    answer = post(world.client(app, "marketer"), NEW, {**full(world), **change})
    assert (answer.status_code, f'id="bad-{field}"' in answer.text) == (422, True)
    assert "همه چیز" in answer.text
    assert routing(world) == before


def test_a_button_of_the_form_shows_it_anew_and_saves_nothing(app: Flask, world: World) -> None:
    before = routing(world)
    answer = post(world.client(app, "marketer"), NEW, {**full(world), "then": "add when fact"})
    assert answer.status_code == 200
    assert "when.1.field" in answer.text
    assert routing(world) == before


def test_a_rule_to_nowhere_ends_the_search(app: Flask, world: World) -> None:
    typed = {"title": "E", "cells": ["E4"], "nowhere": "yes", "stop": "no", "then": "save"}
    post(world.client(app, "marketer"), NEW, typed)
    made = titled(world, "E")
    assert (made.destinations, made.stop) == ((), True)


def test_rules_are_moved_and_removed(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    first, other, *rest = (rule.id for rule in routing(world).rules)
    post(client, f"/console/routes/{first}/move", {"to": "down"})
    assert [rule.id for rule in routing(world).rules] == [other, first, *rest]
    post(client, f"/console/routes/{first}/move", {"to": "up"})
    post(client, f"/console/routes/{first}/move", {"to": "up"})
    assert [rule.id for rule in routing(world).rules] == [first, other, *rest]
    post(client, f"/console/routes/{first}/remove")
    assert [rule.id for rule in routing(world).rules] == [other, *rest]
    for path in (f"{first}/move", f"{first}/remove", "rule/rule_unknown", "rule_unknown/back"):
        assert post(client, f"/console/routes/{path}", {"then": "save"}).status_code == 404
    with world.parts.db.read() as conn:
        found = conn.exec_driver_sql("SELECT count(*) FROM audit WHERE action = 'routes_changed'").scalar_one()
    assert found == 4


def test_r25_without_a_fallback_nothing_is_saved(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    with world.parts.db.write() as conn:
        destinations.change(conn, world.shop.id, world.destination, {"sends": "rules"})
        routes.change(conn, world.shop.id, {"fallback": None})
    assert "ممکن است درخواست تماسی گم شود" in client.get("/console/routes").text
    told = post(client, "/console/routes", {"fallback": ""})
    assert "ذخیره نشد: یک پشتیبان" in told.text
    refused = post(client, NEW, full(world))
    assert (refused.status_code, 'id="bad-fallback"' in refused.text) == (422, True)
    assert post(client, NEW, {**full(world), "fallback": world.destination}).status_code == 303
    assert routing(world).fallback == world.destination
    assert "ممکن است درخواست تماسی گم شود" not in client.get("/console/routes").text


def test_exploration_is_switched_on_with_a_place_to_go(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    place = {"fallback": world.destination}
    told = post(client, "/console/routes", {**place, "explore_percent": "3"})
    assert (told.status_code, '<option value="3" selected>' in told.text) == (422, True)  # what was chosen stays
    assert routing(world).explore_percent == 0
    for percent, kept in (("3", 3), ("50", 0), ("0", 0)):
        post(client, "/console/routes", {**place, "explore_percent": percent, "explore_to": world.destination})
        assert routing(world).explore_percent == kept


def test_a_second_destination_gets_its_role_with_one_choice(app: Flask, world: World) -> None:
    mail = second(world)
    client = world.client(app, "marketer")
    assert "Mail\u2069 هنوز سرنخی نمی‌گیرد" in unescape(client.get("/console/routes").text)
    post(client, "/console/routes/role", {"destination": mail, "role": "nurture"})
    found = routing(world)
    assert [rule.destinations for rule in found.rules][-2:] == [(mail,), ()]
    assert "هنوز سرنخی نمی‌گیرد" not in client.get("/console/routes").text
    assert post(client, "/console/routes/role", {"destination": "dst_foreign", "role": "sales"}).status_code == 400


@pytest.mark.parametrize("path", ["/console/routes", "/console/routes/role", NEW])
def test_a_viewer_looks_and_changes_nothing(app: Flask, world: World, path: str) -> None:
    before = routing(world)
    assert post(world.client(app, "viewer"), path, {"fallback": world.destination}).status_code == 403
    assert routing(world) == before
    assert "<fieldset" not in read(app, world, "/console/routes", "viewer")


def test_the_dry_run_tells_each_rule_and_each_destination(app: Flask, world: World) -> None:
    mail = second(world, purpose="marketing")
    asks: list[tuple[dict[str, Any], ...]] = [
        ({"cells": ["A1"]}, {"field": "city", "any_of": ["Tehran"]}),
        ({"cells": ["–4"]},),
    ]
    with world.parts.db.write() as conn:
        for rule in routes.of_site(conn, world.shop.id).rules:
            routes.remove_rule(conn, world.shop.id, rule.id)
        at = world.parts.clock()
        routes.save_rule(conn, world.shop.id, Rule("", 0, "Hot", asks[0], (world.destination,)), at)
        owners = (Owner("7", "Ali"),)
        nurse = Rule("", 0, "Cool", asks[1], (mail,), stop=True, owners=owners, per_day=3)
        routes.save_rule(conn, world.shop.id, nurse, at + timedelta(seconds=1))
        leads.set_columns(conn, world.lead, {"grade": "–", "interest": 4})
        lead = leads.get(conn, world.shop.id, world.lead)
        assert lead is not None
        plan = planning.plan(conn, lead, at)
    assert {one.destination_id for one in plan.routed.choices} == {world.destination, mail}
    page = unescape(read(app, world, f"/console/leads/{world.lead}/where", "viewer"))
    text = re.sub(r"<[^>]+>|\s+", " ", page)
    for words in (
        "برقرار نیست",
        "خانهٔ \u2066A1\u2069",
        "برقرار است: می‌رود به Mail",
        "کنار گذاشته می‌شود: برای بازاریابی رضایت نداده",
        "Ali",
    ):
        assert words in text
    assert f"/console/leads/{world.lead}/where" in read(app, world, f"/console/leads/{world.lead}")
    assert world.client(app, "stranger").get(f"/console/leads/{world.lead}/where").status_code == 404


def test_a_delivery_says_why_it_was_made(app: Flask, world: World) -> None:
    assert "همهٔ سرنخ‌های پذیرفته" in read(app, world, f"/console/deliveries/{world.delivery}")


def test_weeks_are_ready_choices(app: Flask, world: World) -> None:
    typed = {**full(world), "week": "iran", "opens": "9", "closes": "17:00"}
    post(world.client(app, "marketer"), NEW, typed)
    assert titled(world, "همه چیز").hours == Hours(WEEKS["iran"], time(9), time(17))


def test_days_chosen_for_the_first_time_come_with_usual_hours(app: Flask, world: World) -> None:
    typed = {key: value for key, value in full(world).items() if key not in {"opens", "closes"}}
    answer = post(world.client(app, "marketer"), NEW, {**typed, "week": "iran", "then": "show"})
    asked = sent(answer.text, "editor")
    assert (asked["opens"], asked["closes"]) == ("۰۹:۰۰", "۱۷:۰۰")
