"""Rules of the routing that cannot work, that were taken away, or that two people change at once."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from gateway.routing.model import Routing
from gateway.store import destinations, routes
from tests.support.console_side import World, post
from tests.support.sent_forms import sent

NEW = "/console/routes/rule/new"


def routing(world: World) -> Routing:
    with world.parts.db.read() as conn:
        return routes.of_site(conn, world.shop.id)


def titles(world: World) -> list[str]:
    return [rule.title for rule in routing(world).rules]


def filled(page: str, form: str) -> dict[str, Any]:
    """What the page's form would send, by whoever is signed in."""
    return {name: values for name, values in sent(page, form).to_dict(flat=False).items() if name != "csrf_token"}


def rule(world: World, title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "destinations": [world.destination], "stop": "yes", "then": "save", **more}


@pytest.mark.parametrize(
    "asks, before",
    [
        ({"stages": ["PQL"]}, "آمادهٔ فروش"),  # all of its leads would go by that one
        ({"cells": ["A3"]}, "نه مناسب، نه علاقه‌مند"),  # what goes nowhere stays last
        ({}, None),  # it takes all that are left, so it comes last
    ],
)
def test_a_new_rule_stands_where_it_can_work_and_the_page_says_so(
    app: Flask, world: World, asks: dict[str, Any], before: str | None
) -> None:
    client, others = world.client(app, "marketer"), titles(world)
    after = post(client, NEW, rule(world, "new", **asks), follow_redirects=True)
    place = others.index(before) if before else len(others)
    assert titles(world) == [*others[:place], "new", *others[place:]]
    assert (f"پیش از «{before}»" in unescape(after.text)) is (before is not None)


def test_a_rule_that_no_lead_gets_to_says_which_rules_take_them(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert "هیچ سرنخی به اینجا نمی‌رسد" not in client.get("/console/routes").text
    first = routing(world).rules[0]
    everybody = filled(client.get(f"/console/routes/rule/{first.id}").text, "editor")
    everybody.pop("contact")
    post(client, f"/console/routes/rule/{first.id}", {**everybody, "then": "save"})
    page = unescape(client.get("/console/routes").text)
    assert page.count("هیچ سرنخی به اینجا نمی‌رسد") == len(titles(world)) - 1
    assert f"با قاعدهٔ ۱، «{first.title}» می‌روند" in page


def test_a_rule_that_held_for_nobody_in_thirty_days_says_since_when(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    with world.parts.db.write() as conn:
        routes.note_held(conn, routing(world).rules[1:], world.parts.clock() + timedelta(days=20))
    clock: Any = world.parts.clock
    clock.advance(days=31)
    assert unescape(client.get("/console/routes").text).count("برای هیچ سرنخی برقرار نشده") == 1


def test_a_removed_rule_is_put_back_where_it_stood(app: Flask, world: World) -> None:
    client, before = world.client(app, "marketer"), routing(world).rules
    page = post(client, f"/console/routes/{before[1].id}/remove", follow_redirects=True).text
    assert titles(world) == [one.title for one in before if one is not before[1]]
    assert f"{before[1].id}/back" in page
    assert post(client, f"/console/routes/{before[1].id}/back").status_code == 303
    assert routing(world).rules == before
    assert "قاعده‌های حذف‌شده" not in client.get("/console/routes").text
    assert post(client, f"/console/routes/{before[1].id}/back").status_code == 303  # twice is once
    assert routing(world).rules == before


def test_a_removed_rule_goes_for_good_after_thirty_days(app: Flask, world: World) -> None:
    client, [first, other, *_] = world.client(app, "marketer"), routing(world).rules
    post(client, f"/console/routes/{first.id}/remove")
    clock: Any = world.parts.clock
    clock.advance(days=31)
    assert post(client, f"/console/routes/{first.id}/back").status_code == 404
    post(client, f"/console/routes/{other.id}/remove")
    with world.parts.db.read() as conn:
        assert [one.rule.id for one in routes.taken_out(conn, world.shop.id, clock())] == [other.id]


def test_a_removed_rule_to_a_place_that_is_gone_does_not_come_back_as_one_to_nowhere(app: Flask, world: World) -> None:
    client, first = world.client(app, "marketer"), routing(world).rules[0]
    post(client, f"/console/routes/{first.id}/remove")
    with world.parts.db.write() as conn:
        destinations.remove(conn, world.shop.id, world.destination, world.parts.clock())
    page = post(client, f"/console/routes/{first.id}/back", follow_redirects=True).text
    assert "این قاعده برنمی‌گردد" in page
    assert first.id not in {one.id for one in routing(world).rules}


def test_of_two_who_change_one_rule_the_second_is_asked_and_keeps_what_they_typed(app: Flask, world: World) -> None:
    client, first = world.client(app, "marketer"), routing(world).rules[0]
    path = f"/console/routes/rule/{first.id}"
    mine = {**filled(client.get(path).text, "editor"), "then": "save", "title": "mine"}
    theirs = {**mine, "title": "theirs", "per_day": "7"}
    assert post(world.client(app, "admin"), path, theirs).status_code == 303
    told = post(client, path, mine)
    assert (told.status_code, titles(world)[0]) == (409, "theirs")
    page = unescape(told.text)
    for words in ("admin", "همین را هم‌زمان با شما ذخیره کرده است", "روزی حداکثر ۷ سرنخ تازه", 'value="mine"'):
        assert words in page
    again = {**filled(told.text, "editor"), "then": "save"}
    assert post(client, path, again).status_code == 303
    assert titles(world)[0] == "mine"


def test_a_rule_that_was_removed_while_it_was_edited_loses_no_text_and_can_come_back(app: Flask, world: World) -> None:
    client, first = world.client(app, "marketer"), routing(world).rules[0]
    path = f"/console/routes/rule/{first.id}"
    mine = {**filled(client.get(path).text, "editor"), "then": "save", "title": "mine"}
    post(world.client(app, "admin"), f"/console/routes/{first.id}/remove")
    told = post(client, path, mine)
    assert (told.status_code, "همین را هم‌زمان با شما حذف کرده است" in told.text) == (409, True)
    again = {**filled(told.text, "editor"), "then": "save"}
    assert post(client, path, again).status_code == 303
    assert [one.id for one in routing(world).rules if one.title == "mine"] == [first.id]


def test_of_two_who_choose_the_fallback_the_second_is_asked(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    mine = {**filled(client.get("/console/routes").text, "rest"), "explore_percent": "2"}
    theirs = {**mine, "explore_percent": "5", "explore_to": world.destination}
    assert post(world.client(app, "admin"), "/console/routes", theirs).status_code == 303
    told = post(client, "/console/routes", {**mine, "explore_to": world.destination})
    assert (told.status_code, routing(world).explore_percent) == (409, 5)
    assert "۵٪ از آن‌ها – CRM" in unescape(told.text)
    again = filled(told.text, "rest")
    assert post(client, "/console/routes", again).status_code == 303
    assert routing(world).explore_percent == 2
