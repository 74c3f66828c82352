"""People of one organisation are seen together; nothing of a person depends on it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway import merging, organising, standing
from gateway.store import organisations
from gateway.store.organisations import Organisation, organisation_of
from gateway.store.tables import leads as lead_rows
from gateway.store.tables import organisation_people, ungrouped
from gateway.store.tables import organisations as organisation_rows
from tests.pipeline.conftest import World
from tests.support import intake
from tests.support.plans import read_whole

COMPANY = """
[[fields]]
name = "company"
type = "text"
required = false
label = { fa = "شرکت", en = "Company" }
"""
FORM = intake.GUIDE.replace("[[consents]]", f"{COMPANY}\n[[consents]]")


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(toml=FORM)


def send(world: World, email: str, company: str | None = None, **more: Any) -> str:
    world.clock.advance(minutes=7)
    answers = {"email": email, **({"company": company} if company else {})}
    lead_id = world.send(answers, **more).lead_id
    assert lead_id
    return lead_id


def settle(world: World) -> None:
    while organising.regroup_due(world.db, world.clock()):
        pass


def found(world: World) -> dict[str, Organisation]:
    settle(world)
    with world.db.read() as conn:
        rows = conn.execute(select(organisation_rows).where(organisation_rows.c.site_id == world.site.id)).all()
    return {row.key: organisation_of(row) for row in rows}


def people(world: World, key: str) -> set[str]:
    one = found(world)[key]
    with world.db.read() as conn:
        return {member.lead_id for member in organisations.members(conn, world.site.id, one.id)}


def merge(world: World, one: str, other: str) -> str:
    with world.db.write() as conn:
        return merging.merge(conn, world.site.id, (one, other), by=None, now=world.clock())


def set_column(world: World, lead_id: str, **columns: Any) -> None:
    with world.db.write() as conn:
        conn.execute(update(lead_rows).where(lead_rows.c.id == lead_id).values(columns))
        organisations.mark(conn, world.site.id, [lead_id], world.clock())


def test_people_of_one_domain_are_one_organisation_whatever_the_sub_domain(world: World) -> None:
    mine = {send(world, "a@acme.co.ir"), send(world, "info@mail.acme.co.ir")}
    send(world, "b@other.co.ir")
    assert people(world, "acme.co.ir") == mine
    assert {key: one.people for key, one in found(world).items()} == {"acme.co.ir": 2, "other.co.ir": 1}


@pytest.mark.parametrize("email", ["a@gmail.com", "a@duck.com", "a@mail.yahoo.co.uk", "a@ymail.com"])
def test_mailboxes_of_strangers_make_no_organisation(world: World, email: str) -> None:
    send(world, email)
    assert found(world) == {}


def test_without_an_own_domain_the_name_counts_without_its_legal_form(world: World) -> None:
    mine = {send(world, "a@gmail.com", "شرکت آكمه"), send(world, "b@gmail.com", "آکمه (سهامی خاص)")}
    send(world, "c@gmail.com", "شخصی")
    assert people(world, "=اکمه") == mine
    assert list(found(world)) == ["=اکمه"]


def test_a_name_leads_to_the_domain_whose_people_agree_on_it(world: World) -> None:
    alone = send(world, "z@gmail.com", "Acme Ltd")
    for number in range(2):
        send(world, f"p{number}@acme.ir", "ACME")
    assert set(found(world)) == {"=acme", "acme.ir"}  # two may be made up
    send(world, "p2@acme.ir", "Acme Co.")
    assert set(found(world)) == {"acme.ir"} and alone in people(world, "acme.ir")
    assert found(world)["acme.ir"].name in {"ACME", "Acme Co.", "Acme Ltd"}
    for number in range(3):
        send(world, f"q{number}@acme.ir", "Globex")
    assert people(world, "=acme") == {alone}  # no majority any more


def test_two_confirmed_addresses_are_enough(world: World) -> None:
    alone = send(world, "z@gmail.com", "Acme Ltd")
    for number in range(2):
        send(world, f"p{number}@acme.ir", "ACME", channel="api")
    assert alone in people(world, "acme.ir")


def test_a_name_that_two_domains_bear_leads_to_neither(world: World) -> None:
    alone = send(world, "z@gmail.com", "Acme")
    for domain in ("acme.ir", "acme.com"):
        for number in range(3):
            send(world, f"p{number}@{domain}", "Acme")
    assert people(world, "=acme") == {alone}
    assert {key: one.people for key, one in found(world).items()} == {"acme.ir": 3, "acme.com": 3, "=acme": 1}


def test_one_submission_moves_nobody_else(world: World) -> None:
    for number in range(3):
        send(world, f"p{number}@acme.ir", "Acme")
    alone = send(world, "z@gmail.com", "Acme")
    before = people(world, "acme.ir")
    send(world, "evil@acme.ir", "Globex")
    victim = send(world, "v@gmail.com", "Globex")
    assert before < people(world, "acme.ir") and alone in people(world, "acme.ir")
    assert people(world, "=globex") == {victim}


def test_the_best_cell_leaves_competitors_out(world: World) -> None:
    one, other = send(world, "a@acme.ir"), send(world, "b@acme.ir")
    settle(world)
    set_column(world, one, grade="A", interest=2, score=60, disqualified="competitor")
    set_column(world, other, grade="C", interest=3, score=30)
    best = found(world)["acme.ir"]
    assert (best.grade, best.interest, best.score, best.people) == ("C", 3, 30, 2)
    set_column(world, other, disqualified="own_staff")
    assert found(world)["acme.ir"].grade is None


def test_a_person_counts_once_after_a_merge_and_twice_when_it_is_undone(world: World) -> None:
    one, other = send(world, "a@acme.ir"), send(world, "a.b@gmail.com", "Globex")
    before = found(world)
    merge_id = merge(world, one, other)
    assert {key: row.people for key, row in found(world).items()} == {"acme.ir": 1}
    with world.db.write() as conn:
        merging.undo(conn, world.site.id, merge_id, by=None, now=world.clock())
    assert {key: row.people for key, row in found(world).items()} == {key: row.people for key, row in before.items()}


def test_the_same_by_all_we_know_count_once(world: World) -> None:
    one, other = send(world, "a@acme.ir"), send(world, "b@acme.ir")
    set_column(world, other, same_as=one)
    assert found(world)["acme.ir"].people == 1


def test_r38_tests_and_erased_ones_are_of_no_organisation(world: World) -> None:
    send(world, "a@acme.ir", test=True)
    gone = send(world, "b@acme.ir")
    assert found(world)["acme.ir"].people == 1
    set_column(world, gone, erased_at=world.clock())
    assert found(world) == {}


def test_r35_sites_are_walls(make_world: Callable[..., World]) -> None:
    world, other = make_world(toml=FORM), make_world("north", FORM.replace('"guide"', '"north"'))
    send(world, "a@acme.ir")
    send(other, "a@acme.ir")
    assert found(world)["acme.ir"].people == found(other)["acme.ir"].people == 1
    assert found(world)["acme.ir"].id != found(other)["acme.ir"].id


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_order_the_same_organisations_come_of_it(world: World, seed: int) -> None:
    """Grouped one by one, or all anew at the end."""
    dice = random.Random(seed)
    sent = []
    for number in range(14):
        email = dice.choice([f"p{number}@acme.ir", f"p{number}@globex.com", f"p{number}@gmail.com"])
        sent.append(send(world, email, dice.choice(["Acme", "Globex", None])))
        if dice.random() < 0.5:
            settle(world)
    one_by_one = {lead_id: key for key in found(world) for lead_id in people(world, key)}
    with world.db.write() as conn:
        organisations.mark(conn, world.site.id, dice.sample(sent, len(sent)), world.clock())
    assert {lead_id: key for key in found(world) for lead_id in people(world, key)} == one_by_one
    assert sum(row.people for row in found(world).values()) == len(one_by_one)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_grouping_goes_by_indexes(world: World) -> None:
    for number in range(4):
        send(world, f"p{number}@acme.ir", "Acme")
    send(world, "z@gmail.com", "Acme")
    with read_whole(world.db, "organisations", "organisation_people", "leads", "events", "submissions") as scans:
        settle(world)
    assert scans == []
    with world.db.read() as conn:
        assert conn.execute(select(ungrouped)).first() is None
        assert len(conn.execute(select(organisation_people)).all()) == 5


# --- in payloads ----------------------------------------------------------------------------------------------------


def test_r26_what_colleagues_do_raises_nobodys_version(world: World) -> None:
    """A name moves people to a domain, or its spelling changes: nothing of theirs did."""
    alone = send(world, "z@gmail.com", "Acme")
    settle(world)
    before = world.lead(alone).version
    for number in range(3):
        send(world, f"p{number}@acme.ir", "ACME")
    assert alone in people(world, "acme.ir")
    with world.db.write() as conn:
        standing.refresh(conn, world.site.id, alone, world.clock())
    assert world.lead(alone).version == before


def test_one_lead_is_grouped_when_it_is_asked_for_and_waits_no_more(world: World) -> None:
    mine, other = send(world, "a@acme.ir"), send(world, "b@globex.ir")
    organising.regroup(world.db, world.site.id, mine, world.clock())
    with world.db.read() as conn:
        assert organisations.marked_at(conn, mine) is None and organisations.marked_at(conn, other) is not None
        one = organisations.of_person(conn, world.site.id, mine)
        assert one is not None and one.domain == "acme.ir"
        assert organisations.of_person(conn, world.site.id, other) is None
    organising.regroup(world.db, world.site.id, mine, world.clock())  # nothing to do
