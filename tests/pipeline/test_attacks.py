"""What somebody who knows a victim's address tries through the whole pipeline."""

from __future__ import annotations

import pytest

from gateway import pipeline, standing
from gateway.store import submissions, visitors
from tests.pipeline.conftest import World

SARA = {"email": "sara@example.com", "first_name": "Sara"}
SPAM = {"script": True, "fill_seconds": 30.0, "honeypot": "http://spam.example"}


def test_r07_attack_spam_in_a_victims_name_holds_nothing_of_theirs(world: World) -> None:
    for n in range(25):
        spam = world.send({**SARA, "job_title": f"Buy now {n}"}, facts=SPAM, block_hash="bad", visitor_id="vis_bad")
        assert spam.status == "held"
    own = world.send(SARA, block_hash="good", visitor_id="vis_good")
    assert own.status == "accepted"
    assert set(world.lead(own.lead_id).facts) == {"email", "first_name"}


def test_r07_attack_a_neighbours_spam_holds_no_person_at_the_form(world: World) -> None:
    """The same carrier's address block: whoever fills in the form like a person passes (rule 19)."""
    for n in range(25):
        world.send({"email": f"bot{n}@example.com"}, facts=SPAM, block_hash="shared")
    assert world.send(SARA, block_hash="shared").status == "accepted"


def test_r15_attack_what_piled_up_behind_a_held_submission_costs_its_release_one_scoring(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that was held sends on without an identifier; all of it comes along with the release."""
    held = world.send(SARA, facts=SPAM, visitor_id="vis_1")
    for n in range(5):
        world.send({"job_title": f"CEO {n}"}, visitor_id="vis_1")
    scored: list[str] = []
    monkeypatch.setattr(standing, "refresh", lambda _conn, _site_id, lead_id, _now: scored.append(lead_id))
    lead_id = pipeline.release(world.parts, world.site.id, held.id, None)
    assert scored == [lead_id]
    with world.db.read() as conn:
        assert submissions.accepted_without_lead(conn, world.site.id, "vis_1") == []


def test_r01_attack_many_posts_do_not_slow_the_next_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "KNOWN_LIMIT", 3)
    for n in range(5):
        world.clock.advance(seconds=1)
        world.send({"first_name": f"S{n}"} if n else {"job_title": "CEO"}, visitor_id="vis_1")
    with world.db.read() as conn:
        known = visitors.known(conn, world.site.id, "vis_1")
    assert known.visits == 3
    assert set(known.answered) == {"first_name"}
