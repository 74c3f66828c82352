"""What somebody who knows a victim's address tries through the whole pipeline."""

from __future__ import annotations

import pytest

from gateway import deciding, standing
from gateway.store import known, submissions
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
    lead_id = deciding.release(world.parts, world.site.id, held.id, None)
    assert scored == [lead_id]
    with world.db.read() as conn:
        assert submissions.accepted_without_lead(conn, world.site.id, "vis_1") == []


def test_r01_attack_many_posts_do_not_slow_the_next_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "KNOWN_LIMIT", 3)
    for n in range(5):
        world.clock.advance(seconds=1)
        world.send({"first_name": f"S{n}"} if n else {"job_title": "CEO"}, visitor_id="vis_1")
    with world.db.read() as conn:
        found = known.here(conn, world.site.id, "vis_1").known
    assert found.visits == 3
    assert set(found.answered) == {"first_name"}


def test_r09_attack_a_number_typed_beside_somebodys_address_is_not_theirs_by_that(world: World) -> None:
    """Mallory sends Sara's address with Reza's number; Reza's own request by phone must not land at Sara's lead."""
    sara = world.send({**SARA, "phone": "+989121234567"})
    mallory = world.send({"email": SARA["email"], "phone": "+989351234567"}, visitor_id="vis_bad")
    again = {"email": SARA["email"], "phone": "+989351234567", "job_title": "CEO"}
    world.send(again, visitor_id="vis_worse", previous_visitor_id="vis_bad")
    assert mallory.lead_id == sara.lead_id
    assert world.lead(sara.lead_id).facts["phone"].value == "+989121234567"
    reza = world.send({"phone": "+989351234567"})
    assert reza.lead_id is not None and reza.lead_id != sara.lead_id


def test_r09_who_corrects_their_number_in_the_same_browser_is_known_by_it(world: World) -> None:
    first = world.send({**SARA, "phone": "+989121234567"}, visitor_id="vis_1")
    world.send({**SARA, "phone": "+989351234567"}, visitor_id="vis_2", previous_visitor_id="vis_1")
    assert world.send({"phone": "+989351234567"}).lead_id == first.lead_id
