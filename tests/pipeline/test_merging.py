"""Two leads that are one person: merged under the older, and apart again as if they had never been."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway import merging, standing, story
from gateway.cli.why import _stories
from gateway.merging import MergeError
from gateway.records import Event, Lead
from gateway.store import (
    consents,
    events,
    known,
    leads,
    leads_search,
    persons,
    submissions,
    submissions_search,
    visitors,
)
from tests.pipeline.conftest import World
from tests.support import intake
from tests.support.plans import planned

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


def add_click(conn: Connection, world: World, lead_id: str, name: str) -> None:
    now = world.clock()
    event = Event(name, "email_click", now, source="api")
    assert events.add(conn, world.site.id, lead_id, event, now)


def test_r26_an_event_of_a_merged_record_reaches_its_person_by_the_sweep(world: World) -> None:
    older, younger = pair(world)
    merge(world, older.id, younger.id)
    before = world.lead(older.id).score
    with world.db.write() as conn:
        add_click(conn, world, younger.id, "second")
        leads.mark_for_scoring(conn, younger.id, world.clock())
        assert leads.with_score_due(conn, world.clock(), 10) == [(world.site.id, younger.id)]
        standing.refresh(conn, world.site.id, younger.id, world.clock())
        assert leads.with_score_due(conn, world.clock(), 10) == []
    assert world.lead(older.id).score > before


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_who_bring_something_to_one_person_at_once_both_count(world: World, merged: bool) -> None:
    """SQLite's writer is alone."""
    older, younger = pair(world)
    if merged:
        merge(world, older.id, younger.id)
    came_to = younger if merged else older
    begun_too = threading.Event()

    def second() -> None:
        with world.db.write() as conn:
            add_click(conn, world, came_to.id, "second")
            begun_too.set()
            standing.refresh(conn, world.site.id, came_to.id, world.clock())

    with ThreadPoolExecutor(1) as pool:
        with world.db.write() as conn:
            add_click(conn, world, older.id, "first")
            standing.refresh(conn, world.site.id, older.id, world.clock())
            waiting = pool.submit(second)
            assert begun_too.wait(10)
            assert not wait([waiting], 0.3).done
        waiting.result(10)
    person = world.lead(older.id)
    with world.db.read() as conn:
        assert person.score == standing.explain(conn, person, world.clock()).score


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_merges_at_once_come_one_after_the_other(world: World) -> None:
    a, b, c, d = (begun(world, {"email": f"{name}@example.com"}) for name in "abcd")
    merge(world, c.id, d.id)
    with ThreadPoolExecutor(1) as pool:
        with world.db.write() as conn:
            merging.merge(conn, world.site.id, (a.id, d.id), by=None, now=world.clock())
            waiting = pool.submit(merge, world, b.id, c.id)
            assert not wait([waiting], 0.3).done
        waiting.result(10)
    assert world.lead(d.id).earlier_ids == (b.id, c.id, d.id)


def test_a_person_goes_on_from_the_further_stage_and_apart_from_its_own(world: World) -> None:
    older, younger, third = (begun(world, {"email": f"{name}@example.com"}) for name in "abc")
    with world.db.write() as conn:
        leads.set_columns(conn, younger.id, {"stage": "SQL"})
    first = merge(world, older.id, younger.id)
    assert world.lead(older.id).stage == "SQL"
    undo(world, merge(world, older.id, third.id))
    assert (world.lead(older.id).stage, world.lead(third.id).stage) == ("SQL", third.stage)
    undo(world, first)
    assert (world.lead(older.id).stage, world.lead(younger.id).stage) == (older.stage, "SQL")


def test_r22_each_keeps_its_own_download_when_they_are_apart(world: World) -> None:
    older, younger = pair(world)
    merge_id = merge(world, older.id, younger.id)
    with world.db.write() as conn:
        for lead in (older, younger):
            (sent,) = (one for one in submissions.of_lead(conn, world.site.id, lead.id) if one.lead_id == lead.id)
            events.add_download(conn, world.site.id, sent.id, offer_key="guide", level="top", now=world.clock())
    assert downloads(world, older.id) == 1
    undo(world, merge_id)
    assert (downloads(world, older.id), downloads(world, younger.id)) == (1, 1)


def downloads(world: World, lead_id: str) -> int:
    with world.db.read() as conn:
        return sum(event.type == "download" for event in events.of_lead(conn, world.site.id, lead_id))


def test_the_list_shows_the_person_and_finds_it_by_what_any_record_says(world: World) -> None:
    older, younger = pair(world)
    with world.db.write() as conn:
        leads.set_columns(conn, younger.id, {"contact_requested": True})
    merge_id = merge(world, older.id, younger.id)
    assert listed(world, "s.ahmadi@example.ir") == [(older.id, True)]
    undo(world, merge_id)
    assert listed(world, "s.ahmadi@example.ir") == [(younger.id, True)]
    assert listed(world, "sara@example.com") == [(older.id, False)]


def test_why_tells_a_person_once_whatever_names_it(world: World) -> None:
    phone = {"phone": "+989121234567"}
    older, younger = begun(world, {**SARA, **phone}), begun(world, {**WORK, **phone})
    merge(world, older.id, younger.id)
    with world.db.read() as conn:
        told = list(_stories(conn, "+989121234567", None, world.clock()))
    assert [found["lead"]["id"] for found in told] == [older.id]


def listed(world: World, text: str) -> list[tuple[str, bool]]:
    with world.db.read() as conn:
        page = leads_search.page(conn, world.site.id, leads_search.Filter(text=text))
    return [(line.id, line.contact_requested) for line in page.lines]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_person_is_read_by_index_and_never_by_site(world: World) -> None:
    """SQLite has no statistics: what it plans for a few rows it does for a million."""
    older, younger = pair(world)
    merge(world, older.id, younger.id)
    tables = (
        "leads",
        "submissions",
        "verdicts",
        "events",
        "consents",
        "facts",
        "identifiers",
        "deliveries",
        "visitors",
    )
    with planned(world.db, *tables) as plans, world.db.write() as conn:
        standing.refresh(conn, world.site.id, younger.id, world.clock())
        story.of_lead(conn, world.lead(younger.id), world.clock())
        submissions_search.of_lead(conn, world.site.id, younger.id)
        persons.related(conn, world.site.id, younger.id)
        leads.with_score_due(conn, world.clock(), 10)
        leads.find(conn, world.site.id, "sara@example.com")
        visitors.lead_of(conn, world.site.id, "vis_2")
        submissions.accepted_without_lead(conn, world.site.id, "vis_2")
        known.here(conn, world.site.id, "vis_2")
        events.give_to_lead(conn, world.site.id, ["vis_2"], younger.id, world.clock())
        events.give_download(conn, world.site.id, "sub_1", offer_key="guide/guide.pdf", lead_id=younger.id)
    whole = [line for line in plans if line.startswith(tuple(f"SCAN {table}" for table in tables))]
    by_site = [line for table in tables for line in plans if f"SEARCH {table} " in line and "(site_id=?)" in line]
    assert whole + by_site == []


def _guide(key: str) -> str:
    return intake.GUIDE.replace('key = "guide"', f'key = "{key}"')
