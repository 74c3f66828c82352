"""What staff heard on the phone: told as events, scored at once, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from gateway import standing
from gateway.cli.why import why
from gateway.past import as_of
from gateway.records import Lead
from gateway.scoring.rulebook import shipped_text
from gateway.store import consents, events, leads, rulebooks, sites
from gateway.store.tables import audit
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, read

CALL = """
[[rules]]
code = "call"
title = { fa = "زنگ زد", en = "Called" }
event = "custom"
name = "call"
points = 20
per_day = 1
"""


@pytest.fixture
def site(world: World) -> World:
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, shipped_text() + CALL, world.parts.clock())
    return world


def lead_of(world: World) -> Lead:
    with world.parts.db.read() as conn:
        found = leads.get(conn, world.shop.id, world.lead)
    assert found is not None
    return found


def tell(app: Flask, world: World, what: str, *, back: int = 0, who: str = "marketer") -> Any:
    day = (world.parts.clock() - timedelta(days=back)).date()
    return post(world.client(app, who), f"/console/leads/{world.lead}/heard", {"what": what, "day": day.isoformat()})


def undo(app: Flask, world: World) -> Any:
    with world.parts.db.read() as conn:
        found = [one.id for one in events.of_lead(conn, world.shop.id, world.lead) if one.source == "staff"]
    return post(world.client(app, "marketer"), f"/console/leads/{world.lead}/heard/undo", {"event": found[0]})


def test_what_was_heard_is_an_event_of_staff_and_scores_at_once(app: Flask, site: World) -> None:
    before = lead_of(site).score
    assert tell(app, site, "custom:call", back=2).status_code == 303
    tell(app, site, "custom:call", back=2)  # a double click
    assert lead_of(site).score == before + 20
    with site.parts.db.read() as conn:
        (event,) = [one for one in events.of_lead(conn, site.shop.id, site.lead) if one.source == "staff"]
        actions = conn.execute(select(audit.c.action, audit.c.subject).where(audit.c.action == "event_told")).all()
    assert event.params["by"] == site.users["marketer"].id
    assert event.at.date() == (site.parts.clock() - timedelta(days=2)).date()
    assert actions == [("event_told", site.lead)]
    page = read(app, site, f"/console/leads/{site.lead}")
    assert page.split('id="heard"')[1].count("زنگ زد") == 2  # what was told, and what may be
    assert "marketer" in page.split('id="heard"')[1].split("</section>")[0]


@pytest.mark.parametrize(
    "what, flag, stage", [("contact_request:", "contact_requested", "SQL"), ("won:", "customer", "customer")]
)
def test_what_was_told_by_mistake_is_taken_back_with_what_it_set(
    app: Flask, site: World, what: str, flag: str, stage: str
) -> None:
    before = lead_of(site)
    tell(app, site, what)
    assert (getattr(lead_of(site), flag), lead_of(site).stage) == (True, stage)
    assert undo(app, site).status_code == 303
    after = lead_of(site)
    assert (getattr(after, flag), after.stage, after.score) == (False, before.stage, before.score)
    assert after.version > before.version  # whoever has the lead hears of both


def test_a_flag_that_another_source_set_too_stays(app: Flask, site: World) -> None:
    with site.parts.db.write() as conn:
        leads.set_columns(conn, site.lead, {"customer": True})
    tell(app, site, "won:")
    undo(app, site)
    assert lead_of(site).customer


def test_a_day_later_it_stays(app: Flask, site: World, clock: SettableClock) -> None:
    tell(app, site, "custom:call")
    clock.now += timedelta(days=1)
    assert "/heard/undo" not in read(app, site, f"/console/leads/{site.lead}")
    undo(app, site)
    assert "زنگ زد" in read(app, site, f"/console/leads/{site.lead}")


def test_r27_who_wants_no_more_mails_has_said_so_for_good(app: Flask, site: World) -> None:
    tell(app, site, "unsubscribed:")
    with site.parts.db.read() as conn:
        assert {row.state for row in consents.in_force(conn, site.lead).values()} <= {"withdrawn"}
    undo(app, site)
    with site.parts.db.read() as conn:
        assert [one.type for one in events.of_lead(conn, site.shop.id, site.lead) if one.source == "staff"]


@pytest.mark.parametrize(
    "what, back, who, status",
    [
        ("page_view:", 0, "marketer", 400),  # nobody but a browser saw it
        ("custom:other", 0, "marketer", 400),  # neither declared nor in a rule
        ("won:", -1, "marketer", 400),
        ("won:", 60, "marketer", 400),
        ("won:", 0, "viewer", 403),
        ("won:", 0, "stranger", 404),
    ],
)
def test_r22_staff_tell_of_what_is_theirs_to_tell(
    app: Flask, site: World, what: str, back: int, who: str, status: int
) -> None:
    assert tell(app, site, what, back=back, who=who).status_code == status


def test_events_that_the_site_declared_may_be_told(app: Flask, site: World) -> None:
    with site.parts.db.write() as conn:
        sites.change(conn, site.shop.id, {"settings": {**site.shop.settings, "events": ["demo_seen"]}})
    assert tell(app, site, "custom:demo_seen").status_code == 303


def test_only_what_staff_told_is_taken_away(site: World) -> None:
    with site.parts.db.write() as conn:
        others = [one for one in events.of_lead(conn, site.shop.id, site.lead) if one.source != "staff"]
        assert others
        assert not any(events.take_away(conn, site.shop.id, one.id) for one in others)


def test_a_past_day_is_rebuilt_from_what_had_happened_and_was_known_by_then(
    app: Flask, site: World, clock: SettableClock
) -> None:
    began = clock.now
    clock.now += timedelta(days=5)
    tell(app, site, "custom:call", back=3)
    tell(app, site, "custom:call")
    with site.parts.db.read() as conn:
        lead = lead_of(site)
        scores = [as_of(conn, lead, began + timedelta(days=day)).score for day in range(6)]
        assert scores == [0, 0, 20, 20, 20, 40]
        now = as_of(conn, lead, clock.now)
        stood = standing.explain(conn, lead, clock.now)
        assert (now.score, now.lines, now.cell, now.stage) == (lead.score, stood.lines, lead.cell, lead.stage)
    day = (clock.now - timedelta(days=2)).date().isoformat()
    page = read(app, site, f"/console/leads/{site.lead}?at={day}")
    assert "امتیاز ۲۰" in page.split('id="score"')[1]
    assert "امتیاز ۴۰" in read(app, site, f"/console/leads/{site.lead}?at=1990-01-01").split('id="score"')[1]
    said = CliRunner().invoke(why, ["sara@acme.example", "--at", day], obj=lambda: site.parts)
    assert said.exit_code == 0, said.output
    assert f"{site.lead}  –4  IQL  20 points" in said.output
    assert "= " in said.output.splitlines()[1]
