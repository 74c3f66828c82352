"""The CRM's own id of a lead: kept from its answers, used for the next version, gone with the person."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from gateway.records import Destination
from gateway.store import crm_records, destinations, erased
from gateway.store.destinations import NewDestination
from gateway.store.tables import crm_records as table
from tests.delivery.conftest import World
from tests.delivery.test_hubspot import TOKEN, Portal
from tests.delivery.test_merging import merge, undo
from tests.support import plans
from tests.support.receiver import Answer


@pytest.fixture
def portal(world: World) -> Portal:
    return Portal(world.receiver)


@pytest.fixture
def hubspot(world: World, portal: Portal) -> Destination:
    settings = {"token": TOKEN, "url": f"http://{portal.receiver.host_port}"}
    new = NewDestination(world.site.id, "hubspot", "HubSpot", settings, sends="all")
    with world.db.write() as conn:
        return destinations.add(conn, world.parts.config.secret_key, new, world.clock())


def kept(world: World, lead_id: str) -> dict[str, str]:
    with world.db.read() as conn:
        return crm_records.of_lead(conn, lead_id)


def test_the_id_is_kept_and_used_for_the_next_version(world: World, portal: Portal, hubspot: Destination) -> None:
    lead = world.lead()
    world.queue(lead)
    world.send()
    assert kept(world, lead.id) == {hubspot.id: "100"}
    portal.contacts["100"]["email"] = "changed-there@example.ir"
    world.queue(world.change(lead, stage="customer"))
    world.send()
    assert set(portal.contacts) == {"100"}
    assert portal.contacts["100"]["lifecyclestage"] == "customer"


@pytest.mark.parametrize("odd", ["9" * 300, "\ud800", "a\x00b", ""])
def test_r30_attack_an_answer_whose_id_can_be_none_is_recorded_all_the_same(
    world: World, portal: Portal, hubspot: Destination, odd: str
) -> None:
    portal.receiver.take = lambda one: (  # type: ignore[method-assign]
        Answer(404) if one.method == "GET" else Answer(201, json.dumps({"id": odd, "properties": {}}).encode())
    )
    lead = world.lead()
    [delivery_id] = world.queue(lead)
    world.send()
    assert world.get(delivery_id).status == "delivered"
    assert kept(world, lead.id) == {}


def test_an_erased_lead_is_deleted_there_and_its_id_goes_then(
    world: World, portal: Portal, hubspot: Destination
) -> None:
    lead = world.lead()
    world.queue(lead)
    world.send()
    [delivery_id] = world.queue(world.change(lead, erased_at=world.clock()))
    portal.receiver.requests.clear()
    assert kept(world, lead.id) == {hubspot.id: "100"}  # until the CRM has done it
    world.send()
    assert world.get(delivery_id).status == "delivered"
    assert portal.contacts == {}
    assert kept(world, lead.id) == {}
    assert "crm_records" in erased.STAY


def test_what_the_crm_had_before_us_stays_and_waits_for_staff(
    world: World, portal: Portal, hubspot: Destination
) -> None:
    lead = world.lead()
    portal.contacts["7"] = {"email": str(lead.facts["email"].value)}
    world.queue(lead)
    world.send()
    [delivery_id] = world.queue(world.change(lead, erased_at=world.clock()))
    world.send()
    assert (world.get(delivery_id).status, world.get(delivery_id).reason) == ("parked", "crm_erase_by_hand:7")
    assert set(portal.contacts) == {"7"}
    assert kept(world, lead.id) == {hubspot.id: "7"}  # staff need it


def test_a_survivor_updates_the_record_of_the_lead_that_was_merged_into_it_and_each_keeps_its_own(
    world: World, portal: Portal, hubspot: Destination
) -> None:
    survivor = world.lead()
    world.clock.advance(hours=1)
    younger = world.lead()
    world.queue(younger)
    world.send()
    merge_id = merge(world, survivor, younger)
    world.send()
    assert set(portal.contacts) == {"100"}  # the survivor completes the record that the younger one began
    assert (kept(world, younger.id), kept(world, survivor.id)) == ({hubspot.id: "100"}, {})
    undo(world, merge_id)
    world.send()
    assert kept(world, younger.id) == {hubspot.id: "100"}
    assert kept(world, survivor.id) == {hubspot.id: "101"}
    with world.db.read() as conn:
        assert conn.execute(select(table.c.made)).scalars().all() == [True, True]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_has_a_record_is_found_by_its_id(world: World) -> None:
    with plans.planned(world.db, "crm_records") as lines, world.db.read() as conn:
        assert crm_records.leads_with(conn, "dst_1", "100") == []
    assert all("(destination_id=? AND record=?)" in line for line in lines), lines


def test_a_removed_destination_leaves_no_ids(world: World, portal: Portal, hubspot: Destination) -> None:
    lead = world.lead()
    world.queue(lead)
    world.send()
    with world.db.write() as conn:
        destinations.remove(conn, world.site.id, hubspot.id, world.clock())
    assert kept(world, lead.id) == {}
