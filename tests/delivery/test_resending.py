"""Parked deliveries are sent again: one, some, or all that a filter finds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.delivery import ledger
from gateway.records import Destination
from gateway.store import deliveries_search, delivery_hours, destinations
from gateway.store.deliveries_search import Filter
from tests.delivery.conftest import World
from tests.support.plans import planned


@pytest.fixture
def crm(world: World) -> Destination:
    return world.destination()


def park(world: World, count: int, status: int = 422) -> list[str]:
    ids = [world.queue(world.lead())[0] for _ in range(count)]
    world.receiver.always(status=status)
    world.send()
    world.receiver.always(status=200)
    return ids


def again(world: World, wanted: Filter = deliveries_search.ALL, ids: list[str] | None = None) -> int:
    return ledger.resend_all(world.parts, world.site.id, wanted, by=None, ids=ids)


def test_a_thousand_resent_ones_trickle_and_keep_their_ids(world: World, crm: Destination) -> None:
    ids = park(world, 60)
    assert again(world) == 60
    assert {world.get(one).status for one in ids} == {"due"}
    world.clock.advance(seconds=1)
    assert world.send() == 6  # at 0, 0.2 … 1 second
    [new] = world.queue(world.lead())
    world.send()
    assert world.get(new).status == "delivered"  # it waits for none of them
    world.clock.advance(seconds=11)
    world.send()
    assert world.counts(crm) == {"due": 0, "delivered": 61, "parked": 0, "superseded": 0}
    first, second = [one.headers["webhook-id"] for one in world.receiver.requests[:60]], ids
    assert set(first) == set(second)


def test_what_is_resent_later_waits_behind_what_is_resent_now(world: World, crm: Destination) -> None:
    first, second = park(world, 10), park(world, 1)
    assert (again(world, ids=first), again(world, ids=second)) == (10, 1)
    assert world.get(second[0]).due_at >= world.clock() + timedelta(seconds=1.8)


def test_a_filter_chooses_by_reason_destination_lead_and_time(world: World, crm: Destination) -> None:
    other = world.destination(name="Sheet", sends="rules")
    begun = world.clock()
    [bad] = park(world, 1, 400)[:1]
    world.clock.advance(hours=1)
    [worse] = park(world, 1, 422)[:1]
    lead = world.found(world.get(worse).lead_id)
    email = str(lead.facts["email"].value)
    cases = [
        (Filter(reason="http_422"), True), (Filter(reason="http_400"), False), (Filter(destination_id=other.id), None),
        (Filter(since=begun + timedelta(minutes=30)), True), (Filter(until=begun + timedelta(minutes=30)), False),
        (Filter(lead_id=lead.id), True), (Filter(status="delivered"), None),
    ]  # fmt: skip
    with world.db.read() as conn:
        for wanted, second in cases:
            found = deliveries_search.parked(conn, world.site.id, wanted, None, limit=10)
            mine = [one.id for one in found if one.destination_id == crm.id]
            assert mine == ([] if second is None else [worse] if second else [bad]), wanted
        assert set(deliveries_search.reasons(conn, world.site.id)) == {"http_400", "http_422"}
        assert deliveries_search.count_parked(conn, world.site.id, Filter(destination_id=crm.id)) == 2
        assert deliveries_search.parked(conn, "site_other", Filter(), None, limit=10) == []
    with world.db.write() as conn:
        conn.exec_driver_sql(f"UPDATE leads SET search = '{email}' WHERE id = '{lead.id}'")
    with world.db.read() as conn:
        page = deliveries_search.page(conn, world.site.id, Filter(who=email.partition("@")[0], destination_id=crm.id))
    assert [line.id for line in page.lines] == [worse]


def test_only_the_ticked_ones_go_and_none_that_a_newer_version_passed(world: World, crm: Destination) -> None:
    one, two, passed = park(world, 3)
    world.queue(world.change(world.found(world.get(passed).lead_id)))
    assert again(world, ids=[one, passed, "dlv_unknown"]) == 1
    assert [world.get(name).status for name in (one, two, passed)] == ["due", "parked", "parked"]


def test_nothing_is_owed_again_to_a_destination_that_is_gone(world: World, crm: Destination) -> None:
    park(world, 2)
    with world.db.write() as conn:
        destinations.disable(conn, world.site.id, crm.id, reason="http_410", now=world.clock())
    assert again(world) == 0
    with world.db.write() as conn:
        destinations.resume(conn, world.site.id, crm.id, world.clock())
    assert again(world) == 2


def test_what_waits_for_office_hours_makes_no_resent_one_wait(world: World, crm: Destination) -> None:
    """It may have been tried before, and a resumed destination's begin their tries anew."""
    [held] = [world.queue(world.lead())[0]]
    world.receiver.always(status=503)
    world.send()
    [parked] = park(world, 1)
    with world.db.write() as conn:
        delivery_hours.put_off(conn, held, world.clock() + timedelta(hours=15))
        destinations.resume(conn, world.site.id, crm.id, world.clock())
    assert (world.get(held).tries, again(world)) == (0, 1)
    assert world.get(parked).due_at == world.clock()


def test_of_two_parked_versions_the_newer_goes(world: World, crm: Destination) -> None:
    [older] = park(world, 1)
    world.receiver.always(status=422)
    [newer] = world.queue(world.change(world.found(world.get(older).lead_id)))
    world.send()
    world.receiver.always(status=200)
    assert again(world) == 1
    world.send()
    assert [world.get(name).status for name in (older, newer)] == ["parked", "delivered"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wanted", [Filter(), Filter(status="parked"), Filter(destination_id="dst_1")])
def test_the_newest_are_found_without_sorting_a_sites(world: World, wanted: Filter) -> None:
    with planned(world.db, "deliveries") as lines, world.db.read() as conn:
        deliveries_search.page(conn, world.site.id, wanted)
    assert [line for line in lines if "ORDER BY" in line] == []
    assert not wanted.status or any("(site_id=? AND status=?)" in line for line in lines)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_leads_and_the_counts_read_no_other_rows(world: World) -> None:
    with planned(world.db, "deliveries") as lines, world.db.read() as conn:
        deliveries_search.page(conn, world.site.id, Filter(lead_id="lead_1"))
        deliveries_search.counts(conn, world.site.id)
    assert [line for line in lines if "deliveries" in line and "(site_id" in line] == []
    assert any("COVERING INDEX ix_deliveries_destination_id_status_due_at" in line for line in lines)
