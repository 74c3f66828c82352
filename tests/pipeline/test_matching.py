"""Leads held against each other by the worker: keys, pairs, who is counted as one, and who is merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select, text, update

from gateway import matching, merging
from gateway.matching import candidates, known, weighing
from gateway.records import Fact
from gateway.store import counted, duplicates, leads, persons, unweighed
from gateway.store.duplicates import Duplicate
from gateway.store.tables import lead_keys, sites
from gateway.store.tables import leads as lead_rows
from tests.pipeline.conftest import World
from tests.support.people_forms import AGAIN, WHO, ZAND
from tests.support.plans import planned
from verification.matching import blocking
from verification.matching.blocking import KEYS_VERSION, key_number, keys


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world("demo", WHO)


def begun(world: World, answers: Mapping[str, Any], **more: Any) -> str:
    world.clock.advance(minutes=61)
    lead_id = world.send(answers, **more).lead_id
    assert lead_id is not None
    return lead_id


def pairs(world: World, lead_id: str) -> list[Duplicate]:
    with world.db.read() as conn:
        return duplicates.of_lead(conn, [lead_id])


def said(world: World, lead_id: str) -> list[tuple[str, str | None]]:
    return [(pair.decision, pair.answer) for pair in pairs(world, lead_id)]


def counted_under(world: World, *lead_ids: str) -> list[str]:
    with world.db.read() as conn:
        found = counted.ids(conn, lead_ids)
    return [found[lead_id] for lead_id in lead_ids]


def stored_keys(world: World, lead_id: str) -> set[int]:
    with world.db.read() as conn:
        return set(conn.execute(select(lead_keys.c.key).where(lead_keys.c.lead_id == lead_id)).scalars())


def write(world: World, lead_id: str, **values: tuple[str, str]) -> None:
    """field=(value, strength), as staff or a CRM would write them."""
    with world.db.write() as conn:
        for name, (value, strength) in values.items():
            leads.add_fact(conn, lead_id, Fact(name, value, strength, "staff:test", world.clock()))
        unweighed.add(conn, world.site.id, lead_id, world.clock())
    matching.weigh_due(world.db, world.clock())


def test_a_lead_stands_under_the_keys_of_its_own_record_and_no_others(world: World) -> None:
    lead_id = begun(world, ZAND)
    with world.db.read() as conn:
        mine = known.read(conn, world.site.id, [lead_id])[lead_id]
    wanted = {key_number(kind, value) for kind, value in keys(mine.record)}
    assert len(wanted) > 5
    assert stored_keys(world, lead_id) == wanted


def test_keys_follow_what_is_changed(world: World) -> None:
    lead_id = begun(world, ZAND)
    before = stored_keys(world, lead_id)
    write(world, lead_id, last_name=("Sohrabi", "staff"))
    after = stored_keys(world, lead_id)
    with world.db.read() as conn:
        mine = known.read(conn, world.site.id, [lead_id])[lead_id]
    assert after == {key_number(kind, value) for kind, value in keys(mine.record)} != before


def test_an_erased_lead_stands_under_none_and_meets_nobody(world: World) -> None:
    erased = begun(world, ZAND)
    with world.db.write() as conn:
        conn.execute(update(lead_rows).where(lead_rows.c.id == erased).values(erased_at=world.clock()))
        unweighed.add(conn, world.site.id, erased, world.clock())
    assert pairs(world, begun(world, AGAIN)) == []
    assert stored_keys(world, erased) == set()


def test_a_site_knows_how_many_leads_it_has_without_counting(world: World) -> None:
    for n in range(3):
        begun(world, {"email": f"someone{n}@example.com", "first_name": "Sara"})
    with world.db.read() as conn:
        assert conn.execute(select(sites.c.leads_keyed)).scalar_one() == 3


def test_leads_of_before_get_their_keys_by_themselves(world: World) -> None:
    lead_id = begun(world, ZAND)
    with world.db.write() as conn:
        conn.execute(lead_keys.delete())
        conn.execute(update(sites).values(keys_version=0, leads_keyed=0))
    for _ in range(2):  # the second finds nothing to do
        matching.keep_keys_new(world.db, world.clock())
    with world.db.read() as conn:
        assert conn.execute(select(sites.c.keys_version)).scalar_one() == KEYS_VERSION
    assert matching.weigh_due(world.db, world.clock()) == 1
    assert stored_keys(world, lead_id)


def test_r2_the_same_by_what_anybody_types_is_linked_and_counted_once(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, AGAIN)
    assert said(world, younger) == [("same", None)]
    assert world.lead(younger).id == younger, "each is a record of its own"
    assert counted_under(world, older, younger) == [older, older]


def test_r9_one_phone_and_two_names_stay_two_and_are_shown(world: World) -> None:
    older = begun(world, ZAND)
    younger = begun(world, {**AGAIN, "first_name": "Maryam"})
    assert said(world, younger) == [("possible", None)]
    assert counted_under(world, older, younger) == [older, younger]


def test_a_third_that_fits_both_brings_no_two_people_together(world: World) -> None:
    farzin = begun(world, ZAND)
    maryam = begun(world, {**AGAIN, "first_name": "Maryam"})
    third = begun(world, {"phone": ZAND["phone"], "last_name": "Zandvakili", "company": "Acme Steel"})
    assert counted_under(world, farzin, maryam)[0] != counted_under(world, farzin, maryam)[1]
    assert len(set(counted_under(world, farzin, maryam, third))) >= 2


def test_who_is_no_longer_the_same_is_counted_apart(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, AGAIN)
    write(world, younger, first_name=("Maryam", "staff"))
    assert counted_under(world, older, younger) == [older, younger]
    assert said(world, younger) == [("possible", None)]
    write(world, younger, first_name=("Farzin", "staff"))
    assert counted_under(world, older, younger) == [older, older]


def test_staffs_word_stands_over_what_is_weighed_anew(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, AGAIN)
    (pair,) = pairs(world, younger)
    with world.db.write() as conn:
        duplicates.answer(conn, pair.id, "apart", by="usr_1", now=world.clock())
    assert counted_under(world, older, younger) == [older, younger]
    matching.weigh(world.db, world.site.id, younger, world.clock())
    matching.weigh(world.db, world.site.id, older, world.clock())
    assert said(world, younger) == [("same", "apart")]
    assert counted_under(world, older, younger) == [older, younger]
    with world.db.write() as conn:
        duplicates.answer(conn, pair.id, None, by=None, now=world.clock())
    assert counted_under(world, older, younger) == [older, older]


def test_whoever_joins_one_that_staff_kept_apart_from_another_is_kept_apart_too(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, AGAIN)
    (pair,) = pairs(world, younger)
    with world.db.write() as conn:
        duplicates.answer(conn, pair.id, "apart", by="usr_1", now=world.clock())
    third = begun(world, {**ZAND, "email": "farzin@example.ir"})
    under = counted_under(world, older, younger, third)
    assert under[0] != under[1] and under[2] in under[:2]


def test_r2_what_both_have_shown_merges_by_itself_and_can_be_taken_back(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, AGAIN)
    write(world, older, phone=(ZAND["phone"], "confirmed"))
    assert said(world, younger) == [("same", None)], "shown on one side alone it is what anybody can arrange"
    write(world, younger, phone=(ZAND["phone"], "confirmed"))
    assert said(world, younger) == [("same", "merged")]
    assert (world.lead(younger).id, world.lead(younger).earlier_ids) == (older, (younger,))
    assert counted_under(world, older, younger) == [older, older]
    with world.db.write() as conn:
        (merge,) = persons.merges_of(conn, older)
        merging.undo(conn, world.site.id, merge.id, by="usr_1", now=world.clock())
    for lead_id in (older, younger):
        matching.weigh(world.db, world.site.id, lead_id, world.clock())
    assert world.lead(younger).id == younger
    assert counted_under(world, older, younger) == [older, younger]


def test_r2_two_with_different_confirmed_mailboxes_never_merge_by_themselves(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, AGAIN)
    for lead_id, answers in ((older, ZAND), (younger, AGAIN)):
        write(world, lead_id, email=(answers["email"], "confirmed"), phone=(ZAND["phone"], "confirmed"))
    assert said(world, younger) == [("same", None)]
    assert world.lead(younger).id == younger


def test_r2_one_number_of_one_crm_merges_whatever_else_is_known(world: World) -> None:
    older = begun(world, {"email": "fz@example.com", "first_name": "Farzin"})
    younger = begun(world, {"email": "zand@example.ir", "last_name": "Zandvakili"})
    with world.db.write() as conn:
        for lead_id in (older, younger):
            leads.add_identifier(conn, (world.site.id, lead_id), "crm", "hubspot:17", world.clock())
            unweighed.add(conn, world.site.id, lead_id, world.clock())
    matching.weigh_due(world.db, world.clock())
    assert world.lead(younger).id == older


def test_merging_and_parting_by_staff_is_followed_by_who_is_counted_as_one(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, {"email": "other@example.ir", "job_title": "CEO"})
    with world.db.write() as conn:
        merge_id = merging.merge(conn, world.site.id, (older, younger), by="usr_1", now=world.clock())
    third = begun(world, AGAIN)
    assert set(counted_under(world, older, younger, third)) == {older}
    with world.db.write() as conn:
        merging.undo(conn, world.site.id, merge_id, by="usr_1", now=world.clock())
    assert counted_under(world, older, younger, third) == [older, younger, older]


def test_r38_tests_and_real_leads_never_meet(world: World) -> None:
    real = begun(world, ZAND)
    tests = [begun(world, answers, test=True) for answers in (ZAND, AGAIN)]
    assert pairs(world, real) == []
    assert said(world, tests[0]) == [("same", None)]
    assert stored_keys(world, real).isdisjoint(stored_keys(world, tests[0]))


def test_r35_sites_are_walls_to_the_matcher(make_world: Callable[..., World], world: World) -> None:
    other = make_world("other", WHO.replace('key = "guide"', 'key = "other"'))
    begun(world, ZAND)
    assert pairs(other, begun(other, AGAIN)) == []


def test_weighing_twice_changes_nothing(world: World) -> None:
    older, younger = begun(world, ZAND), begun(world, AGAIN)
    before = (pairs(world, older), world.lead(older).version, world.lead(younger).version)
    for lead_id in (younger, older):
        matching.weigh(world.db, world.site.id, lead_id, world.clock())
    assert (pairs(world, older), world.lead(older).version, world.lead(younger).version) == before


def test_a_preview_says_what_would_become_of_a_row_and_writes_nothing(world: World) -> None:
    older = begun(world, ZAND)
    with world.db.read() as conn:
        context = matching.context(conn, world.site.id, world.clock())
        new = matching.newcomer({**AGAIN, "full_name": ""}, world.clock())
        stranger = matching.newcomer({"first_name": "Sara", "email": "sara@example.com"}, world.clock())
        found = matching.preview(conn, new, world.site.id, context)
        assert matching.preview(conn, stranger, world.site.id, context) == []
    assert [(one.lead_id, one.then) for one in found] == [(older, "link")]
    assert pairs(world, older) == []


def test_a_lead_that_cannot_be_weighed_waits_and_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = begun(world, ZAND)
    good = begun(world, AGAIN)
    weighed: list[str] = []

    def fails(_conn: object, lead_id: str, _weighing: object) -> None:
        if lead_id == bad:
            raise ZeroDivisionError
        weighed.append(lead_id)

    monkeypatch.setattr("gateway.matching.working.weigh_in", fails)
    with world.db.write() as conn:
        for lead_id in (good, bad):
            unweighed.add(conn, world.site.id, lead_id, world.clock())
    matching.weigh_due(world.db, world.clock())
    assert weighed == [good]
    assert matching.weigh_due(world.db, world.clock()) == 0
    world.clock.advance(minutes=2)
    assert matching.weigh_due(world.db, world.clock()) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_marks_a_lead_that_is_being_weighed_waits_for_nobody_and_has_it_weighed_anew(world: World) -> None:
    lead_id = begun(world, ZAND)
    with world.db.write() as conn:
        unweighed.add(conn, world.site.id, lead_id, world.clock())
    with world.db.write() as weighs:
        mark = unweighed.marked(weighs, lead_id)
        assert mark is not None
        world.clock.advance(minutes=1)
        with world.db.write() as writes:
            writes.execute(text("SET LOCAL lock_timeout = '5s'"))  # else a fault would hang here
            unweighed.add(writes, world.site.id, lead_id, world.clock())
            unweighed.done(weighs, lead_id, mark)
    assert matching.weigh_due(world.db, world.clock()) == 1
    assert matching.weigh_due(world.db, world.clock()) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stock_of_one_time_is_not_sorted(world: World) -> None:
    with planned(world.db, "unweighed") as plans:
        matching.weigh_due(world.db, world.clock())
    assert [line for line in plans if "TEMP B-TREE" in line] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_neither_a_table_nor_a_site_is_read_whole_for_a_lead(world: World) -> None:
    begun(world, ZAND)
    younger = begun(world, AGAIN)
    tables = ("lead_keys", "leads", "facts", "identifiers", "duplicates", "merges", "visitors", "unweighed")
    with planned(world.db, *tables) as plans:
        with world.db.write() as conn:
            unweighed.add(conn, world.site.id, younger, world.clock())
        matching.weigh_due(world.db, world.clock())
    assert [line for line in plans if line.startswith(tuple(f"SCAN {table}" for table in tables))] == []
    by_site = [line for line in plans if line.endswith("(site_id=?)")]
    assert [line for line in by_site if "updated_at" not in line] == [], "the sample alone goes by site, newest first"


def test_of_a_value_that_many_share_no_more_is_read_than_its_cap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "CAPS", {**blocking.CAPS, "phone": 3})
    for n in range(5):
        begun(world, {"email": f"n{n}@example.com", "phone": ZAND["phone"]})
    with world.db.read() as conn:
        record = matching.newcomer(ZAND, world.clock()).record
        found = candidates.find(conn, world.site.id, record, test=False)
    assert found.lead_ids == []
    assert found.borne["phone", record.tail] == candidates.BEYOND


def test_one_lead_makes_so_many_pairs_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "MOST_PAIRS", 2)
    names: Sequence[str] = ("Sara", "Nima", "Reza", "Omid")
    ids = [begun(world, {**ZAND, "email": f"{name}@example.com", "first_name": name}) for name in names]
    assert len([pair for pair in pairs(world, ids[-1]) if pair.younger == ids[-1]]) == 2
