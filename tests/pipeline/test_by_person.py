"""Counting by person: nobody counts twice, and nothing moves when a merge is undone."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway import merging
from gateway.records import Submission
from gateway.store import arrivals, by_person
from gateway.store.by_person import By, Line, Period, Touch
from gateway.store.tables import arrivals as arrival_rows
from gateway.store.tables import beginnings
from gateway.store.tables import leads as lead_rows
from tests.pipeline.conftest import World
from tests.support import intake
from tests.support.plans import read_whole

CONTACT = intake.GUIDE.replace('key = "guide"', 'key = "contact"')
ALIASES = ("began", "came", "own", "record", "under")  # of these tables in the report
TRAPPED = {"honeypot": "x", "script": True, "fill_seconds": 30.0}
SARA, WORK, REZA = ({"email": address} for address in ("sara@example.com", "sara@example.ir", "reza@example.com"))


def page(campaign: str | None, **utm: str) -> dict[str, Any]:
    return {"url": "https://shop.example/guide", "utm": {**({"utm_campaign": campaign} if campaign else {}), **utm}}


def around(world: World, days: float = 400) -> Period:
    return Period(world.clock() - timedelta(days=days), world.clock() + timedelta(seconds=1))


def send(world: World, answers: Mapping[str, Any], **more: Any) -> Submission:
    """One later than those before."""
    world.clock.advance(hours=1)
    return world.send(answers, **more)


def total(world: World, period: Period | None = None) -> Line:
    with world.db.read() as conn:
        return by_person.total(conn, world.site.id, period or around(world))


def lines(world: World, by: By, touch: Touch = "converting", period: Period | None = None) -> dict[str | None, Line]:
    with world.db.read() as conn:
        found = by_person.lines(conn, world.site.id, period or around(world), by, touch=touch)
    return {line.name: line for line in found}


def counts(line: Line) -> tuple[int, ...]:
    return line.sent, line.accepted, line.people, line.new, line.returning, line.duplicates, line.folded


def merge(world: World, one: str | None, other: str | None) -> str:
    assert one and other
    with world.db.write() as conn:
        return merging.merge(conn, world.site.id, (one, other), by=None, now=world.clock())


def undo(world: World, merge_id: str) -> None:
    with world.db.write() as conn:
        merging.undo(conn, world.site.id, merge_id, by=None, now=world.clock())


def count_as_one(world: World, *ids: str | None) -> None:
    """As the matcher does with those that are the same by all we know."""
    with world.db.write() as conn:
        conn.execute(update(lead_rows).where(lead_rows.c.id.in_(ids[1:])).values(same_as=ids[0]))


def contact_form(world: World) -> str:
    with world.db.write() as conn:
        return intake.make_form(conn, world.site, world.clock(), CONTACT)


def test_who_returns_is_not_new_again(world: World) -> None:
    contact = contact_form(world)
    send(world, SARA)
    send(world, SARA)
    send(world, SARA, form_id=contact)
    send(world, REZA, form_id=contact)
    assert {name: counts(line) for name, line in lines(world, "form").items()} == {
        "guide": (2, 2, 1, 1, 0, 1, 0),
        "contact": (2, 2, 2, 1, 1, 1, 0),
    }
    assert counts(total(world)) == (4, 4, 2, 2, 0, 2, 0)


def test_who_came_before_the_period_returns_in_it(world: World) -> None:
    send(world, SARA)
    world.clock.advance(days=40)
    send(world, SARA)
    assert counts(total(world, around(world, days=30))) == (1, 1, 1, 0, 1, 1, 0)


def test_held_rejected_and_nameless_ones_bring_nobody(world: World) -> None:
    send(world, SARA, facts=TRAPPED)
    send(world, {"first_name": "Sara"}, visitor_id="vis_1")
    assert counts(total(world)) == (2, 1, 0, 0, 0, 0, 0)
    send(world, REZA, visitor_id="vis_1")  # now it is known whose the nameless one was
    assert counts(total(world)) == (3, 2, 1, 1, 0, 1, 0)


def test_r38_a_marketers_own_tests_are_not_counted(world: World) -> None:
    send(world, SARA, test=True)
    send(world, SARA, test=True, facts=TRAPPED)
    assert counts(total(world)) == (0,) * 7


def test_r28_direct_never_overwrites_where_somebody_came_from(world: World) -> None:
    send(world, SARA, visitor_id="vis_1", page=page("spring", utm_source="telegram", utm_medium="social"))
    send(world, SARA, visitor_id="vis_1", page=page(None))
    send(world, SARA, visitor_id="vis_1", page=page("autumn"))
    send(world, REZA, page=page(None))
    converting = {name: (line.sent, line.new) for name, line in lines(world, "campaign").items()}
    assert converting == {"spring": (2, 1), "autumn": (1, 0), None: (1, 1)}
    first = {name: (line.sent, line.people) for name, line in lines(world, "campaign", "first").items()}
    assert first == {"spring": (3, 1), None: (1, 1)}
    assert set(lines(world, "source")) == {"telegram", None} and set(lines(world, "medium")) == {"social", None}


def test_r28_a_merge_keeps_the_earliest_touch(world: World) -> None:
    one = send(world, SARA, page=page("spring")).lead_id
    other = send(world, WORK, page=page("autumn")).lead_id
    assert {name: line.people for name, line in lines(world, "campaign", "first").items()} == {"spring": 1, "autumn": 1}
    merge_id = merge(world, one, other)
    assert {name: counts(line) for name, line in lines(world, "campaign", "first").items()} == {
        "spring": (2, 2, 1, 1, 0, 1, 1)
    }
    assert lines(world, "campaign")["autumn"].returning == 1
    undo(world, merge_id)
    assert {name: line.new for name, line in lines(world, "campaign", "first").items()} == {"spring": 1, "autumn": 1}


def test_the_same_by_all_we_know_count_as_one(world: World) -> None:
    one, other, third = (send(world, who).lead_id for who in (SARA, WORK, REZA))
    count_as_one(world, one, other)
    assert counts(total(world)) == (3, 3, 2, 2, 0, 1, 1)
    merge(world, other, third)
    count_as_one(world, one, other, third)  # every record of a person carries it
    assert counts(total(world)) == (3, 3, 1, 1, 0, 2, 2)


def test_buyers_and_those_for_sales_count_once_however_many_records_they_have(world: World) -> None:
    one, other = (send(world, who).lead_id for who in (SARA, WORK))
    count_as_one(world, one, other)
    with world.db.write() as conn:
        conn.execute(update(lead_rows).where(lead_rows.c.id == other).values(stage="customer"))
    assert (total(world).qualified, total(world).won) == (1, 1)


def test_a_form_given_to_another_lead_counts_there(world: World) -> None:
    first, again, other = send(world, SARA), send(world, SARA), send(world, REZA)
    for lead_id, new in ((other.lead_id, (2, 2)), (first.lead_id, (2, 2))):
        with world.db.write() as conn:
            arrivals.accepted(conn, first, lead_id)
        assert (total(world).people, total(world).new) == new
        check_openers(world)
    assert again.lead_id == first.lead_id and total(world).duplicates == 1


def test_r35_another_sites_people_are_counted_there(make_world: Callable[..., World]) -> None:
    world, other = make_world(), make_world("north", CONTACT)
    send(world, SARA)
    send(other, SARA)
    assert counts(total(world)) == counts(total(other)) == (1, 1, 1, 1, 0, 0, 0)
    assert set(lines(world, "form")) == {"guide"}


@pytest.mark.parametrize("seed", range(6))
def test_nobody_counts_twice_and_undoing_gives_the_earlier_counts_back(world: World, seed: int) -> None:
    dice = random.Random(seed)
    contact, sent, made = contact_form(world), [], []
    seen: list[tuple[tuple[str, ...], list[dict[str | None, Line]]]] = []
    for _ in range(18):
        address = f"p{dice.randint(0, 5)}@example.com"
        campaign = dice.choice(["spring", "autumn", None])
        facts = {"facts": TRAPPED} if dice.random() < 0.15 else {}
        form_id = dice.choice([contact, world.form_id])
        sent.append(send(world, {"email": address}, form_id=form_id, page=page(campaign), **facts))
    known = sorted({one.lead_id for one in sent if one.lead_id})
    for one, other in dice.sample([(a, b) for a in known for b in known if a < b], 3):
        if world.lead(one).id != world.lead(other).id:
            seen.append((tuple(made), everything(world)))
            made.append(merge(world, one, other))
            check(world, sent)
    for merge_id, (_, before) in zip(reversed(made), reversed(seen), strict=True):
        undo(world, merge_id)
        assert everything(world) == before
        check(world, sent)


def everything(world: World) -> list[dict[str | None, Line]]:
    tables: list[tuple[By, Touch]] = [("form", "converting"), ("campaign", "converting"), ("campaign", "first")]
    return [{None: total(world)}, *(lines(world, by, touch) for by, touch in tables)]


def check_openers(world: World) -> None:
    """Of each record one arrival opens it: the one that its beginning names."""
    with world.db.read() as conn:
        opens = set(conn.execute(select(arrival_rows.c.submission_id).where(arrival_rows.c.opens)).scalars())
        began = list(conn.execute(select(beginnings.c.submission_id)).scalars())
    assert opens == set(began) and len(opens) == len(began)


def check(world: World, sent: Sequence[Submission]) -> None:
    """Against counting by hand."""
    check_openers(world)
    opener: dict[str, str] = {}
    came = [(world.lead(one.lead_id).id, one) for one in sent if one.lead_id]
    for person, one in came:
        opener.setdefault(person, one.id)
    whole, by_form, converting, first = everything(world)
    assert whole[None].people == whole[None].new == len(opener)
    for key, line in by_form.items():
        mine = [(person, one) for person, one in came if one.form_key == key]
        assert line.people == len({person for person, _ in mine})
        assert line.new == sum(opener[person] == one.id for person, one in mine)
        assert line.duplicates == len(mine) - line.new
    for table in (by_form, converting, first):
        assert sum(line.new for line in table.values()) == len(opener)
        assert sum(line.sent for line in table.values()) == len(sent)
    assert sum(line.people for line in first.values()) - _of_nobody(first) == len(opener)


def _of_nobody(table: Mapping[str | None, Line]) -> int:
    """Held ones stand under their own campaign, with nobody."""
    return sum(line.people for line in table.values() if not line.known)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_report_goes_by_indexes(world: World) -> None:
    merge(world, send(world, SARA).lead_id, send(world, WORK).lead_id)
    with read_whole(world.db, "arrivals", "leads", "beginnings", *ALIASES) as scans:
        everything(world)
    assert scans == []
