"""A destination that turns us away as a whole, such as one whose token ran out on a Friday, parks nobody (rule 30)."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gateway.cli.destinations import destinations as commands
from gateway.delivery import pacing, retries
from gateway.delivery.ledger import resend
from gateway.records import Destination
from gateway.store import claims, deliveries, destination_health, destinations
from gateway.store.db import lock_names
from tests.delivery.conftest import World


def resume(world: World, place: Destination) -> None:
    with world.db.write() as conn:
        destinations.resume(conn, world.site.id, place.id, world.clock.advance(seconds=1))


def test_r30_a_refusal_parks_nobody_however_often_it_was_tried_before(world: World) -> None:
    place = world.destination()
    [delivery] = world.queue(world.lead())
    world.receiver.always(status=503)
    for _ in range(retries.TRIES - 1):
        world.send()
        world.clock.advance(seconds=(world.get(delivery).due_at - world.clock()).total_seconds() + 200)
    assert world.get(delivery).tries == retries.TRIES - 1
    world.receiver.always(status=401)
    world.send()
    assert world.get(delivery).status == "due"
    assert world.place(place).status == "paused"  # nothing brings it there by itself any more


@pytest.mark.parametrize("status", [401, 403, 404])
def test_r30_resuming_too_early_again_and_again_parks_nobody(world: World, status: int) -> None:
    place = world.destination()
    [delivery, *_] = [world.queue(world.lead())[0] for _ in range(3)]
    world.receiver.always(status=status)
    for _ in range(5):
        for _ in range(3):
            world.send()
            world.clock.advance(minutes=40)
        assert world.place(place).status == "paused"
        resume(world, place)
    assert world.get(delivery).status == "due"
    world.receiver.always(status=200)
    world.send()
    assert world.get(delivery).status == "delivered"


def test_hundreds_that_waited_take_turns_when_a_place_without_a_budget_is_resumed(world: World) -> None:
    place = world.destination()
    with world.db.write() as conn:
        destinations.pause(conn, world.site.id, place.id)
    for _ in range(25):
        world.queue(world.lead())
    resume(world, place)
    assert world.send() == pacing.RESUMED_AT_ONCE
    fresh = world.queue(world.lead())
    world.clock.advance(seconds=1)
    assert world.send() == 6  # five a second, and who is new goes at once
    assert world.get(fresh[0]).status == "delivered"
    world.clock.advance(seconds=2)
    assert world.send() == 10


def test_a_budget_that_staff_set_is_kept_when_a_place_is_resumed(world: World) -> None:
    place = world.destination()
    with world.db.write() as conn:
        destinations.change(conn, world.site.id, place.id, {"per_second": 2.0})
        destinations.pause(conn, world.site.id, place.id)
    for _ in range(9):
        world.queue(world.lead())
    resume(world, place)
    sent = []
    for _ in range(3):
        sent.append(world.send())
        world.clock.advance(seconds=1)
    assert sent == [2, 2, 2]


@pytest.mark.parametrize("waiting", [1, 900, 100_000])
def test_however_many_waited_the_last_has_its_turn_within_three_minutes(waiting: int) -> None:
    assert pacing.resumed_apart(waiting) * waiting <= timedelta(minutes=3)


def test_whoever_resumes_gives_what_waits_its_whole_schedule_again(world: World) -> None:
    place = world.destination()
    [delivery, *_] = [world.queue(world.lead())[0] for _ in range(3)]
    world.receiver.always(status=404)
    for _ in range(3):
        world.send()
        world.clock.advance(minutes=40)
    resume(world, place)
    world.receiver.always(status=503)
    world.send()
    assert world.get(delivery).tries == 1
    assert world.get(delivery).due_at - world.clock() < timedelta(seconds=6)


def test_resuming_leaves_what_is_under_way_to_its_sender(world: World) -> None:
    place = world.destination()
    [delivery] = world.queue(world.lead())
    world.receiver.always(status=503)
    world.send()
    world.clock.advance(minutes=1)
    with world.db.write() as conn:
        claims.claim(conn, place.id, world.clock(), limit=1, owner="sender")
        before = deliveries.get(conn, world.site.id, delivery)
        destinations.resume(conn, world.site.id, place.id, world.clock())
        assert deliveries.get(conn, world.site.id, delivery) == before
        destinations.resume(conn, world.site.id, place.id, world.clock() + claims.LEASE)
    assert world.get(delivery).tries == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_changes_a_destination_waits_for_its_sender_before_its_row(world: World) -> None:
    """The other way round each waits for what the other holds, and PostgreSQL ends one of them."""
    place, ended = world.destination(), []

    def change() -> None:
        arguments = ["set", place.id, "--set", f"url={world.receiver.url}"]
        ended.append(CliRunner().invoke(commands, arguments, obj=lambda: world.parts).exit_code)

    changing = threading.Thread(target=change)
    with world.db.write() as conn:
        lock_names(conn, f"lane:{place.id}")
        changing.start()
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        deadline = time.monotonic() + 20
        while not conn.execute(waits).scalar() and time.monotonic() < deadline:
            time.sleep(0.01)
        conn.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        destination_health.spend(conn, place.id, None)
    changing.join(20)
    assert ended == [0]


def test_nothing_is_owed_again_to_a_disabled_destination(world: World) -> None:
    world.destination()
    [delivery] = world.queue(world.lead())
    world.receiver.always(status=410)
    world.send()
    with world.db.write() as conn:
        assert not resend(conn, world.site.id, delivery, world.clock())
    assert world.get(delivery).status == "parked"
