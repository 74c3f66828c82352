"""What somebody tries who knows a victim's name, number and company, or who floods one value, with the matcher."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest
from sqlalchemy import select

from gateway import matching
from gateway.matching import candidates, known
from gateway.matching.context import SAMPLE
from gateway.records import Fact
from gateway.store import counted, duplicates, leads, unweighed, visitors
from gateway.store import known as seen
from gateway.store.tables import facts, lead_keys
from tests.pipeline.conftest import World
from tests.support.people_forms import AGAIN, WHO, ZAND
from verification.matching.blocking import CAPS, key_number, keys

MALLORY = {**ZAND, "email": "mallory@example.ir", "job_title": "thief"}  # the victim's name, number and company


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world("demo", WHO)


def begun(world: World, answers: dict[str, Any], **more: Any) -> str:
    world.clock.advance(minutes=61)
    lead_id = world.send(answers, **more).lead_id
    assert lead_id is not None
    return lead_id


def confirmed(world: World, lead_id: str, **values: str) -> None:
    """They have shown that these are theirs."""
    with world.db.write() as conn:
        for name, value in values.items():
            leads.add_fact(conn, lead_id, Fact(name, value, "confirmed", "sub_mail", world.clock()))
        unweighed.add(conn, world.site.id, lead_id, world.clock())
    matching.weigh_due(world.db, world.clock())


def own(world: World, lead_id: str) -> dict[str, Any]:
    """All that the record holds."""
    with world.db.read() as conn:
        said = [(fact.field, fact.value, fact.strength, fact.state) for fact in leads.all_facts(conn, lead_id)]
        lead = leads.alone(conn, world.site.id, lead_id)
        assert lead is not None
        return {"facts": said, "identifiers": leads.identifiers_of(conn, lead_id), "merged": lead.merged_into}


@pytest.mark.parametrize("shown", [{}, {"phone": ZAND["phone"]}, {"email": ZAND["email"], "phone": ZAND["phone"]}])
def test_r03_attack_a_victims_name_number_and_company_with_ones_own_address(
    world: World, shown: dict[str, str]
) -> None:
    victim = begun(world, ZAND, visitor_id="vis_victim")
    confirmed(world, victim, **shown)
    before, asked_before = own(world, victim), seen_by(world, "vis_mallory")
    mallory = begun(world, MALLORY, visitor_id="vis_mallory")
    confirmed(world, mallory, email=MALLORY["email"])  # the address is truly theirs
    assert own(world, victim) == before, "nothing of the victim's is overwritten or filled"
    assert world.lead(mallory).id == mallory and world.lead(victim).earlier_ids == ()
    with world.db.read() as conn:
        assert visitors.lead_of(conn, world.site.id, "vis_mallory") == mallory
        (pair,) = duplicates.of_lead(conn, [mallory])
    assert (pair.decision, pair.answer) == ("same", None), "a link on weak evidence, and no more"
    assert seen_by(world, "vis_mallory") - asked_before <= set(MALLORY), "what is asked goes by their own answers"


def seen_by(world: World, visitor_id: str) -> set[str]:
    with world.db.read() as conn:
        found = seen.here(conn, world.site.id, visitor_id).known
    return {*found.answered, *getattr(found, "lead_answered", {})}


def test_r09_attack_whoever_typed_a_number_first_is_not_merged_with_its_owner(world: World) -> None:
    mallory = begun(world, MALLORY)
    confirmed(world, mallory, email=MALLORY["email"])
    victim = begun(world, ZAND)
    confirmed(world, victim, phone=ZAND["phone"])
    assert world.lead(victim).id == victim and world.lead(mallory).id == mallory


def test_r09_attack_a_confirmed_stranger_at_the_victims_number_stays_a_stranger(world: World) -> None:
    """A recycled number: both have shown it, under two names."""
    victim = begun(world, ZAND)
    confirmed(world, victim, phone=ZAND["phone"])
    stranger = begun(world, {**MALLORY, "first_name": "Maryam", "last_name": "Karimi"})
    confirmed(world, stranger, phone=ZAND["phone"])
    with world.db.read() as conn:
        (pair,) = duplicates.of_lead(conn, [stranger])
        assert counted.ids(conn, [victim, stranger]) == {victim: victim, stranger: stranger}
    assert (pair.decision, pair.answer) == ("possible", None)


def test_r02_attack_a_victims_number_written_into_another_question_is_not_shown(world: World) -> None:
    """Confirming one's own address confirms all of the form: what stands under a job title is no number."""
    victim = begun(world, {name: value for name, value in ZAND.items() if name != "email"})
    confirmed(world, victim, phone=ZAND["phone"])
    mallory = begun(world, {**MALLORY, "job_title": ZAND["phone"]}, visitor_id="vis_mallory")
    confirmed(world, mallory, email=MALLORY["email"], job_title=ZAND["phone"])
    assert world.lead(victim).id == victim and world.lead(mallory).id == mallory


def crowd(world: World, kind: str, value: str, many: int) -> None:
    """So many leads more that stand under one key, as a flood leaves them."""
    with world.db.write() as conn:
        ids = [leads.create(conn, world.site.id, world.clock()) for _ in range(many)]
        rows = [{"site_id": world.site.id, "key": key_number(kind, value), "lead_id": lead_id} for lead_id in ids]
        conn.execute(lead_keys.insert(), rows)


def test_attack_a_flooded_value_finds_nobody_and_hides_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands under the number and the company of somebody: they are found by what else they have."""
    victim = begun(world, ZAND)
    with world.db.read() as conn:
        record = known.read(conn, world.site.id, [victim])[victim].record
    crowd(world, "phone", record.tail, 2000)
    crowd(world, "names+company", next(value for kind, value in keys(record) if kind == "names+company"), 500)
    read: list[int] = []
    real = known.read

    def reads(conn: Any, site_id: str, lead_ids: Collection[str]) -> Any:
        read.append(len(lead_ids))
        return real(conn, site_id, lead_ids)

    monkeypatch.setattr(known, "read", reads)
    younger = begun(world, {**AGAIN, "email": "zandvakili@example.ir"})
    assert max(number for number in read if number != SAMPLE) <= candidates.MOST
    with world.db.read() as conn:
        (pair,) = duplicates.of_lead(conn, [younger])
    assert pair.older == victim
    phone = next(bits for field, _, bits in pair.parts if field == "phone")
    assert phone <= 5, "a number that thousands carry says hardly anything"


def test_attack_whatever_is_shared_so_many_are_looked_at_and_no_more(world: World) -> None:
    """Each key just below its cap, all of different leads."""
    victim = begun(world, ZAND)
    with world.db.read() as conn:
        record = known.read(conn, world.site.id, [victim])[victim].record
        found = candidates.find(conn, world.site.id, record, test=False)
    assert found.lead_ids == [victim]
    for kind, value in keys(record):
        crowd(world, kind, value, CAPS[kind] - 2)
    with world.db.read() as conn:
        found = candidates.find(conn, world.site.id, record, test=False)
        bound = sum(CAPS[kind] for kind, _ in keys(record))
        assert candidates.MOST < len(found.lead_ids) <= bound
    matching.weigh(world.db, world.site.id, victim, world.clock())


def test_attack_a_flood_of_one_name_leaves_staff_no_thousand_questions(world: World) -> None:
    for n in range(25):
        world.clock.advance(seconds=1)
        world.send({"email": f"n{n}@example.com", "phone": ZAND["phone"], "first_name": f"Name{n}"}, block_hash=f"b{n}")
    with world.db.read() as conn:
        held = conn.execute(select(facts.c.lead_id).distinct()).scalars().all()
        assert all(len([pair for pair in duplicates.of_lead(conn, [one]) if pair.younger == one]) <= 10 for one in held)
