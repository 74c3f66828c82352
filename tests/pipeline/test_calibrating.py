"""Points learnt from a site's own outcomes: gathered as of the hand-over, fitted, adopted and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gateway import calibrating, jobs, merging, rescoring
from gateway.calibrating import Worker, gather, learn
from gateway.records import Event, Fact
from gateway.scoring import editing
from gateway.scoring.adopted import with_points
from gateway.scoring.calibrating.packing import packed, unpacked
from gateway.scoring.calibrating.records import LOST, WON, NothingToLearnError
from gateway.scoring.rulebook import data_of, shipped, shipped_text
from gateway.store import calibrations, events, leads, rulebooks
from tests.pipeline.conftest import World
from tests.support import ended, intake, plans
from tests.support.ended import Telling
from tests.support.everybody import everybody

# One rule truly tells; the others are as frequent among those won as among those lost.
TELLING: Telling = {
    "download:bottom": (0.5, 40),
    "download:top": (0.5, 0),
    "newsletter": (0.3, 0),
    "answer:time_to_buy:0_3": (0.4, 0),
}


def row(world: World, site_id: str | None = None) -> dict[str, int]:
    """Of the only lead that is learnt from: the columns that it has, and WON or LOST."""
    found = gather(world.db, site_id or world.site.id)
    assert len(found.leads.outcome) == 1, found.sorted
    had = {name: 1 for name, one in zip(found.leads.rules, found.leads.has, strict=True) if one}
    return had | {"won": found.leads.outcome[0]}


def person(world: World, *did: str, handed: bool = True, days: float = 30) -> str:
    at = world.clock() - timedelta(days=days)
    with world.db.write() as conn:
        crm = ended.destination(conn, world.site.id, at) if handed else None
        found = [ended.happened(f"p{days}", kind, at) for kind in ("submission", *did)]
        return ended.person(conn, world.site.id, at, found, handed=crm)


def say(world: World, lead_id: str, outcome: str, days: float = 10) -> None:
    with world.db.write() as conn:
        ended.told(conn, world.site.id, lead_id, outcome, world.clock() - timedelta(days=days))


def counts(world: World) -> dict[str, int]:
    return {name: one for name, one in asdict(gather(world.db, world.site.id).sorted).items() if one}


def test_a_lead_is_looked_at_as_it_was_when_it_was_handed_over(world: World) -> None:
    lead_id = person(world, "download:bottom", "answer:time_to_buy:3_6")
    say(world, lead_id, "won")
    with world.db.write() as conn:
        late = ended.happened("late", "content_view", world.clock() - timedelta(days=5))
        events.add(conn, world.site.id, lead_id, late, world.clock())
    assert row(world) == {"downloads_bottom": 1, "time_to_buy:3_6": 1, "won": WON}


def test_what_sales_said_later_does_not_leak(world: World) -> None:
    """The answer on the phone, and what a CRM wrote over a typed fact, came from whoever knows the outcome."""
    with world.db.write() as conn:
        toml = shipped_text() + BIG
        rulebooks.publish(conn, world.site.id, toml, world.clock())
    lead_id = person(world)
    then = world.clock() - timedelta(days=31)
    with world.db.write() as conn:
        leads.add_fact(conn, lead_id, Fact("size", "big", "typed", "sub_1", then))
        leads.add_fact(conn, lead_id, Fact("size", "small", "crm", "crm:d", then))
        answered = Event(
            "phone", "answer", then, "time_to_buy", "", "staff", True, {"field": "time_to_buy", "value": "0_3"}
        )
        events.add(conn, world.site.id, lead_id, answered, world.clock())
    say(world, lead_id, "lost")
    assert row(world) == {"is_big": 1, "won": LOST}


def test_of_a_merged_person_what_sales_wrote_hides_nothing_that_was_known(world: World) -> None:
    """Today the younger record's value stands, since staff wrote it; at the hand-over the typed one did."""
    with world.db.write() as conn:
        rulebooks.publish(conn, world.site.id, shipped_text() + BIG, world.clock())
    one, other = person(world, days=30), person(world, days=31)
    then = world.clock() - timedelta(days=32)
    with world.db.write() as conn:
        leads.add_fact(conn, one, Fact("size", "big", "typed", "sub_1", then))
        leads.add_fact(conn, other, Fact("size", "small", "staff", "staff:u", then))
        merging.merge(conn, world.site.id, (one, other), now=world.clock(), by=None)
    assert world.lead(one).facts["size"].value == "small"
    say(world, one, "won")
    assert row(world) == {"is_big": 1, "won": WON}


BIG = """
[[rules]]
code = "is_big"
title = { fa = "بزرگ", en = "Is big" }
points = 5
[[rules.when]]
field = "size"
any_of = ["big"]
"""


def test_open_and_never_worked_leads_are_told_apart_and_are_not_lost(world: World) -> None:
    person(world, days=29)
    person(world, handed=False, days=28)
    person(world, handed=False, days=27)
    say(world, person(world, days=26), "lost")
    assert counts(world) == {"open": 1, "never": 2, "lost": 1}


@pytest.mark.parametrize("outcome, counted", [("won", "won"), ("lost", "lost"), ("bad", "bad"), ("customer", "won")])
def test_each_outcome_has_its_place(outcome: str, counted: str, world: World) -> None:
    say(world, person(world), outcome)
    assert counts(world) == {counted: 1}


def test_those_that_came_by_exploration_are_counted_among_the_others(world: World) -> None:
    found = [person(world, handed=False, days=day) for day in (20, 21)]
    with world.db.write() as conn:
        crm = ended.destination(conn, world.site.id, world.clock())
        for lead_id, chosen in zip(found, ("explore", "rule"), strict=True):
            at = world.clock() - timedelta(days=15)
            ended.hand_over(conn, world.site.id, lead_id, crm, at, chosen=chosen)
    for lead_id in found:
        say(world, lead_id, "lost")
    assert counts(world) == {"lost": 2, "explored": 1}


def test_a_customer_before_the_hand_over_and_an_outcome_before_all_else_are_left_out(world: World) -> None:
    say(world, person(world, days=30), "customer", days=35)
    say(world, person(world, handed=False, days=20), "won", days=25)
    assert counts(world) == {"customers": 1, "early": 1}


def test_disqualified_ones_are_counted_and_tests_and_erased_ones_are_not(world: World) -> None:
    found = [person(world, days=day) for day in (20, 21, 22)]
    for lead_id in found:
        say(world, lead_id, "won")
    with world.db.write() as conn:
        leads.set_columns(conn, found[0], {"disqualified": "competitor"})
        leads.set_columns(conn, found[1], {"test": True})
        leads.set_columns(conn, found[2], {"erased_at": world.clock()})
    assert counts(world) == {"disqualified": 1}


def test_what_a_merged_record_did_counts_for_its_person_once(world: World) -> None:
    one, other = person(world, days=30), person(world, "download:bottom", days=31)
    say(world, one, "won")
    with world.db.write() as conn:
        merging.merge(conn, world.site.id, (one, other), now=world.clock(), by=None)
    assert row(world) == {"downloads_bottom": 1, "won": WON}
    assert counts(world) == {"won": 1}


def test_sites_are_walls(world: World, make_world: Callable[..., World]) -> None:
    say(world, person(world), "won")
    other = make_world("other", intake.GUIDE.replace('key = "guide"', 'key = "other"'))
    assert counts(other) == {}


def test_those_with_an_outcome_are_found_by_an_index(world: World) -> None:
    say(world, person(world), "won")
    if world.db.sqlite:
        with plans.planned(world.db, "events") as lines:
            gather(world.db, world.site.id)
        read = [line for line in lines if "events" in line]
        assert read and all("USING INDEX" in line or "USING COVERING INDEX" in line for line in read), read
        assert any("ix_events_outcomes" in line for line in read)


# --- the whole way --------------------------------------------------------------------------------------------------


@pytest.fixture
def sold(world: World) -> World:
    with world.db.write() as conn:
        ended.many(conn, world.site.id, world.clock(), TELLING, count=200, base=-1.2)
    return world


def stands(world: World) -> dict[str, Any]:
    while rescoring.rescore_due(world.db, world.clock):
        pass
    with world.db.read() as conn:
        return {one.id: (one.score, one.interest, one.stage) for one in everybody(conn, world.site.id)}


def test_what_truly_tells_is_learnt_adopted_and_taken_back_with_all_points_as_before(sold: World) -> None:
    found = gather(sold.db, sold.site.id)
    learnt = learn(found)
    assert learnt.adopt, learnt.why
    points = {rule.rule: rule.points for rule in learnt.rules}
    assert 32 <= points["downloads_bottom"] <= 48 and abs(points["downloads_top"]) <= 6
    assert unpacked(packed(learnt)) == learnt
    _publish(sold, shipped_text())
    before = stands(sold)
    _publish(sold, editing.text_of(with_points(data_of(shipped_text()), shipped(), points)))
    after = stands(sold)
    assert after != before
    _publish(sold, shipped_text())
    assert stands(sold) == before


def _publish(world: World, text: str) -> None:
    with world.db.write() as conn:
        rulebooks.publish(conn, world.site.id, text, world.clock())


def test_without_a_lost_lead_there_is_nothing_to_learn(world: World) -> None:
    say(world, person(world), "won")
    with pytest.raises(NothingToLearnError, match="none_lost"):
        learn(gather(world.db, world.site.id))


# --- in the background ----------------------------------------------------------------------------------------------


def _ask(world: World) -> str:
    with world.db.write() as conn:
        return calibrations.ask(conn, world.site.id, world.clock(), by=None)


def _latest(world: World) -> calibrations.Asked:
    with world.db.read() as conn:
        found = calibrations.latest(conn, world.site.id)
    assert found is not None
    return found


def test_one_that_was_asked_for_is_made_once(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "BEAT_SECONDS", 0)
    assert _ask(sold) == _ask(sold), "who asks twice waits for one"
    told: list[int] = []
    worker = Worker(sold.db, sold.clock, meanwhile=lambda: told.append(_latest(sold).done))
    assert worker.one() and not worker.one()
    assert told == sorted(told) and 50 in told, "others have their turn, and the page can tell how far it is"
    made = _latest(sold)
    assert (made.status, made.digest, made.problem) == ("done", shipped().digest, None)
    assert made.result is not None and made.result["sorted"]["won"] + made.result["sorted"]["lost"] == 200
    assert unpacked(made.result["calibration"]) == learn(gather(sold.db, sold.site.id))


def test_nothing_to_learn_is_a_result(world: World) -> None:
    _ask(world)
    Worker(world.db, world.clock).one()
    made = _latest(world)
    assert made.status == "done" and made.result is not None and made.result["nothing"] == "none_won"


def test_one_whose_worker_died_is_begun_anew_and_the_dead_writes_no_more(sold: World) -> None:
    _ask(sold)
    with sold.db.write() as conn:
        dead = calibrations.take(conn, sold.clock())
    assert dead is not None and not Worker(sold.db, sold.clock).one(), "somebody is at it"
    sold.clock.advance(minutes=6)
    assert Worker(sold.db, sold.clock).one()
    with sold.db.write() as conn:
        assert not calibrations.finish(conn, dead, "x", {}, sold.clock())
        assert not calibrations.keep_at(conn, dead, sold.clock(), done=1)
    assert _latest(sold).digest == shipped().digest


def test_who_was_thought_dead_ends_where_another_is_at_it(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "BEAT_SECONDS", 0)
    _ask(sold)
    second = Worker(sold.db, sold.clock)

    def slow() -> None:
        sold.clock.advance(minutes=6)
        second.one()

    assert Worker(sold.db, sold.clock, meanwhile=slow).one()
    assert (_latest(sold).status, _latest(sold).tries) == ("done", 2)


def test_a_fault_of_ours_parks_it_after_some_tries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(calibrating, "gather", broken)
    _ask(world)
    parts: Any = SimpleNamespace(db=world.db, clock=world.clock)
    for tries in (1, 2, 3):
        assert (_latest(world).status, jobs.learn_with(parts), _latest(world).tries) == ("waiting", 0, tries)
    made = _latest(world)
    assert made.status == "failed" and str(made.problem).startswith("ZeroDivisionError at ")
    assert jobs.learn_with(parts) == 0 and _latest(world).tries == 3


def test_one_that_kills_each_worker_is_given_up(world: World) -> None:
    _ask(world)
    for _ in range(calibrations.MOST_TRIES):
        with world.db.write() as conn:
            assert calibrations.take(conn, world.clock())
        world.clock.advance(minutes=6)
    assert not Worker(world.db, world.clock).one()
    assert (_latest(world).status, _latest(world).problem) == ("failed", "died")


def test_the_newest_few_are_kept(world: World) -> None:
    made = []
    for _ in range(calibrations.KEPT + 2):
        made.append(_ask(world))
        Worker(world.db, world.clock).one()
        world.clock.advance(seconds=1)
    with world.db.read() as conn:
        kept = [one for one in made if calibrations.get(conn, world.site.id, one)]
    assert kept == made[2:]
