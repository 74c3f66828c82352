"""What people share (rules 5, 8, 9): one browser, one phone, one mailbox, one device. They stay who they are, and staff
see that they share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from config import Config
from gateway import jobs, relinking
from gateway.relinking import Mover
from gateway.store import duplicates, leads, persons
from gateway.store.duplicates import Duplicate
from tests.pipeline.conftest import World
from tests.support import api_side, intake
from tests.support import visitor_side as side
from tests.support.api_side import Installation
from tests.support.clock import SettableClock
from tests.support.people_forms import ALL

Answers = Mapping[str, str]

SIBLINGS = (
    {"email": "nima.rez@example.com", "first_name": "نیما", "last_name": "رضاییان‌پور", "city": "شیراز"},
    {"email": "maryam.rez@example.com", "first_name": "مریم", "last_name": "رضاییان‌پور", "city": "شیراز"},
)
SPOUSES = (
    {"email": "dana@example.com", "first_name": "Dana", "last_name": "Kowalczyk", "phone": "+989121110000"},
    {"email": "peter@example.com", "first_name": "Peter", "last_name": "Kowalczyk", "phone": "+989121110000"},
)
NAMESAKES = (
    {"email": "sara77@example.com", "first_name": "Sara", "last_name": "Ahmadi", "city": "Tehran"},
    {"email": "s.ahmadi@example.ir", "first_name": "Sara", "last_name": "Ahmadi", "city": "Tehran"},
)
COLLEAGUES = (
    {
        "email": "one@example.ir",
        "first_name": "Omid",
        "last_name": "Karimi",
        "company": "Acme",
        "phone": "+982188881111",
    },
    {
        "email": "two@example.ir",
        "first_name": "Reza",
        "last_name": "Naderi",
        "company": "Acme",
        "phone": "+982188881111",
    },
)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world("demo", ALL)


def begun(world: World, answers: Answers, **browser: str | None) -> str:
    world.clock.advance(minutes=61)
    lead_id = world.send(answers, **browser).lead_id
    assert lead_id is not None
    return lead_id


def pair(world: World, both: tuple[Answers, Answers], browser: str | None) -> tuple[str, str]:
    """The two, from one browser or from none that is known. A browser has a new id behind each identifier (rule 8)."""
    ids = (browser and f"{browser}_1", browser and f"{browser}_2")
    older = begun(world, both[0], visitor_id=ids[0])
    return older, begun(world, both[1], visitor_id=ids[1], previous_visitor_id=ids[0])


def said(world: World, lead_id: str) -> list[Duplicate]:
    with world.db.read() as conn:
        return duplicates.of_lead(conn, [lead_id])


def related(world: World, lead_id: str) -> dict[str, str]:
    with world.db.read() as conn:
        return persons.related(conn, world.site.id, lead_id)


@pytest.mark.parametrize(
    "both, shared",
    [
        (SIBLINGS, ("nothing", "browser")),
        (NAMESAKES, ("nothing", "browser")),
        (SPOUSES, ("phone", "phone")),
        (COLLEAGUES, ("phone", "phone")),
    ],
)
def test_r9_that_two_share_a_browser_says_nothing_to_the_matcher(
    make_world: Callable[..., World], both: tuple[Answers, Answers], shared: tuple[str, str]
) -> None:
    """Two addresses in one browser are two leads, weighed as if they had come from two: no bit more for *same*."""
    found = []
    for key, browser in (("one", "vis"), ("apart", None)):
        world = make_world(key, ALL.replace('key = "guide"', f'key = "{key}"'))
        older, younger = pair(world, both, browser)
        assert world.lead_count() == 2
        assert world.lead(younger).id == younger != older
        assert related(world, younger).get(older, "nothing") == shared[browser is not None]
        found.append([(one.decision, one.weight, one.parts) for one in said(world, younger)])
    assert found[0] == found[1]
    assert not any(decision == "same" for decision, *_ in found[0])


def test_r5_what_comes_without_an_identifier_is_the_last_ones_and_overwrites_nobody(world: World) -> None:
    nima, maryam = pair(world, SIBLINGS, "vis")
    sent = world.send({"first_name": "?", "company": "Acme"}, visitor_id="vis_2", previous_visitor_id="vis_2")
    assert sent.lead_id == maryam
    assert (world.lead(maryam).facts["first_name"].value, world.lead(maryam).facts["company"].strength) == (
        "مریم",
        "browser",
    )
    assert "company" not in world.lead(nima).facts


def test_r9_a_family_phone_stays_two_peoples_through_all_that_comes(world: World) -> None:
    """Mother and son: one number. Each comes back by their own address; a form with the number alone is neither's."""
    mother, son = pair(world, SPOUSES, None)
    assert related(world, mother) == {son: "phone"} and related(world, son) == {mother: "phone"}
    again = begun(world, {**SPOUSES[0], "company": "Acme"})
    by_number = begun(world, {"phone": "+989121110000", "first_name": "Daniela"})
    assert (again, by_number in {mother, son}) == (mother, False)
    assert "company" not in world.lead(son).facts
    assert [world.lead(one).facts["first_name"].value for one in (mother, son)] == ["Dana", "Peter"]
    for one in (mother, son):
        assert world.lead(one).earlier_ids == ()
        assert not any(found.decision == "same" for found in said(world, one))


def test_r3_at_a_shared_mailbox_the_second_ones_words_are_proposals_and_staff_part_the_two(world: World) -> None:
    """One mailbox is one lead (rule 4): a colleague who types it overwrites nothing, and is moved by one press."""
    omid = begun(world, {"email": "info@example.ir", "first_name": "Omid", "last_name": "Karimi"}, visitor_id="vis_o")
    world.clock.advance(minutes=61)
    second = world.send(
        {"email": "info@example.ir", "first_name": "Reza", "last_name": "Naderi", "company": "Acme"}, visitor_id="vis_r"
    )
    assert second.lead_id == omid
    assert [world.lead(omid).facts[name].value for name in ("first_name", "last_name")] == ["Omid", "Karimi"]
    with world.db.read() as conn:
        proposed = {f.field: f.value for f in leads.facts_of_person(conn, world.lead(omid)) if f.state == "proposed"}
    assert proposed == {"first_name": "Reza", "last_name": "Naderi"}
    with world.db.write() as conn:
        relinking.relink(conn, second.id, None, Mover(world.site.id, None, world.clock()))
    world.process()
    reza = world.submission(second.id).lead_id
    assert reza is not None and reza != omid and world.lead_count() == 2
    assert world.lead(reza).facts["last_name"].value == "Naderi"
    assert not any(found.decision == "same" and found.answer != "apart" for found in said(world, reza))


def test_r9_colleagues_who_name_the_same_mailbox_beside_their_own_stay_two(world: World) -> None:
    """By lists and CRMs a lead may carry info@ too; here they share switchboard and company."""
    omid, reza = pair(world, COLLEAGUES, None)
    assert world.lead_count() == 2
    assert related(world, omid) == {reza: "phone"}
    assert not any(found.decision == "same" for found in said(world, reza))


# --- a kiosk ---------------------------------------------------------------------------------------------------------

VISITORS = (
    {"email": "a@example.com", "first_name": "Maryam"},
    {"email": "b@example.com", "first_name": "Ali", "phone": "09121234567"},
    {"email": "c@example.com", "first_name": "Reza", "phone": "09121234567"},
    {"phone": "09357654321", "first_name": "Nika"},
)


@pytest.fixture
def installation(config: Config, clock: SettableClock) -> Iterator[Installation]:
    made = api_side.make(config, clock)
    yield made
    made.parts.db.close()


def test_r8_r9_a_kiosk_keeps_many_people_apart(installation: Installation, clock: SettableClock) -> None:
    """One device at a fair, by page and by embed: no id is set, taken or carried on; everybody is asked the same; only
    who shares a number is shown beside the other."""
    parts = installation.parts
    with parts.db.write() as conn:
        fair = intake.make_site(conn, clock(), "fair")
        toml = ALL.replace('key = "guide"', 'key = "fair"').replace(
            "questions_per_visit = 2", "questions_per_visit = 9"
        )
        intake.make_form(conn, fair, clock(), f"kiosk = true\n{toml}\n[policy]\nhold_at = 1000\n")
    device, asked = installation.app.test_client(), []
    for number, visitor in enumerate(VISITORS):
        clock.advance(minutes=5)
        if number % 2:
            spec = device.post("/f/fair/spec", json={"_visitor": f"vis.{number}"}, content_type="text/plain").json
            asked.append([field["name"] for step in spec["steps"] for field in step["fields"]])
            body = {"_ticket": spec["ticket"], "_visitor": "vis.forged", "_signals": {}, **visitor}
            clock.advance(seconds=40)
            reply = device.post("/f/fair", json=body, content_type="text/plain")
            assert (spec["visitor"], reply.json.get("visitor")) == (None, None)
        else:
            page = device.get("/f/fair?lang=en").text
            asked.append(sorted(side.names_in(page) & {"email", "first_name", "phone", "job_title"}))
            clock.advance(seconds=40)
            reply = device.post("/f/fair", data={"_ticket": side.ticket_in(page), "_signals": "{}", **visitor})
        assert reply.status_code in {200, 303}, reply.text
    assert device.get_cookie("sarnakh_v_fair") is None
    jobs.drain_with(parts)
    with parts.db.read() as conn:
        rows = side.rows(conn)
        assert [(row.status, row.visitor_id) for row in rows] == [("accepted", None)] * len(VISITORS)
        a, b, c, d = (row.lead_id for row in rows)
        assert len({a, b, c, d}) == 4
        shown = [persons.related(conn, fair.id, one) for one in (a, b, c, d)]
    assert shown == [{}, {c: "phone"}, {b: "phone"}, {}]
    assert asked[0] == asked[2] and asked[1] == asked[3]
