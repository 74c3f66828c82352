"""What staff decide: a release that waits for its undo, bulk, two people at once, lessons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway import deciding
from gateway.deciding import UNDO_WITHIN, Deciding, Decision, GoneOnError, NotWaitingError
from gateway.store import events, leads, lessons, submissions, verdicts
from tests.pipeline.conftest import World
from tests.support.intake import GUIDE

LONG = """
[[fields]]
name = "message"
type = "long_text"
label = { fa = "پیام", en = "Message" }
"""
WITH_TEXT = GUIDE.replace("[[consents]]", LONG + "\n[[consents]]")
TEXT = "a long and quite ordinary message about prices of machines"


def decide(world: World, decision: Decision, *ids: str, user: str = "usr_1", **more: Any) -> deciding.Decided:
    wait = UNDO_WITHIN if decision == "release" else timedelta(0)
    return deciding.decide_all(world.parts, decision, ids, Deciding(world.site.id, user, world.clock(), wait, **more))


def held(world: World, number: int = 0) -> str:
    sent = world.send({"email": f"win{number}@mailinator.com", "message": TEXT})
    assert sent.status == "held"
    return sent.id


def test_a_release_goes_on_once_its_time_to_undo_is_over(world: World) -> None:
    one = held(world)
    assert decide(world, "release", one).done == [one]
    world.process()
    assert (world.submission(one).status, world.lead_count()) == ("accepted", 0)
    world.clock.advance(seconds=10)
    world.process()
    assert world.submission(one).lead_id is not None
    with world.db.read() as conn:
        assert not submissions.any_due(conn, world.clock() + timedelta(days=1))


def test_an_undone_release_is_wholly_undone(world: World) -> None:
    one = held(world)
    decide(world, "release", one)
    world.clock.advance(seconds=9)
    assert decide(world, "undo", one).done == [one]
    world.clock.advance(minutes=1)
    world.process()
    assert (world.submission(one).status, world.lead_count()) == ("held", 0)
    with world.db.read() as conn:
        assert [row.outcome for row in verdicts.of_submission(conn, one)] == ["hold", "accept", "hold"]
    assert decide(world, "release", one).done == [one]  # and it can be released anew


def test_what_has_gone_on_cannot_be_undone_and_says_so(world: World) -> None:
    one = held(world)
    decide(world, "release", one)
    world.clock.advance(seconds=11)
    world.process()
    outcome = decide(world, "undo", one)
    assert (outcome.done, outcome.gone_on) == ([], [one])
    with pytest.raises(GoneOnError):
        deciding.undo(world.parts, world.site.id, one, "usr_1")


@pytest.mark.parametrize("first, undone", [("reject", "held"), ("release", "held")])
def test_undo_gives_back_what_was_before(world: World, first: Decision, undone: str) -> None:
    one = held(world)
    decide(world, first, one)
    decide(world, "undo", one)
    assert world.submission(one).status == undone


def test_undoing_a_release_of_a_rejected_one_leaves_it_rejected(world: World) -> None:
    one = held(world)
    decide(world, "reject", one)
    decide(world, "release", one)
    decide(world, "undo", one)
    assert world.submission(one).status == "rejected"


@pytest.mark.parametrize("rejected_by", ["staff", "pipeline"])
def test_undoing_twice_releases_nothing(world: World, rejected_by: str) -> None:
    """A double click on "undo": the second one must not take the first one back, past the outbox."""
    if rejected_by == "staff":
        one = held(world)
        decide(world, "reject", one)
    else:
        one = world.send({"email": "sara@example.com"}, facts={"honeypot": "x", "fill_seconds": 0.2}).id
    decide(world, "release", one)
    decide(world, "undo", one)
    assert decide(world, "undo", one).elsewhere == [one]
    assert world.submission(one).status == "rejected"


def test_the_pipelines_own_verdict_is_nobodys_to_undo(world: World) -> None:
    sent = world.send({"email": "sara@example.com"})
    assert decide(world, "undo", sent.id, held(world, 1)).elsewhere != []
    assert world.submission(sent.id).status == "accepted"


def test_two_people_at_once_lose_nothing(world: World) -> None:
    ids = [held(world, number) for number in range(3)]
    decide(world, "reject", ids[1], user="usr_2")
    outcome = decide(world, "release", *ids, "sub_unknown", seen="held")
    assert (set(outcome.done), outcome.elsewhere) == ({ids[0], ids[2]}, [ids[1]])
    assert outcome.unknown == ["sub_unknown"]
    assert world.submission(ids[1]).status == "rejected"


def test_r35_another_sites_submissions_are_unknown(world: World) -> None:
    one = held(world)
    found = deciding.decide_all(world.parts, "release", [one], Deciding("site_other", "usr_1", world.clock()))
    assert found.unknown == [one]
    assert world.submission(one).status == "held"


def test_a_late_release_keeps_the_time_it_was_received(world: World) -> None:
    sent = world.submission(held(world))
    world.clock.advance(days=3)
    lead_id = deciding.release(world.parts, world.site.id, sent.id, None)
    lead = world.lead(lead_id)
    assert lead.facts["email"].at == sent.received_at
    with world.db.read() as conn:
        assert {event.at for event in events.of_lead(conn, world.site.id, lead.id)} == {sent.received_at}


def test_decisions_teach_and_their_undo_unteaches(make_world: object) -> None:
    world: World = make_world("demo", WITH_TEXT)  # type: ignore[operator]
    one = held(world)

    def taught() -> tuple[int, int]:
        with world.db.read() as conn:
            return lessons.texts(conn, world.site.id)

    decide(world, "reject", one)
    assert taught() == (1, 0)
    decide(world, "release", one)
    assert taught() == (0, 1)
    decide(world, "undo", one)
    assert taught() == (1, 0)  # it stands rejected again
    decide(world, "hold", one)
    assert taught() == (0, 0)


def test_a_waiting_release_is_not_taken_along_by_another_form(world: World) -> None:
    visitor = "v" * 22
    one = world.send({"first_name": "Sara"}, visitor_id=visitor, facts={"honeypot": "x", "fill_seconds": 9.0})
    decide(world, "release", one.id)
    world.send({"email": "sara@example.com"}, visitor_id=visitor)
    assert world.submission(one.id).lead_id is None
    assert decide(world, "undo", one.id).done == [one.id]


def test_a_release_that_got_stuck_is_admitted_when_tried_again(world: World) -> None:
    one = held(world)
    decide(world, "release", one)
    world.clock.advance(seconds=11)
    with world.db.write() as conn:
        for _ in range(submissions.STUCK_AFTER):
            submissions.failed(conn, world.submission(one), "Bug at x:1", world.clock())
    assert world.submission(one).status == "stuck"
    deciding.try_again(world.parts, world.site.id, one, "usr_1")
    world.process()
    assert world.submission(one).lead_id is not None


def test_only_what_stands_there_is_decided(world: World) -> None:
    sent = world.send({"email": "sara@example.com"})
    for decision in ("release", "reject", "hold", "again"):
        assert decide(world, decision, sent.id).elsewhere == [sent.id]
    with pytest.raises(NotWaitingError), world.db.read() as conn:
        assert leads.count(conn, world.site.id) == 1
        deciding.reject(world.parts, world.site.id, sent.id, None)
