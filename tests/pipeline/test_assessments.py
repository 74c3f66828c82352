"""An assessment's whole way: from the post to the lead's score, its events and its page's results."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import update

from gateway import standing
from gateway.records import Submission
from gateway.store import events, forms, results
from gateway.store.tables import submissions
from tests.pipeline.conftest import World
from tests.support.clock import SettableClock
from tests.web.test_assessments import BEST, READY, WORST

SARA = "sara@example.ir"


def sent(world: World, clock: SettableClock, answers: dict[str, object], email: str = SARA) -> Submission:
    clock.advance(minutes=1)
    return world.send({**answers, "email": email})


def points(world: World, lead_id: str | None) -> list[tuple[str, int]]:
    """The lines of the score that assessments wrote."""
    with world.db.read() as conn:
        lines = standing.explain(conn, world.lead(lead_id), world.clock()).lines
    return [(line.code, line.points) for line in lines if line.params.get("type") == "assessment"]


def test_a_result_reaches_the_score_the_events_and_the_lead(make_world: Callable[..., World], clock: SettableClock):
    world = make_world(toml=READY)
    first = sent(world, clock, WORST)
    assert points(world, first.lead_id) == [("completes_assessment", 20), ("assessment_result", 15)]
    assert world.lead(first.lead_id).score == 35
    again = sent(world, clock, BEST)
    assert again.lead_id == first.lead_id
    assert points(world, first.lead_id)[2:] == [
        ("capped_subject", 0),
        ("answer_replaced", -15),
        ("assessment_result", -10),
    ]
    assert world.lead(first.lead_id).score == 10
    with world.db.read() as conn:
        assert first.lead_id is not None
        found = results.of_lead(conn, world.site.id, first.lead_id)
        told = [one.params for one in events.of_lead(conn, world.site.id, first.lead_id) if one.type == "assessment"]
    assert [(one.form, one.band, one.share) for one in found] == [("ready", "ready", 100), ("ready", "beginning", 0)]
    assert told[0] == {"form": "ready", "share": 0, "band": "beginning", "points": 15}


def test_points_are_those_of_the_version_that_was_sent(make_world: Callable[..., World], clock: SettableClock):
    world = make_world(toml=READY)
    with world.db.write() as conn:
        forms.save_draft(conn, world.site.id, READY.replace("points = 15", "points = 40"), clock())
        forms.publish(conn, world.site.id, "ready", clock())
    assert points(world, sent(world, clock, WORST).lead_id)[1] == ("assessment_result", 15)


def test_what_is_not_accepted_tells_no_result(make_world: Callable[..., World], clock: SettableClock):
    world = make_world(toml=READY)
    held = sent(world, clock, WORST, "sara@nowhere.invalid")
    assert (held.status, held.lead_id) == ("held", None)
    with world.db.read() as conn:
        assert list(results.answered(conn, world.form_id, clock() - timedelta(days=1), most=10)) == []


def test_r38_a_report_counts_people_and_no_tests(make_world: Callable[..., World], clock: SettableClock):
    world = make_world(toml=READY)
    for answers, email in ((WORST, SARA), (BEST, SARA), (WORST, "reza@example.ir")):
        last = sent(world, clock, answers, email)
    since = clock() - timedelta(days=1)
    with world.db.read() as conn:
        found = list(results.answered(conn, world.form_id, since, most=10))
        assert [one.answers["site_state"] for one in found] == ["none", "sells", "none"]
        assert len({one.person for one in found}) == 2
        assert len(list(results.answered(conn, world.form_id, since, most=2))) == 2
    with world.db.write() as conn:
        conn.execute(update(submissions).where(submissions.c.id == last.id).values(test=True))
    with world.db.read() as conn:
        assert len({one.person for one in results.answered(conn, world.form_id, since, most=10)}) == 1
