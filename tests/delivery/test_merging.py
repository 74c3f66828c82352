"""What destinations hear when two leads are merged and taken apart (rules 30, 31)."""

from __future__ import annotations

from dataclasses import replace

from gateway import merging
from gateway.delivery import ledger
from gateway.records import Lead
from gateway.store import leads
from tests.delivery.conftest import World


def known_pair(world: World) -> tuple[Lead, Lead]:
    """The older and the younger, both delivered at version 1."""
    older = world.lead()
    world.clock.advance(hours=1)
    younger = world.lead()
    for lead in (older, younger):
        world.queue(lead)
    world.send()
    return older, younger


def merge(world: World, one: Lead, other: Lead) -> str:
    with world.db.write() as conn:
        return merging.merge(conn, world.site.id, (one.id, other.id), by=None, now=world.clock.advance(minutes=1))


def undo(world: World, merge_id: str) -> None:
    with world.db.write() as conn:
        merging.undo(conn, world.site.id, merge_id, by=None, now=world.clock.advance(minutes=1))


def heard(world: World, since: int) -> list[tuple[str, str, int, list[str]]]:
    """Type, id, version and earlier ids of what came since."""
    bodies = world.receiver.bodies[since:]
    told = [(body["type"], body["data"]) for body in bodies]
    return sorted((kind, data["id"], data["version"], data["earlier_ids"]) for kind, data in told)


def test_r31_who_has_both_hears_of_the_merge_and_of_its_end(world: World) -> None:
    crm = world.destination()
    older, younger = known_pair(world)
    merge_id = merge(world, older, younger)
    world.send()
    assert heard(world, 2) == [("lead.merged", younger.id, 2, []), ("lead.updated", older.id, 2, [younger.id])]
    undo(world, merge_id)
    world.send()
    assert heard(world, 4) == [("lead.updated", older.id, 3, []), ("lead.updated", younger.id, 3, [])]
    assert world.counts(crm) == {"due": 0, "delivered": 6, "parked": 0, "superseded": 0}


def test_r30_a_merge_that_was_taken_back_before_it_went_out_is_not_told(world: World) -> None:
    crm = world.destination()
    older, younger = known_pair(world)
    undo(world, merge(world, older, younger))
    world.send()
    assert heard(world, 2) == [("lead.updated", older.id, 3, []), ("lead.updated", younger.id, 3, [])]
    assert world.counts(crm) == {"due": 0, "delivered": 4, "parked": 0, "superseded": 2}


def test_r31_who_never_had_the_younger_hears_of_the_person_alone(world: World) -> None:
    older = world.lead()
    world.clock.advance(hours=1)
    younger = world.lead()
    world.destination()
    merge(world, older, younger)
    world.send()
    assert heard(world, 0) == [("lead.qualified", older.id, 2, [younger.id])]


def test_r31_a_merged_lead_names_its_survivor(world: World) -> None:
    world.destination()
    older, younger = world.lead(), world.lead()
    for lead in (older, younger):
        world.queue(lead)
    world.send()
    with world.db.write() as conn:
        leads.set_columns(conn, younger.id, {"merged_into": older.id, "version": 2})
        merged = replace(younger, version=2, merged_into=older.id)
        ledger.queue(conn, merged, world.clock())
    world.send()
    body = world.receiver.bodies[-1]
    assert body["type"] == "lead.merged"
    assert (body["data"]["id"], body["data"]["merged_into"], body["data"]["version"]) == (younger.id, older.id, 2)
    assert "fields" not in body["data"]
