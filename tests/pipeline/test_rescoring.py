"""New rules over leads that exist: scored anew, restartable, and nobody is sent anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway import merging, rescoring, standing
from gateway.scoring.rulebook import shipped_text
from gateway.scoring.standing import evaluate
from gateway.store import deliveries_search, destinations, leads, rescorings, rulebooks, segments, unscored
from tests.pipeline.conftest import World
from tests.support import plans

WANTED = "params = { within_months = 3 }"
MORE = shipped_text().replace(f"points = 30\n{WANTED}", f"points = 80\n{WANTED}")
KEEN = """
[[segments]]
key = "keen"
title = { fa = "مشتاق", en = "Keen" }
[[segments.when]]
score_min = 25
"""
LATELY = """
[[segments]]
key = "lately"
title = { fa = "تازه", en = "Lately" }
[[segments.when]]
event = "submission"
within_days = 7
"""


@pytest.fixture
def destination(world: World) -> str:
    with world.db.write() as conn:
        new = destinations.NewDestination(world.site.id, "webhook", "CRM", {"url": "http://crm.example/"}, sends="all")
        return destinations.add(conn, "secret", new, world.clock()).id


def _publish(world: World, toml: str) -> None:
    with world.db.write() as conn:
        rulebooks.publish(conn, world.site.id, toml, world.clock())


def _people(world: World, count: int) -> list[str]:
    sent = [world.send({"email": f"p{n}@example.com", "time_to_buy": "0_3"}) for n in range(count)]
    return [one.lead_id or "" for one in sent]


def _all(world: World) -> int:
    done = 0
    while more := rescoring.rescore_due(world.db, world.clock):
        done += more
    return done


def test_new_rules_are_counted_for_each_lead_and_a_part_at_a_time(world: World, monkeypatch) -> None:
    people = _people(world, 5)
    monkeypatch.setattr(rescoring, "AT_ONCE", 2)
    monkeypatch.setattr(rescoring, "HOLD_SECONDS", 60)
    _publish(world, MORE)
    assert rescoring.progress(world.db, world.site.id) == rescorings.Progress(0, 5)
    assert rescoring.rescore_due(world.db, world.clock) == 2
    assert rescoring.progress(world.db, world.site.id) == rescorings.Progress(2, 5), "it may be ended here and goes on"
    assert _all(world) == 3
    assert [world.lead(one).score for one in people] == [80] * 5
    assert rescoring.progress(world.db, world.site.id) is None


def test_scoring_anew_sends_nothing_and_the_next_change_does(world: World, destination: str) -> None:
    (lead_id,) = _people(world, 1)
    before = _owed(world)
    _publish(world, MORE)
    _all(world)
    assert (world.lead(lead_id).interest, _owed(world)) == (1, before)
    assert world.lead(lead_id).version == 2, "what changed is a new version all the same"
    world.send({"email": "p0@example.com", "first_name": "Sara"})
    assert _owed(world) == [*before, 3]


def test_what_happened_meanwhile_is_told_though_the_rules_changed_too(world: World, destination: str) -> None:
    (lead_id,) = _people(world, 1)
    before = _owed(world)
    _publish(world, MORE)
    with world.db.write() as conn:
        leads.mark_for_scoring(conn, lead_id, world.clock())
    _all(world)
    assert _owed(world) == [*before, 2]


def _owed(world: World) -> list[int]:
    with world.db.read() as conn:
        page = deliveries_search.page(conn, world.site.id)
    return sorted(line.version for line in page.lines)


def test_a_lead_that_comes_meanwhile_is_not_counted_again(world: World) -> None:
    _people(world, 1)
    _publish(world, MORE)
    world.send({"email": "new@example.com", "time_to_buy": "0_3"})
    assert _all(world) == 1


def test_merged_leads_do_not_wait_for_ever(world: World) -> None:
    one, other = _people(world, 2)
    with world.db.write() as conn:
        merging.merge(conn, world.site.id, (one, other), now=world.clock(), by=None)
    _publish(world, MORE)
    assert _all(world) == 2
    assert rescoring.progress(world.db, world.site.id) is None


def test_rules_that_came_with_an_upgrade_are_found(world: World) -> None:
    (lead_id,) = _people(world, 1)
    rescoring.begin_where_needed(world.db, world.clock())
    assert rescoring.progress(world.db, world.site.id) is None
    with world.db.write() as conn:
        rescorings.looked_at(conn, [lead_id], "of another")
    rescoring.begin_where_needed(world.db, world.clock())
    assert rescoring.progress(world.db, world.site.id) == rescorings.Progress(0, 1)


def test_an_earlier_rulebook_is_gone_back_to(world: World) -> None:
    (lead_id,) = _people(world, 1)
    _publish(world, MORE)
    _publish(world, shipped_text())
    _all(world)
    assert world.lead(lead_id).score == 30
    with world.db.read() as conn:
        assert [one.number for one in rulebooks.versions(conn, world.site.id)] == [2, 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_which_leads_wait_is_read_off_an_index(world: World) -> None:
    with plans.planned(world.db, "leads") as lines, world.db.read() as conn:
        rescorings.waiting(conn, world.site.id, "0" * 16, 5)
        rescorings.left(conn, world.site.id, "0" * 16)
    assert [line for line in lines if "ix_leads_site_id_scored_by" in line]
    assert not [line for line in lines if line.startswith("SCAN")]


def test_a_draft_is_kept_and_the_second_of_two_is_told(world: World) -> None:
    now = world.clock()
    with world.db.write() as conn:
        assert rulebooks.save_draft(conn, world.site.id, "one", now, revision=0, by="usr_1")
        assert not rulebooks.save_draft(conn, world.site.id, "two", now, revision=0, by="usr_2")
        assert rulebooks.save_draft(conn, world.site.id, "three", now, revision=1, by="usr_2")
        draft = rulebooks.draft(conn, world.site.id)
        assert draft and (draft.content, draft.based_on, draft.revision, draft.by) == ("three", 0, 2, "usr_2")
        rulebooks.drop_draft(conn, world.site.id)
        assert rulebooks.draft(conn, world.site.id) is None


# --- segments -------------------------------------------------------------------------------------------------------


def _counts(world: World) -> dict[str, int]:
    with world.db.read() as conn:
        return dict(segments.counts(conn, world.site.id))


def test_a_segment_holds_whoever_meets_it_now(world: World) -> None:
    _publish(world, shipped_text() + KEEN)
    (lead_id,) = _people(world, 1)
    world.send({"email": "cold@example.com"})
    assert (_counts(world), world.lead(lead_id).segments) == ({"keen": 1}, ("keen",))
    world.clock.set(world.clock() + timedelta(days=1))
    world.send({"email": "p0@example.com", "time_to_buy": "later"})
    assert (_counts(world), world.lead(lead_id).segments) == ({}, ())


def test_leads_that_were_there_before_a_segment_fall_into_it(world: World) -> None:
    _people(world, 3)
    _publish(world, shipped_text() + KEEN)
    _all(world)
    assert _counts(world) == {"keen": 3}


def test_a_segment_that_looks_back_loses_a_lead_by_time_alone(world: World) -> None:
    _publish(world, shipped_text() + LATELY)
    sent = world.send({"email": "p0@example.com"})
    lead = world.lead(sent.lead_id)
    assert (lead.segments, lead.score_changes_at is not None) == (("lately",), True)
    world.clock.set(lead.score_changes_at)
    with world.db.write() as conn:
        standing.refresh(conn, world.site.id, lead.id, world.clock())
    assert _counts(world) == {}


def test_a_person_of_two_records_is_counted_once_and_each_again_once_apart(world: World) -> None:
    _publish(world, shipped_text() + KEEN)
    one, other = _people(world, 2)
    with world.db.write() as conn:
        merge_id = merging.merge(conn, world.site.id, (one, other), now=world.clock(), by=None)
    assert _counts(world) == {"keen": 1}
    with world.db.write() as conn:
        merging.undo(conn, world.site.id, merge_id, now=world.clock(), by=None)
    assert _counts(world) == {"keen": 2}


def test_a_lead_that_cannot_be_scored_keeps_its_place_and_hinders_nobody(world: World, monkeypatch) -> None:
    people = _people(world, 3)

    def broken(rulebook, facts, *more, **given):
        if facts["email"] == "p1@example.com":
            raise ZeroDivisionError
        return evaluate(rulebook, facts, *more, **given)

    _publish(world, MORE)
    with monkeypatch.context() as fault:
        fault.setattr("gateway.standing.evaluate", broken)
        _all(world)
        assert [world.lead(one).score for one in people] == [80, 30, 80]
        assert rescoring.progress(world.db, world.site.id) is None
        world.clock.advance(minutes=10)
        rescoring.refresh_due(world.db, world.clock, 10)  # in vain once more
    with world.db.read() as conn:
        assert unscored.count(conn) == 1
        assert unscored.due(conn, world.clock.advance(minutes=59), 10) == []
    world.clock.advance(minutes=1)
    rescoring.refresh_due(world.db, world.clock, 10)
    assert world.lead(people[1]).score == 80
    with world.db.read() as conn:
        assert unscored.count(conn) == 0


def test_a_lead_whose_time_has_come_and_that_cannot_be_scored_lets_others_pass(world: World, monkeypatch) -> None:
    people = _people(world, 2)
    world.clock.advance(days=40)

    def broken(*given: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as fault:
        fault.setattr("gateway.standing.evaluate", broken)
        rescoring.refresh_due(world.db, world.clock, 1)
    rescoring.refresh_due(world.db, world.clock, 1)
    assert sorted(world.lead(one).score for one in people) == [20, 30]
