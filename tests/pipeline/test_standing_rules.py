"""Score, stage, version and deliveries through the whole pipeline (rules 22–26, 30, 31, 38)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway import deciding, standing
from gateway.records import Event
from gateway.store import (
    deliveries_search,
    destinations,
    events,
    leads,
    overview,
    sites,
    stage_moves,
    submissions,
    verdicts,
)
from gateway.store.tables import mails
from tests.pipeline.conftest import World
from tests.support import intake

SARA = {"email": "sara@example.com", "first_name": "Sara"}
CONTACT = """
key = "contact"
contact_requested = true
title = { fa = "تماس", en = "Contact" }
submit_label = { fa = "تماس بگیرید", en = "Call me" }

[[fields]]
name = "email"
type = "email"
always = true
label = { fa = "ایمیل", en = "E-mail" }
"""


@pytest.fixture
def destination(world: World) -> str:
    with world.db.write() as conn:
        new = destinations.NewDestination(world.site.id, "webhook", "CRM", {"url": "http://crm.example/"}, sends="all")
        return destinations.add(conn, "secret", new, world.clock()).id


def _versions(world: World, lead_id: str | None) -> list[tuple[int, str]]:
    with world.db.read() as conn:
        story = deliveries_search.of_lead(conn, world.site.id, lead_id or "")
    return sorted((row.version, row.status) for row in story)


def test_r26_a_version_rises_with_facts_and_not_with_raw_points(world: World, destination: str) -> None:
    lead = world.lead(world.send(SARA, visitor_id="vis_1").lead_id)
    again = world.lead(world.send(SARA, visitor_id="vis_2", previous_visitor_id="vis_1").lead_id)
    more = world.lead(world.send({"job_title": "CEO"}, visitor_id="vis_2").lead_id)
    assert (lead.version, again.version, more.version) == (1, 1, 2)
    assert [version for version, _ in _versions(world, lead.id)] == [1, 2]


def test_r26_what_is_stored_agrees_with_what_explain_folds(world: World) -> None:
    sent = world.send({**SARA, "time_to_buy": "0_3"})
    lead = world.lead(sent.lead_id)
    with world.db.read() as conn:
        explained = standing.explain(conn, lead, world.clock())
    assert (lead.score, lead.interest, lead.grade, lead.stage) == (
        explained.score,
        explained.interest,
        explained.grade,
        explained.stage,
    )
    assert lead.score == 30 == explained.lines[-1].balance


def test_r23_time_alone_lowers_the_score_and_the_sweep_knows_when(world: World) -> None:
    lead = world.lead(world.send({**SARA, "time_to_buy": "0_3"}).lead_id)
    assert lead.score_changes_at is not None
    world.clock.set(lead.score_changes_at)
    with world.db.write() as conn:
        assert leads.with_score_due(conn, world.clock(), 10) == [(world.site.id, lead.id)]
        standing.refresh(conn, world.site.id, lead.id, world.clock())
        assert leads.with_score_due(conn, world.clock(), 10) == []
    assert world.lead(lead.id).score == 20


def test_r25_whoever_asks_for_contact_is_a_sales_lead_at_once(world: World) -> None:
    with world.db.write() as conn:
        form_id = intake.make_form(conn, world.site, world.clock(), CONTACT)
    lead = world.lead(world.send({"email": "sara@example.com"}, form_id=form_id).lead_id)
    assert lead.contact_requested and lead.stage == "SQL"
    with world.db.read() as conn:
        moves = [(row.from_stage, row.to_stage) for row in stage_moves.of_person(conn, lead.id)]
    assert moves[-1][1] == "SQL"


def test_r24_who_is_kept_out_of_the_funnel_is_nobodys_lead_in_it(world: World) -> None:
    sara = world.lead(world.send(SARA).lead_id)
    world.send({"email": "reza@example.com"})
    with world.db.write() as conn:
        leads.set_columns(conn, sara.id, {"disqualified": "competitor"})
        (row,) = overview.funnel(conn, world.site.id, world.clock() - timedelta(days=1))
    assert (row.submitted, row.accepted, row.leads) == (2, 2, 1)


def test_r38_a_test_is_delivered_to_nobody(world: World, destination: str) -> None:
    assert _versions(world, world.send(SARA, test=True).lead_id) == []


def test_staff_are_told_once_of_a_qualified_lead_without_personal_data(world: World) -> None:
    with world.db.write() as conn:
        sites.change(conn, world.site.id, {"settings": {"notify": ["boss@example.com"]}})
        form_id = intake.make_form(conn, world.site, world.clock(), CONTACT)
    for _ in range(2):
        world.send({"email": "sara@example.com"}, form_id=form_id)
    with world.db.read() as conn:
        rows = conn.execute(select(mails)).all()
    assert [(row.recipient, row.template) for row in rows] == [("boss@example.com", "new_qualified_lead")]
    assert "sara" not in str(rows[0].params)


def test_processing_twice_changes_nothing(world: World, destination: str) -> None:
    sent = world.send({**SARA, "time_to_buy": "0_3"})
    before = (world.lead(sent.lead_id), _versions(world, sent.lead_id))
    world.process()
    assert (world.lead(sent.lead_id), _versions(world, sent.lead_id)) == before


def test_r22_a_browser_alone_never_reaches_interest_1_or_sales(world: World) -> None:
    lead = world.lead(world.send(SARA, visitor_id="vis_1").lead_id)
    for day in range(20):
        now = world.clock.advance(hours=25)
        with world.db.write() as conn:
            seen = Event(f"b{day}", "payment_view", now, visitor_id="vis_1")
            events.add_from_browser(conn, world.site.id, "vis_1", [seen], now)
            standing.refresh(conn, world.site.id, lead.id, now)
    kept = world.lead(lead.id)
    assert kept.interest > 1 and kept.stage != "SQL"


class TestStaffDecide:
    def _held(self, world: World) -> str:
        held = world.send(SARA, facts={"honeypot": "x", "script": True, "fill_seconds": 30.0})
        assert held.status == "held"
        return held.id

    def test_a_release_goes_the_same_way_with_its_original_time(self, world: World, destination: str) -> None:
        submission_id = self._held(world)
        received = world.submission(submission_id).received_at
        world.clock.advance(hours=5)
        lead_id = deciding.release(world.parts, world.site.id, submission_id, "usr_1")
        lead = world.lead(lead_id)
        assert lead.facts["email"].at == received
        assert world.submission(submission_id).status == "accepted"
        assert _versions(world, lead_id) == [(1, "due")]
        with world.db.read() as conn:
            assert [row.decided_by for row in verdicts.of_submission(conn, submission_id)] == [None, "usr_1"]

    def test_a_rejection_can_be_taken_back(self, world: World) -> None:
        submission_id = self._held(world)
        for decide, status in ((deciding.reject, "rejected"), (deciding.hold_again, "held")):
            world.clock.advance(minutes=1)
            decide(world.parts, world.site.id, submission_id, "usr_1")
            assert world.submission(submission_id).status == status

    def test_what_is_accepted_cannot_be_released(self, world: World) -> None:
        sent = world.send(SARA)
        with pytest.raises(deciding.NotWaitingError):
            deciding.release(world.parts, world.site.id, sent.id, "usr_1")

    def test_r35_another_sites_submission_is_unknown(self, world: World) -> None:
        submission_id = self._held(world)
        with pytest.raises(LookupError):
            deciding.release(world.parts, "site_other", submission_id, "usr_1")

    def test_answers_that_waited_for_a_release_join_the_lead(self, world: World) -> None:
        held = world.send(SARA, visitor_id="vis_1", facts={"honeypot": "x", "script": True, "fill_seconds": 30.0})
        later = world.send({"job_title": "CEO"}, visitor_id="vis_1")
        assert later.lead_id is None
        lead_id = deciding.release(world.parts, world.site.id, held.id, None)
        assert world.lead(lead_id).facts["job_title"].value == "CEO"

    def test_what_is_stuck_can_be_tried_again(self, world: World) -> None:
        sent = world.send(SARA)
        with world.db.write() as conn:
            submissions.set_status(conn, sent, "stuck", world.clock())
        deciding.try_again(world.parts, world.site.id, sent.id, "usr_1")
        assert world.submission(sent.id).status == "pending"
        world.process()
        assert world.submission(sent.id).status == "accepted"
        with pytest.raises(deciding.NotWaitingError):
            deciding.try_again(world.parts, world.site.id, sent.id, "usr_1")
