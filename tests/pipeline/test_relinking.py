"""A form that came to the wrong lead: given to another one or to one of its own, and back again."""

from __future__ import annotations

import random
from typing import Any

import pytest

from gateway import relinking, standing
from gateway.relinking import Mover, RelinkError
from gateway.store import duplicates, leads, unweighed, visitors
from tests.pipeline.conftest import World
from tests.pipeline.test_merging import begun, own

SARA = {"email": "sara@example.com", "first_name": "Sara", "consent_marketing": True}
WRONG = {"email": "sara@example.com", "first_name": "Reza", "job_title": "CTO", "phone": "+989350000000",
         "time_to_buy": "0_3"}  # fmt: skip


def mover(world: World) -> Mover:
    return Mover(world.site.id, "usr_1", world.clock())


def relink(world: World, submission_id: str, target: str | None = None) -> str:
    with world.db.write() as conn:
        return relinking.relink(conn, submission_id, target, mover(world))


def undo(world: World, relink_id: str) -> str:
    with world.db.write() as conn:
        return relinking.undo(conn, relink_id, mover(world))


def stand(world: World, lead_id: str) -> dict[str, Any]:
    """What a record holds by itself. A record of a form's own may lead to it."""
    found = own(world, lead_id)
    del found["merged"]
    return found


def mixed(world: World) -> tuple[str, str]:
    """Sara's lead with a form that somebody else sent by her address. Returns the lead and that form."""
    lead = begun(world, SARA)
    world.clock.advance(hours=1)
    sent = world.send(WRONG, visitor_id="vis_9")
    assert sent.lead_id == lead.id
    return lead.id, sent.id


def test_r08_an_id_that_followed_at_a_merge_goes_along_and_comes_back(world: World) -> None:
    lead_id, form = mixed(world)
    with world.db.write() as conn:
        seen = visitors.Seen(world.site.id, "vis_10", world.clock(), previous="vis_9")
        visitors.succeed(conn, seen)
        assert visitors.lead_of(conn, world.site.id, "vis_10") == lead_id
    done = relink(world, form)
    with world.db.read() as conn:
        assert visitors.lead_of(conn, world.site.id, "vis_10") == world.submission(form).lead_id != lead_id
    undo(world, done)
    with world.db.read() as conn:
        assert visitors.lead_of(conn, world.site.id, "vis_10") == lead_id


def test_it_gets_a_lead_of_its_own_with_all_that_it_brought(world: World) -> None:
    before = stand(world, begun(world, {"email": "plain@example.com", "first_name": "Sara"}).id)
    lead_id, form = mixed(world)
    relink(world, form)
    with world.db.read() as conn:
        link = leads.link_of_submission(conn, form)
        assert link is not None and link.basis == "staff"
        alone = leads.alone(conn, world.site.id, link.lead_id)
        assert alone is not None
        assert {name: fact.value for name, fact in alone.facts.items()} == WRONG
        assert visitors.lead_of(conn, world.site.id, "vis_9") == link.lead_id
        assert unweighed.due(conn, world.clock(), 10)
        (pair,) = duplicates.between(conn, [lead_id], [link.lead_id])
    assert pair.answer == "apart"  # the matcher would find them alike
    left = world.lead(lead_id)
    assert {name: fact.value for name, fact in left.facts.items()} == {
        "email": "sara@example.com",
        "first_name": "Sara",
    }
    assert left.score == before["stands"][3]
    assert stand(world, lead_id)["identifiers"] == {"email": ("sara@example.com",)}
    assert stand(world, link.lead_id)["identifiers"] == {"phone": ("+989350000000",)}


@pytest.mark.parametrize("elsewhere", [True, False])
def test_undone_both_sides_are_as_before(world: World, elsewhere: bool) -> None:
    other = begun(world, {"email": "reza@example.com", "first_name": "Reza"}).id
    lead_id, form = mixed(world)
    before = [stand(world, one) for one in (lead_id, other)]
    world.clock.advance(minutes=5)
    relink_id = relink(world, form, other if elsewhere else None)
    assert (world.lead(other).facts.get("job_title") is not None) == elsewhere
    world.clock.advance(minutes=5)
    assert undo(world, relink_id) == lead_id
    assert [stand(world, one) for one in (lead_id, other)] == before
    assert world.lead(other).earlier_ids == ()
    with pytest.raises(LookupError):
        undo(world, relink_id)


@pytest.mark.parametrize("seed", range(6))
def test_relinking_and_undoing_is_the_identity(world: World, seed: int) -> None:
    """Whatever the forms said, in whatever order, and whatever comes to the other lead between."""
    dice = random.Random(seed)
    target = begun(world, {"email": "target@example.com", "first_name": "Reza"}).id
    sent = []
    for _ in range(4):
        world.clock.advance(minutes=dice.randint(1, 90))
        said: dict[str, Any] = {"email": "sara@example.com", "first_name": dice.choice(["Sara", "Reza", "Mina"])}
        said |= {"job_title": dice.choice(["CEO", "CTO"])} if dice.random() < 0.7 else {}
        said |= {"phone": dice.choice(["+989121234567", "+989350000000"])} if dice.random() < 0.6 else {}
        said |= {"time_to_buy": "0_3", "consent_marketing": dice.random() < 0.5}
        sent.append(world.send(said, visitor_id=f"vis_{dice.randint(1, 2)}"))
    lead_id = sent[0].lead_id
    assert lead_id is not None and {one.lead_id for one in sent} == {lead_id}
    before, made = stand(world, lead_id), []
    for form in dice.sample(sent, 2):
        made.append(relink(world, form.id, dice.choice([None, target])))
        world.clock.advance(minutes=1)
        world.send({"email": "target@example.com", "job_title": dice.choice(["CEO", "CTO"])})
    for relink_id in reversed(made):
        undo(world, relink_id)
        world.clock.advance(minutes=1)
    assert stand(world, lead_id) == before


def test_a_value_that_came_meanwhile_stands_on(world: World) -> None:
    lead_id, form = mixed(world)
    relink_id = relink(world, form)
    world.clock.advance(hours=1)
    world.send({**SARA, "job_title": "CEO"})
    undo(world, relink_id)
    assert world.lead(lead_id).facts["job_title"].value == "CEO"
    with world.db.read() as conn:
        assert [fact.value for fact in leads.all_facts(conn, lead_id) if fact.field == "job_title"] == ["CTO", "CEO"]


def test_what_came_to_its_own_record_meanwhile_comes_along(world: World) -> None:
    lead_id, form = mixed(world)
    relink_id = relink(world, form)
    world.clock.advance(hours=1)
    late = world.send({"phone": "+989350000000", "company_size": "50_249"})
    assert late.lead_id not in {None, lead_id}
    undo(world, relink_id)
    assert late.lead_id in world.lead(lead_id).earlier_ids


def test_what_cannot_be_moved_says_why(world: World) -> None:
    alone = world.send({"email": "one@example.com"})
    lead_id, form = mixed(world)
    held = world.send({"email": "held@example.com"}, facts={"honeypot": "x"})
    for submission_id, target, code in ((alone.id, None, "alone"), (form, lead_id, "same"), (held.id, None, "none")):
        with pytest.raises(RelinkError) as refused:
            relink(world, submission_id, target)
        assert refused.value.code == code
    with pytest.raises(LookupError):
        relink(world, "sub_none")


def test_the_score_that_is_kept_agrees_with_the_story_on_both_sides(world: World) -> None:
    other = begun(world, {"email": "reza@example.com"}).id
    lead_id, form = mixed(world)
    relink(world, form, other)
    with world.db.read() as conn:
        for one in (lead_id, other):
            lead = world.lead(one)
            assert lead.score == standing.explain(conn, lead, world.clock()).score
