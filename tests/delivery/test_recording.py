"""What is recorded of a try, and what of it waits for the disk."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event

from gateway.delivery.destinations import DESTINATIONS
from gateway.store import destinations
from gateway.store.db import Database
from gateway.store.destinations import NewDestination
from tests.delivery.conftest import World

CLAIMED = "UPDATE deliveries SET claimed_until="


@pytest.mark.parametrize("status, flushed", [(200, False), (500, True), (422, True)])
def test_what_the_other_side_knows_again_by_its_id_waits_for_no_disk(world: World, status: int, flushed: bool) -> None:
    """Bytes, failures and what is parked always do: after a power cut a webhook hears once more what it has."""
    place = world.destination()
    world.queue(world.lead())
    world.receiver.answer_next(status=status)
    kept = statements(world.db)
    world.send()
    recorded, frozen = "INSERT INTO attempts", "UPDATE deliveries SET type"
    assert any(one.startswith(recorded) for one in kept["flushed" if flushed else "unflushed"])
    assert not any(one.startswith(recorded) for one in kept["unflushed" if flushed else "flushed"])
    assert any(one.startswith(frozen) for one in kept["flushed"])
    assert any(one.startswith(CLAIMED) for one in kept["unflushed"])
    assert [name for name, kind in DESTINATIONS.items() if kind.knows_repeats] == ["webhook"]
    assert world.counts(place)["due"] == (status == 500)


def test_a_claim_outlives_a_power_cut_where_a_repeat_would_go_unnoticed(world: World) -> None:
    """The database may be another machine: its power cut ends no sender."""
    new = NewDestination(world.site.id, "csv", "File", {}, sends="all")
    with world.db.write() as conn:
        destinations.add(conn, world.parts.config.secret_key, new, world.clock())
    world.queue(world.lead())
    kept = statements(world.db)
    assert world.send() == 1
    assert any(one.startswith(CLAIMED) for one in kept["flushed"])
    assert not any(one.startswith(CLAIMED) for one in kept["unflushed"])


def statements(db: Database) -> dict[str, list[str]]:
    """What is said to the database from now on, by whether its commit waits for the disk."""
    said: dict[str, list[str]] = {"flushed": [], "unflushed": []}

    loose: list[Any] = []  # transactions of PostgreSQL that have said so; the tests' own server never flushes

    def note(conn: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SET LOCAL synchronous_commit TO off"):
            loose.append(conn.get_transaction())
        unflushed = conn.get_transaction() in loose or conn.engine is not db.engine
        said["unflushed" if unflushed else "flushed"].append(statement)

    for engine in {db.engine, db._unflushed}:
        event.listen(engine, "before_cursor_execute", note)
    return said
