"""The matrix, segments and what routes say of them, in the console and for other systems."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from gateway import standing
from gateway.cli.doctor import segments_of_routes
from gateway.routing.model import Rule
from gateway.scoring.rulebook import shipped_text
from gateway.store import destinations, leads, leads_search, overview, routes, rulebooks
from gateway.store.destinations import NewDestination
from gateway.store.leads_search import Filter
from gateway.store.tables import deliveries
from tests.support import plans
from tests.support.console_side import World, post, read, send

OURS = """
[[segments]]
key = "acme"
title = { fa = "آکمه‌ای‌ها", en = "Acme people" }
[[segments.when]]
field = "company"
any_of = ["آکمه"]

[[segments]]
key = "hot"
title = { fa = "داغ‌ها", en = "Hot ones" }
[[segments.when]]
score_min = 90
"""


@pytest.fixture
def grouped(world: World) -> World:
    """Sara belongs to the segment `acme`, Ali to none."""
    send(world.parts, world.shop, "guide", {"email": "ali@north.example", "first_name": "علی", "company": "شمال"})
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, shipped_text() + OURS, now)
        for line in leads_search.page(conn, world.shop.id, Filter()).lines:
            standing.refresh(conn, world.shop.id, line.id, now, tell="nobody")
    return world


def test_r24_the_matrix_counts_whom_the_funnel_holds_and_the_list_shows_the_same(app: Flask, world: World) -> None:
    ali = send(world.parts, world.shop, "guide", {"email": "ali@north.example", "first_name": "علی"})
    assert ali
    with world.parts.db.write() as conn:
        for line in leads_search.page(conn, world.shop.id, Filter()).lines:
            leads.set_columns(conn, line.id, {"grade": "B", "interest": 2})
        leads.set_columns(conn, world.lead, {"disqualified": "competitor"})
    page = read(app, world, "/console").split('id="matrix"')[1]
    numbers = re.findall(r'<td class="(?:sum|sum all)">([^<]*)<', page)
    assert numbers == ["۰", "۱", "۰", "۰", "۰", "۰", "۰", "۱", "۰", "۰", "۱"]
    listed = read(app, world, "/console/leads?cell=B2")
    assert "ali@north.example" in listed
    assert "sara@acme.example" not in listed


def test_the_matrix_is_one_question_by_the_index(world: World) -> None:
    with plans.planned(world.parts.db, "leads") as lines, world.parts.db.read() as conn:
        overview.matrix(conn, world.shop.id)
    assert len(lines) == 1, lines
    assert "ix_leads_site_id_grade_interest (site_id=?)" in lines[0]


def test_segments_are_listed_in_words_with_their_leads(app: Flask, grouped: World) -> None:
    page = read(app, grouped, "/console/segments")
    assert "آکمه‌ای‌ها" in page
    assert "امتیاز ۹۰ یا بیشتر" in page
    assert re.findall(r'class="number" data-label="[^"]*">([^<]*)<', page) == ["۱", "۰"]
    listed = read(app, grouped, "/console/leads?segment=acme")
    assert "sara@acme.example" in listed
    assert "ali@north.example" not in listed
    assert "ali@north.example" not in read(app, grouped, "/console/leads?segment=nothing")


def test_pages_of_a_segment_lose_nobody_and_are_read_by_its_index(grouped: World) -> None:
    for number in range(4):
        send(grouped.parts, grouped.shop, "guide", {"email": f"p{number}@acme.example", "company": "آکمه"})
    wanted, found, cursor = Filter(segment="acme", sort="newest"), [], ""
    with plans.planned(grouped.parts.db, "segment_members") as lines, grouped.parts.db.read() as conn:
        while True:
            page = leads_search.page(conn, grouped.shop.id, wanted, cursor=cursor, limit=2)
            found += [line.id for line in page.lines]
            if page.cursor is None:
                break
            cursor = page.cursor
        assert leads_search.count(conn, grouped.shop.id, wanted) == 5
    assert len(found) == len(set(found)) == 5
    assert not [line for line in lines if line.startswith("SCAN")], lines


def test_routes_name_segments_and_say_which_are_gone(app: Flask, grouped: World) -> None:
    place, client = grouped.destination, grouped.client(app, "marketer")
    typed = {"segments": "acme", "destinations": place, "then": "save"}
    assert post(client, "/console/routes/rule/new", typed).status_code == 303
    with grouped.parts.db.read() as conn:
        made = routes.of_site(conn, grouped.shop.id).rules[-2]  # before what goes nowhere
    assert made.asks == ({"segments": ["acme"]},)
    form = f"/console/routes/rule/{made.id}"
    assert re.search(r'value="acme" checked', client.get(form).text)
    with grouped.parts.db.write() as conn:
        rulebooks.publish(conn, grouped.shop.id, shipped_text(), grouped.parts.clock() + timedelta(minutes=1))
    assert "دیگر در قاعده‌ها نیست" in read(app, grouped, "/console/routes")
    assert re.search(r'value="acme" checked', client.get(form).text), "so that it can be taken out"
    said, words = segments_of_routes(grouped.parts)
    assert (said, "shop/acme" in words) == ("warn", True)
    assert post(client, f"/console/routes/{made.id}/remove").status_code == 303
    assert segments_of_routes(grouped.parts)[0] == "ok"


def test_whoever_comes_to_belong_to_a_segment_is_sent_where_its_route_leads(grouped: World) -> None:
    """With nothing else new: no rule, cell or stage speaks."""
    parts, site = grouped.parts, grouped.shop.id
    with parts.db.write() as conn:
        place = NewDestination(site, "webhook", "VIP", {"url": "https://vip.example/hook"}, sends="rules")
        vip = destinations.add(conn, parts.config.secret_key, place, parts.clock()).id
        rule = Rule("", 0, asks=({"segments": ["hot"]},), destinations=(vip,))
        routes.save_rule(conn, site, rule, parts.clock())
        leads.set_columns(conn, grouped.lead, {"segments": []})
        rulebooks.publish(conn, site, shipped_text() + OURS.replace("score_min = 90", "score_min = 0"), parts.clock())
        standing.refresh(conn, site, grouped.lead, parts.clock())
        sent = conn.execute(select(deliveries.c.lead_id).where(deliveries.c.destination_id == vip)).scalars().all()
    assert sent == [grouped.lead]
