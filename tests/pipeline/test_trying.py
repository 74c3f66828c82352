"""A draft tried on what happened: who would stand elsewhere, who would have been sent where, and nothing written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway import merging, trying
from gateway.records import Event
from gateway.routing.model import Rule
from gateway.scoring.rulebook import from_toml, shipped_text
from gateway.store import active, destinations, events, routes
from gateway.store.tables import metadata
from gateway.trying import Trial
from tests.pipeline.conftest import World
from tests.support import plans

WANTED = "params = { within_months = 3 }"
MORE = shipped_text().replace(f"points = 30\n{WANTED}", f"points = 80\n{WANTED}")
KEEN = """
[[segments]]
key = "keen"
title = { fa = "مشتاق", en = "Keen" }
[[segments.when]]
score_min = 50
"""
NOBODY: dict[str, Any] = {"email": "cold@example.com"}


def _try(world: World, toml: str, *, days: int = 30, **more: Any) -> Trial:
    now = world.clock()
    return trying.try_out(world.db, world.site.id, from_toml(toml), since=now - timedelta(days=days), now=now, **more)


def _people(world: World, count: int) -> list[str]:
    sent = [world.send({"email": f"p{n}@example.com", "time_to_buy": "0_3"}) for n in range(count)]
    return [one.lead_id or "" for one in sent]


def _destination(world: World, *cells: str) -> str:
    """A destination for leads in these cells."""
    with world.db.write() as conn:
        new = destinations.NewDestination(world.site.id, "webhook", "CRM", {"url": "http://crm.example/"})
        made = destinations.add(conn, "secret", new, world.clock()).id
        for shipped in routes.of_site(conn, world.site.id).rules:
            routes.remove_rule(conn, world.site.id, shipped.id)
        rule = Rule("", 0, asks=({"cells": list(cells)},), destinations=(made,))
        routes.save_rule(conn, world.site.id, rule, world.clock())
    return made


def _everything(world: World) -> dict[str, list[Any]]:
    with world.db.read() as conn:
        return {table.name: sorted(map(repr, conn.execute(select(table)))) for table in metadata.sorted_tables}


def test_a_draft_tells_who_moves_and_who_would_have_gone_where(world: World) -> None:
    """By hand: 30 points are interest 3, 80 are interest 1; who said nothing has 0 by both."""
    hot = _destination(world, "–1")
    people = _people(world, 2)
    world.send(NOBODY)
    tried = _try(world, MORE + KEEN)
    assert (tried.leads, tried.moved, tried.points_only, tried.cut) == (3, 2, 0, False)
    assert tried.cells == {("–3", "–1"): 2, ("–4", "–4"): 1}
    assert (tried.joined, tried.left) == ({"keen": 2}, {})
    assert (tried.more, tried.fewer) == ({hot: 2}, {})
    assert sorted(one.lead_id for one in tried.largest) == sorted(people)
    first = tried.largest[0]
    assert (first.before.score, first.after.score, first.after.cell, first.after.sent) == (30, 80, "–1", {hot})


def test_a_destination_that_would_no_more_get_a_lead_is_counted(world: World) -> None:
    warm = _destination(world, "–3")
    _people(world, 2)
    assert _try(world, MORE).fewer == {warm: 2}


def test_the_rules_in_force_change_nothing(world: World) -> None:
    _destination(world, "–3")
    _people(world, 2)
    tried = _try(world, shipped_text())
    assert (tried.leads, tried.moved, tried.points_only, tried.largest) == (2, 0, 0, [])
    assert (tried.more, tried.fewer) == ({}, {})


def test_nothing_is_written_and_nobody_is_sent_anything(world: World) -> None:
    _destination(world, "–1", "–3")
    _people(world, 2)
    before = _everything(world)
    assert _try(world, MORE + KEEN).moved == 2
    assert _everything(world) == before


def test_r38_tests_merged_and_quiet_leads_are_left_out(world: World) -> None:
    one, other = _people(world, 2)
    world.send({"email": "me@example.com", "time_to_buy": "0_3"}, test=True)
    with world.db.write() as conn:
        merging.merge(conn, world.site.id, (one, other), now=world.clock(), by=None)
    assert [change.lead_id for change in _try(world, MORE).largest] == [min(one, other)]
    world.clock.advance(days=31)
    world.send(NOBODY)
    tried = _try(world, MORE)
    assert (tried.leads, tried.moved) == (1, 0)


def test_what_a_merged_record_did_counts_for_its_person(world: World) -> None:
    one, other = _people(world, 2)
    with world.db.write() as conn:
        merging.merge(conn, world.site.id, (one, other), now=world.clock(), by=None)
    world.clock.advance(days=31)
    with world.db.write() as conn:
        events.add(conn, world.site.id, max(one, other), Event("e1", "page_view", world.clock()), world.clock())
    assert _try(world, MORE, days=1).leads == 1


def test_a_stage_that_was_reached_on_a_good_day_is_kept(world: World) -> None:
    """By the draft it was interest 1 on the first day and SQL by that; a month later it is not, and stays SQL."""
    hot = _destination(world, "–1")
    draft = _with_sql_by_interest(MORE)
    _people(world, 1)
    world.clock.advance(days=40)
    world.send({"email": "p0@example.com", "first_name": "Sara"})
    (change,) = _try(world, draft, days=60).largest
    assert (change.after.score, change.after.interest, change.after.stage) == (70, 2, "SQL")
    assert (change.before.stage, change.before.sent) == ("IQL", set())
    assert hot in change.after.sent, "it would have gone out on its good day"
    assert _try(world, draft, days=10).largest[0].after.stage == "IQL", "what lies before is as it was"


def _with_sql_by_interest(toml: str) -> str:
    return toml.replace('interest = 2\ngrades = ["A", "B"]', "interest = 1")


def test_it_goes_a_page_at_a_time_and_ends_when_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = _people(world, 5)
    monkeypatch.setattr(trying, "AT_ONCE", 2)
    monkeypatch.setattr(trying, "LISTED", 3)
    done: list[int] = []
    tried = _try(world, MORE, tell=done.append)
    assert (done, tried.moved, len(tried.largest), tried.cut) == ([2, 2, 1], 5, 3, False)
    tried = _try(world, MORE, enough=lambda looked_at: looked_at >= 2)
    assert (tried.leads, tried.cut) == (2, True)
    assert {one.lead_id for one in tried.largest} == set(sorted(people)[-2:]), "the newest first"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whom_to_try_it_on_is_read_off_indexes(world: World) -> None:
    _people(world, 1)
    long_ago = world.clock() - timedelta(days=30)
    with plans.planned(world.db, "leads", "events") as lines, world.db.read() as conn:
        active.page_before(conn, world.site.id, long_ago, None, limit=5)
        active.page_before(conn, world.site.id, long_ago, "lead_z", limit=5)
    whole = [line for line in lines if line.startswith("SCAN") and "CONSTANT" not in line or "FOR ORDER BY" in line]
    assert whole == ["SCAN leads USING INDEX sqlite_autoindex_leads_1"], "the first page: ids, the newest first"
    assert [line for line in lines if "sqlite_autoindex_leads_1 (id<?)" in line], "on from the last one"
    assert [line for line in lines if "ix_events_site_id_lead_id_at" in line]
