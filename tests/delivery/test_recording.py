"""What is recorded of a try, and what of it waits for the disk."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event

from gateway.delivery.destinations import DESTINATIONS
from tests.delivery.conftest import World


@pytest.mark.parametrize("status, flushed", [(200, False), (500, True), (422, True)])
def test_what_the_other_side_knows_again_by_its_id_waits_for_no_disk(world: World, status: int, flushed: bool) -> None:
    """Bytes, failures and what is parked always do: after a power cut a webhook hears once more what it has."""
    place = world.destination()
    world.queue(world.lead())
    world.receiver.answer_next(status=status)
    kept = {
        "flushed": statements(world.db.engine),
        "unflushed": statements(world.db._unflushed),
    }
    world.send()
    recorded, frozen = "INSERT INTO attempts", "UPDATE deliveries SET type"
    assert any(one.startswith(recorded) for one in kept["flushed" if flushed else "unflushed"])
    assert not any(one.startswith(recorded) for one in kept["unflushed" if flushed else "flushed"])
    assert any(one.startswith(frozen) for one in kept["flushed"])
    assert [name for name, kind in DESTINATIONS.items() if kind.knows_repeats] == ["webhook"]
    assert world.counts(place)["due"] == (status == 500)


def statements(engine: Engine) -> list[str]:
    """What is said to the database over it from now on."""
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    return said
