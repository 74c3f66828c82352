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


def three(world: World) -> tuple[Lead, Lead, Lead]:
    """The oldest first, all delivered."""
    found = []
    for _ in range(3):
        found.append(world.lead())
        world.queue(found[-1])
        world.clock.advance(hours=1)
    world.send()
    return found[0], found[1], found[2]


def mirrored(world: World) -> dict[str, str]:
    """Each id and where it leads to, for an endpoint that goes by the newest version of each lead."""
    newest = {}
    for body in sorted(world.receiver.bodies, key=lambda body: body["data"]["version"]):
        newest[body["data"]["id"]] = body["data"]
    return {lead_id: told.get("merged_into", lead_id) for lead_id, told in newest.items()}


def test_r31_a_record_that_comes_under_another_one_is_told_of_anew(world: World) -> None:
    """Else a receiver that follows ids would find who is parted from it: third → second, when second is alone."""
    world.destination()
    oldest, second, third = three(world)
    first_merge = merge(world, second, third)
    world.send()
    merge(world, oldest, third)
    world.send()
    assert mirrored(world) == {oldest.id: oldest.id, second.id: oldest.id, third.id: oldest.id}
    undo(world, first_merge)  # the second is somebody else; the third stays with the oldest
    world.send()
    assert mirrored(world) == {oldest.id: oldest.id, second.id: second.id, third.id: oldest.id}


def test_r31_a_late_word_of_a_merge_names_who_is_the_survivor_then(world: World) -> None:
    """The endpoint was away through all of it: what it hears at last is what is true."""
    crm = world.destination()
    oldest, second, third = three(world)
    merge(world, second, third)
    later = merge(world, oldest, second)
    undo(world, later)
    before = len(world.receiver.bodies)
    world.send()
    assert mirrored(world) == {oldest.id: oldest.id, second.id: second.id, third.id: second.id}
    assert len(world.receiver.bodies) == before + 3
    assert world.counts(crm)["due"] == 0


def test_r30_a_frozen_word_of_a_merge_gives_way_to_a_newer_one(world: World) -> None:
    """Tried once with the survivor of that moment, which is undone before the next try."""
    world.destination()
    oldest, second, third = three(world)
    merge(world, second, third)
    later = merge(world, oldest, second)
    world.receiver.answer_next(status=500)
    ledger.send_due(world.parts, 1)
    undo(world, later)
    world.clock.advance(hours=1)
    world.send()
    assert mirrored(world) == {oldest.id: oldest.id, second.id: second.id, third.id: second.id}


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
