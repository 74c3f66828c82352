"""Routing over the database: what is dealt is counted once, whoever deals; the ledger does what the dry run says."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway import standing
from gateway.delivery import ledger, planning, queueing
from gateway.records import Delivery, Fact, Lead
from gateway.routing.hours import WEEKS, Hours
from gateway.routing.model import Owner, Rule
from gateway.store import deliveries, destinations, leads, routes
from gateway.store.tables import deliveries as rows
from gateway.store.tables import destinations as places
from gateway.store.tables import routing_dealt
from tests.delivery.conftest import World

OFFICE = Hours(WEEKS["iran"], time(9), time(17))
SARA, ALI, REZA = Owner("sara@example.ir", "Sara"), Owner("7", "Ali"), Owner("9", "Reza")
SUNDAY = datetime(2026, 11, 22, 7, tzinfo=UTC)  # 10:30 in Tehran


def put(world: World, *rules: Rule, **columns: Any) -> list[str]:
    """These rules instead of what the site has."""
    with world.db.write() as conn:
        for one in routes.of_site(conn, world.site.id).rules:
            routes.remove_rule(conn, world.site.id, one.id)
        made = [routes.save_rule(conn, world.site.id, one, world.clock.advance(seconds=1)) for one in rules]
        routes.change(conn, world.site.id, columns) if columns else None
    return made


def routes_of(world: World) -> tuple[Rule, ...]:
    with world.db.read() as conn:
        return routes.of_site(conn, world.site.id).rules


def rule(to: str, *asks: dict[str, Any], **columns: Any) -> Rule:
    return Rule("", 0, asks=asks, destinations=(to,) if to else (), **columns)


def owed(world: World, lead: Lead) -> list[Delivery]:
    with world.db.read() as conn:
        found = conn.execute(select(rows.c.id).where(rows.c.lead_id == lead.id).order_by(rows.c.version, rows.c.id))
        return [one for row in found if (one := deliveries.get(conn, world.site.id, row.id))]


def test_a_destinations_role_brings_its_rules_in_the_sites_language(world: World) -> None:
    first, second = world.destination(sends="rules", name="CRM"), world.destination(sends="rules", name="Mail")
    with world.db.write() as conn:
        shipped = routes.of_site(conn, world.site.id)
        routes.ship(conn, world.site.id, second.id, "nurture", now=world.clock.advance(seconds=1))
        after = routes.of_site(conn, world.site.id)
    assert [(one.title, one.destinations) for one in shipped.rules] == [
        ("تماس خواسته‌اند", (first.id,)),
        ("آمادهٔ فروش", (first.id,)),
        ("هم مناسب، هم علاقه‌مند", (first.id,)),
        ("نه مناسب، نه علاقه‌مند", ()),
    ]
    assert shipped.fallback == after.fallback == first.id
    assert [one.destinations for one in after.rules] == [(first.id,)] * 3 + [(second.id,), ()]
    assert [one.position for one in after.rules] == [1, 2, 3, 4, 5]


def test_a_removed_destination_leaves_the_rules_and_another_is_the_fallback(world: World) -> None:
    first, second = world.destination(sends="rules"), world.destination(sends="rules")
    both = replace(rule(first.id), destinations=(first.id, second.id))
    put(world, both, rule(first.id), rule(second.id), explore_percent=2, explore_to=first.id)
    with world.db.write() as conn:
        destinations.remove(conn, world.site.id, first.id, world.clock())
        left = routes.of_site(conn, world.site.id)
    assert [one.destinations for one in left.rules] == [(second.id,), (second.id,)]
    assert (left.fallback, left.explore_percent, left.explore_to) == (second.id, 0, None)


def test_r35_one_sites_routing_is_not_anothers(world: World) -> None:
    place = world.destination(sends="rules")
    with world.db.write() as conn:
        mine = routes.of_site(conn, world.site.id).rules[0]
        assert routes.of_site(conn, "site_other").rules == ()
        assert not routes.remove_rule(conn, "site_other", mine.id)
        routes.save_rule(conn, world.site.id, rule(place.id, title="mine"), world.clock())
        other = replace(rule(place.id), id=mine.id, title="stolen")
        routes.reorder(conn, "site_other", [mine.id])
        conn.execute(select(1))
        assert routes.of_site(conn, world.site.id).rules[0].title == mine.title != other.title


def test_that_a_rule_held_is_noted_once_a_day(world: World) -> None:
    crm = world.destination(sends="rules")
    put(world, rule(crm.id, {"cells": ["E4"]}), rule(crm.id, {"stages": ["SQL"]}))
    begun, noted = [one.idle_since for one in routes_of(world)], []
    for hours in (23, 2, 20):
        world.clock.advance(hours=hours)
        world.queue(world.lead())
        noted.append([one.idle_since for one in routes_of(world)])
    assert [first for first, _ in noted] == [begun[0]] * 3, "it holds for nobody"
    assert [second for _, second in noted] == [begun[1], noted[1][1], noted[1][1]]
    assert noted[1][1] == world.clock() - timedelta(hours=20)


def test_a_rule_that_is_put_back_still_knows_whom_it_dealt(world: World) -> None:
    crm = world.destination(sends="rules")
    [capped, _] = put(world, rule(crm.id, {"stages": ["SQL"]}, per_day=1), rule(crm.id))
    lead = world.lead()
    world.queue(lead)
    with world.db.write() as conn:
        assert routes.take_out(conn, world.site.id, capped, by=None, now=world.clock())
        assert not routes.take_out(conn, "site_other", capped, by=None, now=world.clock())
        assert capped not in {one.id for one in routes.of_site(conn, world.site.id).rules}
        assert routes.put_back(conn, "site_other", capped, world.clock()) == "gone"
        assert routes.put_back(conn, world.site.id, capped, world.clock()) == "back"
        kept = routes.of_site(conn, world.site.id).rules
        assert [one.id for one in kept][0] == capped
        assert list(routes.dealt_to(conn, lead, kept)) == [capped]


def test_each_delivery_keeps_why_it_was_made(world: World) -> None:
    crm, everything = world.destination(sends="rules"), world.destination()
    [made] = put(world, rule(crm.id, {"stages": ["SQL"]}, title="Ready"))
    lead = world.lead()
    world.queue(lead)
    by_place = {one.destination_id: one for one in owed(world, lead)}
    kept = by_place[crm.id]
    assert (kept.chosen, kept.rule_id, kept.rule_position, kept.rule_title) == ("rule", made, 1, "Ready")
    assert (by_place[everything.id].chosen, by_place[everything.id].rule_id) == ("all", None)
    world.send()
    world.queue(world.change(lead, stage="IQL", grade="E", interest=4))
    assert [(one.chosen, one.destination_id) for one in owed(world, lead) if one.version == 2] == [
        ("has_it", one.destination_id) for one in owed(world, lead) if one.version == 2
    ]


def test_outside_office_hours_a_delivery_stays_due_until_they_open(world: World) -> None:
    crm = world.destination(sends="rules")
    world.clock.set(datetime(2026, 11, 26, 9, tzinfo=UTC))  # a Thursday
    put(world, rule(crm.id, {"stages": ["SQL"]}, hours=OFFICE))
    lead = world.lead()
    [first] = world.queue(lead)
    opens = datetime(2026, 11, 28, 5, 30, tzinfo=UTC)  # Saturday, 9:00 in Tehran
    assert (world.get(first).due_at, world.get(first).not_before, world.send()) == (opens, opens, 0)
    with world.db.write() as conn:
        destinations.resume(conn, world.site.id, crm.id, world.clock())
    assert (world.get(first).due_at, world.send()) == (opens, 0), "resuming opens no office"
    [second] = world.queue(world.change(lead, grade="A"))
    world.clock.set(opens)
    assert (world.send(), world.get(second).status, world.get(first).status) == (1, "delivered", "superseded")
    world.clock.set(opens + timedelta(hours=12))
    [third] = world.queue(world.change(world.found(lead.id), grade="B"))
    assert (world.get(third).chosen, world.send()) == ("has_it", 1), "whoever has the lead hears at once"


def test_what_did_not_go_out_within_the_hours_waits_for_the_next(world: World) -> None:
    crm = world.destination(sends="rules")
    world.clock.set(SUNDAY)
    put(world, rule(crm.id, {"stages": ["SQL"]}, hours=OFFICE))
    [made] = world.queue(world.lead())
    world.clock.set(SUNDAY + timedelta(hours=9))  # no worker ran
    assert world.send() == 0
    assert world.get(made).due_at == datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
    world.clock.set(datetime(2026, 11, 23, 5, 30, tzinfo=UTC))
    assert world.send() == 1


def test_other_hours_count_for_what_waits_already(world: World) -> None:
    crm = world.destination(sends="rules")
    world.clock.set(datetime(2026, 11, 26, 9, tzinfo=UTC))
    [rule_id] = put(world, rule(crm.id, {"stages": ["SQL"]}, hours=OFFICE, per_day=1))
    waiting = [world.queue(world.lead())[0] for _ in range(2)]
    with world.db.write() as conn:
        [kept] = routes.of_site(conn, world.site.id).rules
        other = replace(kept, hours=Hours(WEEKS["every"], time(8), time(20)))
        routes.save_rule(conn, world.site.id, other, world.clock())
        queueing.replan(conn, world.site.id, other, world.clock())
    due = [world.get(one).due_at for one in waiting]
    assert due == [datetime(2026, 11, day, 4, 30, tzinfo=UTC) for day in (28, 29)], "each on the day of its place"
    assert rule_id == kept.id


def test_over_its_cap_the_next_rule_takes_the_lead_and_else_it_waits_for_tomorrow(world: World) -> None:
    crm, other = world.destination(sends="rules"), world.destination(sends="rules")
    world.clock.set(SUNDAY)
    put(world, rule(crm.id, {"cells": ["B2"]}, per_day=1, title="Few"), rule(other.id, {"stages": ["MQL"]}))
    found = [world.lead(stage=stage) for stage in ("MQL", "MQL", "IQL", "IQL", "IQL")]
    for one in found:
        world.queue(one)
    got = [[(each.destination_id, each.due_at.date().day) for each in owed(world, one)] for one in found]
    assert sorted(got[0]) == sorted([(crm.id, 22), (other.id, 22)])
    assert got[1] == [(other.id, 22)]
    tomorrow = [owed(world, one)[0] for one in found[2:]]
    assert [one.not_before for one in tomorrow] == [
        datetime(2026, 11, day, 20, 30, tzinfo=UTC) for day in (22, 23, 24)
    ], "a place a day, from midnight in Tehran on"
    again = world.change(found[2], grade="B", score=9)
    world.queue(again)
    assert owed(world, found[2])[-1].not_before == tomorrow[0].not_before, "its place is kept"
    with world.db.read() as conn:
        assert Counter(conn.execute(select(routing_dealt.c.day)).scalars()) == {
            date(2026, 11, 22) + timedelta(days=days): 1 for days in range(4)
        }


def test_what_a_list_brought_takes_no_place_and_no_turn(world: World) -> None:
    crm = world.destination(sends="rules")
    put(world, rule(crm.id, {"cells": ["B2"]}, per_day=1, owners=(SARA,)))
    known = world.lead()
    with world.db.write() as conn:
        assert ledger.queue(conn, known, world.clock(), quiet=True) == []
        assert conn.execute(select(routing_dealt)).all() == []
        assert routes.of_site(conn, world.site.id).rules[0].turn == 0


# --- owners ---------------------------------------------------------------------------------------------------------


def owner(world: World, lead: Lead) -> Fact | None:
    return world.found(lead.id).facts.get("owner")


def test_leads_are_dealt_in_turn_and_the_owner_is_in_the_payload(world: World) -> None:
    crm = world.destination(sends="rules")
    [rule_id] = put(world, rule(crm.id, {"cells": ["B2"]}, owners=(SARA, ALI)))
    found = [world.lead() for _ in range(3)]
    for one in found:
        world.queue(one)
    dealt = [owner(world, one) for one in found]
    assert [one.value for one in dealt if one] == ["sara@example.ir", "7", "sara@example.ir"]
    assert {(one.strength, one.origin) for one in dealt if one} == {("import", f"routing:{rule_id}")}
    world.send()
    told = {one.json["data"]["id"]: one.json["data"]["fields"]["owner"]["value"] for one in world.receiver.requests}
    assert told == {one.id: fact.value for one, fact in zip(found, dealt, strict=True) if fact}


def test_r31_the_owner_stays_and_r26_dealing_makes_no_version(world: World) -> None:
    crm = world.destination(sends="rules")
    put(world, rule(crm.id, {"cells": ["B2", "–4"]}, owners=(SARA, ALI)))
    lead, known = world.lead(), world.lead()
    with world.db.write() as conn:
        leads.add_fact(conn, known.id, Fact("owner", "crm-5", "crm", f"crm:{crm.id}", world.clock()))
        for one in (lead, known):
            standing.refresh(conn, world.site.id, one.id, world.clock())
    version = world.found(lead.id).version
    with world.db.write() as conn:
        standing.refresh(conn, world.site.id, lead.id, world.clock.advance(seconds=1))
    assert world.found(lead.id).version == version
    first = owner(world, lead)
    world.queue(world.change(lead, score=3))
    assert first is not None
    assert (first.value, owner(world, lead)) == ("sara@example.ir", first)
    assert owner(world, known).value == "crm-5"  # type: ignore[union-attr]


@pytest.mark.parametrize("cap", [None, 7])
def test_two_workers_deal_evenly_and_never_over_the_cap(world: World, cap: int | None) -> None:
    crm, rest = world.destination(sends="rules"), world.destination(sends="rules")
    world.clock.set(SUNDAY)
    owners = (SARA, ALI, REZA)
    put(world, rule(crm.id, {"cells": ["B2"]}, owners=owners, per_day=cap, stop=True), rule(rest.id, {"cells": ["B2"]}))
    found = [world.lead() for _ in range(20)]

    def work(mine: list[Lead]) -> None:
        for one in mine:
            world.queue(one)

    threads = [threading.Thread(target=work, args=(found[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dealt = Counter(fact.value for one in found if (fact := owner(world, one)))
    sent = Counter(one.destination_id for lead in found for one in owed(world, lead))
    assert sent[crm.id] == (cap or 20)
    assert sum(sent.values()) == 20
    assert sum(dealt.values()) == sent[crm.id]
    assert max(dealt.values()) - min(dealt.values()) <= 1, dealt


# --- the dry run ----------------------------------------------------------------------------------------------------


def some_rule(draw: random.Random, at: list[str]) -> Rule:
    asks = draw.choice([
        {"cells": draw.sample(["A1", "B2", "C3", "–4"], 2)}, {"stages": ["SQL"]}, {"contact": True},
        {"consent": "marketing"}, {"field": "city", "any_of": ["tehran"]}, {"segments": ["vip"]}, {"forms": ["demo"]},
    ])  # fmt: skip
    return Rule(
        "",
        0,
        asks=(asks,),
        destinations=tuple(draw.sample(at, draw.choice([0, 1, 1, 2]))),
        stop=draw.random() < 0.4,
        per_day=draw.choice([None, None, 2]),
        hours=draw.choice([None, None, OFFICE]),
        owners=draw.choice([(), (SARA, ALI)]),
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_dry_run_says_what_the_ledger_then_does(world: World, seed: int) -> None:
    draw = random.Random(seed)
    world.clock.set(SUNDAY)
    at = [world.destination(sends=draw.choice(["rules", "rules", "all"])).id for _ in range(3)]
    with world.db.write() as conn:
        conn.execute(update(places).where(places.c.id == at[2]).values(status=draw.choice(["disabled", "paused"])))
    put(world, *(some_rule(draw, at) for _ in range(4)), explore_percent=5, explore_to=at[1], fallback=at[0])
    for number in range(40):
        lead = world.lead(
            grade=draw.choice("ABC–"),
            interest=draw.choice([1, 2, 3, 4]),
            stage=draw.choice([None, "MQL", "SQL"]),
            contact_requested=draw.random() < 0.2,
            disqualified=draw.choice([None] * 9 + ["competitor"]),
            segments=draw.choice([[], ["vip"]]),
        )
        if draw.random() < 0.5:
            world.consent(lead, "claimed")
        now = world.clock.advance(minutes=draw.choice([1, 400]))
        with world.db.write() as conn:
            if number % 2:
                leads.add_fact(conn, lead.id, Fact("city", "Tehran", "typed", "sub_1", now))
            there = leads.get(conn, world.site.id, lead.id)
            assert there is not None
            plan = planning.plan(conn, there, now)
            ledger.queue(conn, there, now)
        said = {(one.destination_id, one.code, one.not_before or now) for one in plan.routed.choices}
        assert {(one.destination_id, one.chosen, one.due_at) for one in owed(world, lead)} == said
        dealt = owner(world, lead)
        assert (dealt.value if dealt else None) == (plan.next_owner.known_as if plan.next_owner else None)
