"""Two leads that are one person: merged under the older, and apart again as if they had never been."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gateway import merging, standing
from gateway.merging import MergeError
from gateway.records import Lead
from gateway.store import consents, events, leads, persons, submissions
from tests.pipeline.conftest import World
from tests.support import intake

SARA = {"email": "sara@example.com", "first_name": "Sara", "consent_marketing": True}
WORK = {"email": "s.ahmadi@example.ir", "first_name": "Sara", "job_title": "CEO", "time_to_buy": "0_3"}


def merge(world: World, *ids: str | None) -> str:
    one, other = (found for found in ids if found)
    with world.db.write() as conn:
        return merging.merge(conn, world.site.id, (one, other), by=None, now=world.clock())


def undo(world: World, merge_id: str) -> tuple[str, str]:
    with world.db.write() as conn:
        return merging.undo(conn, world.site.id, merge_id, by=None, now=world.clock())


def begun(world: World, answers: Mapping[str, Any]) -> Lead:
    """A lead that is younger than those before."""
    world.clock.advance(hours=1)
    return world.lead(world.send(answers).lead_id)


def pair(world: World) -> tuple[Lead, Lead]:
    """The older and the younger."""
    older = world.lead(world.send(SARA, visitor_id="vis_1").lead_id)
    world.clock.advance(hours=1)
    return older, world.lead(world.send(WORK, visitor_id="vis_2").lead_id)


def own(world: World, lead_id: str) -> dict[str, Any]:
    """Everything that one record holds by itself, without ids."""
    with world.db.read() as conn:
        lead = leads.alone(conn, world.site.id, lead_id)
        assert lead is not None
        sent = [found for found in submissions.of_lead(conn, world.site.id, lead_id) if found.lead_id == lead_id]
        number = {found.id: place for place, found in enumerate(sent)}
        facts, did = leads.all_facts(conn, lead_id), events.of_lead(conn, world.site.id, lead_id)
        explained = standing.explain(conn, lead, world.clock())
        return {
            "facts": [(f.field, f.value, f.strength, f.state, number[f.origin]) for f in facts],
            "identifiers": leads.identifiers_of(conn, lead_id),
            "consents": [(c.purpose, c.state, c.at) for c in consents.of_lead(conn, lead_id) if c.lead_id == lead_id],
            "links": [(x.basis, x.strength, x.at) for x in leads.links_of(conn, lead_id) if x.lead_id == lead_id],
            "sent": [(found.answers, found.received_at) for found in sent],
            "events": sorted((e.at, e.type, e.name.replace("twin", "guide")) for e in did),
            "stands": (lead.stage, lead.grade, lead.interest, lead.score, lead.contact_requested, explained.score),
            "merged": (lead.merged_into, lead.earlier_ids),
        }


def test_the_older_id_stays_and_the_younger_leads_to_it(world: World) -> None:
    older, younger = pair(world)
    merge(world, younger.id, older.id)
    person = world.lead(younger.id)
    assert (person.id, person.earlier_ids) == (older.id, (younger.id,))
    assert world.lead_count() == 1
    assert person.version > older.version


def test_r3_values_go_by_strength_and_the_others_are_proposals(world: World) -> None:
    older, younger = pair(world)
    merge(world, older.id, younger.id)
    person = world.lead(older.id)
    assert {name: fact.value for name, fact in person.facts.items()} == {
        "email": "sara@example.com", "first_name": "Sara", "job_title": "CEO", "time_to_buy": "0_3",
    }  # fmt: skip
    with world.db.read() as conn:
        shown = leads.facts_of_person(conn, person)
    assert [(fact.value, fact.state) for fact in shown if fact.field == "email"] == [
        ("sara@example.com", "current"),
        ("s.ahmadi@example.ir", "proposed"),
    ]


def test_the_person_counts_once_with_the_events_of_both(world: World) -> None:
    older, younger = pair(world)
    merge(world, older.id, younger.id)
    with world.db.read() as conn:
        folded = standing.explain(conn, world.lead(older.id), world.clock())
    assert world.lead(older.id).score == folded.score > older.score


def test_what_comes_between_goes_back_to_whom_it_came(world: World) -> None:
    older, younger = pair(world)
    merge_id = merge(world, older.id, younger.id)
    world.clock.advance(hours=1)
    late = world.send({**WORK, "phone": "+989121234567"}, visitor_id="vis_2")
    assert late.lead_id == younger.id
    assert world.lead(older.id).facts["phone"].value == "+989121234567"
    assert undo(world, merge_id) == (older.id, younger.id)
    assert "phone" not in world.lead(older.id).facts
    assert world.lead(younger.id).facts["phone"].value == "+989121234567"
    assert world.lead_count() == 2


def test_r27_a_withdrawal_stands_on_both_sides_when_they_are_apart(world: World) -> None:
    older = world.lead(world.send(SARA).lead_id)
    younger = world.lead(world.send({**WORK, "consent_marketing": True}).lead_id)
    merge_id = merge(world, older.id, younger.id)
    with world.db.write() as conn:
        consents.withdraw_all(conn, world.site.id, younger.id, reason="unsubscribed", at=world.clock())
    undo(world, merge_id)
    with world.db.read() as conn:
        states = [consents.in_force(conn, lead.id)["marketing"].state for lead in (older, younger)]
    assert states == ["withdrawn", "withdrawn"]


def test_r9_one_person_s_phone_is_no_household(world: World) -> None:
    phone = {"phone": "+989121234567"}
    older, younger = begun(world, {**SARA, **phone}), begun(world, {**WORK, **phone})
    merge(world, older.id, younger.id)
    assert world.send({**phone, "first_name": "Sara"}).lead_id == older.id


@pytest.mark.parametrize("taken_back", [(0, 1), (1, 0)])
def test_merges_are_taken_back_in_any_order(world: World, taken_back: tuple[int, int]) -> None:
    three = [begun(world, {"email": f"{name}@example.com"}) for name in ("a", "b", "c")]
    before = [own(world, lead.id) for lead in three]
    made = [merge(world, three[0].id, three[1].id), merge(world, three[1].id, three[2].id)]
    assert world.lead(three[2].id).earlier_ids == (three[1].id, three[2].id)
    for number in taken_back:
        undo(world, made[number])
    assert [own(world, lead.id) for lead in three] == before


def test_between_two_an_older_one_takes_over(world: World) -> None:
    oldest, middle, youngest = (begun(world, {"email": f"{name}@example.com"}) for name in ("a", "b", "c"))
    merge(world, middle.id, youngest.id)
    merge_id = merge(world, oldest.id, youngest.id)
    assert {world.lead(lead.id).id for lead in (oldest, middle, youngest)} == {oldest.id}
    undo(world, merge_id)
    assert world.lead(youngest.id).id == middle.id and world.lead(oldest.id).earlier_ids == ()


@pytest.mark.parametrize("seed", range(8))
def test_merging_and_undoing_is_the_identity_whatever_comes_between(
    make_world: Callable[..., World], seed: int
) -> None:
    """Beside a twin that gets the same submissions and no merge."""
    dice = random.Random(seed)
    world, twin = make_world(), make_world("twin", _guide("twin"))
    made: list[str] = []
    people = [f"p{number}@example.com" for number in range(4)]
    found: dict[str, tuple[str, str]] = {}
    for _ in range(14):
        world.clock.advance(minutes=dice.randint(1, 90))
        email = dice.choice(people)
        answers: dict[str, Any] = {"email": email, "first_name": dice.choice(["Sara", "Reza"])}
        answers["job_title"] = dice.choice(["CEO", "CTO"])
        answers |= {"time_to_buy": "0_3"} if dice.random() < 0.5 else {}
        answers |= {"phone": dice.choice(["+989121234567", "+989350000000"]), "consent_marketing": dice.random() < 0.5}
        visitor = f"vis_{dice.randint(1, 3)}"
        here = world.send(answers, visitor_id=visitor)
        there = twin.send(answers, visitor_id=f"twin_{visitor}")
        assert here.lead_id and there.lead_id
        found[email] = (here.lead_id, there.lead_id)
        if dice.random() < 0.5 and len(found) > 1:
            one, other = dice.sample(sorted(found), 2)
            if world.lead(found[one][0]).id != world.lead(found[other][0]).id:
                made.append(merge(world, found[one][0], found[other][0]))
        if made and dice.random() < 0.3:
            undo(world, made.pop(dice.randrange(len(made))))
    dice.shuffle(made)
    for merge_id in made:
        undo(world, merge_id)
    for email, (here_id, there_id) in found.items():
        assert own(world, here_id) == own(twin, there_id), email


def test_who_cannot_be_merged(world: World, make_world: Callable[..., World]) -> None:
    older, younger = pair(world)
    stranger = make_world("other", _guide("other")).send(SARA)
    test = world.send({"email": "t@example.com"}, test=True)
    merge(world, older.id, younger.id)
    for code, ids in {
        "same": (older.id, younger.id),
        "unknown": (older.id, stranger.lead_id),
        "test": (older.id, test.lead_id),
    }.items():
        with pytest.raises(MergeError) as refused:
            merge(world, *ids)
        assert refused.value.code == code


def test_a_merge_is_taken_back_once(world: World) -> None:
    older, younger = pair(world)
    merge_id = merge(world, older.id, younger.id)
    undo(world, merge_id)
    with pytest.raises(LookupError):
        undo(world, merge_id)
    with world.db.read() as conn:
        (kept,) = persons.merges_of(conn, younger.id)
    assert (kept.id, kept.undone_at) == (merge_id, world.clock())


def _guide(key: str) -> str:
    return intake.GUIDE.replace('key = "guide"', f'key = "{key}"')
