"""What a destination or the machine may do to deliveries; nothing is lost, doubled or sent where it must not."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
import redis

from config import Config
from gateway import jobs
from gateway.delivery import dispatch
from gateway.doorbell import DELIVERY, Doorbell
from gateway.http import Connector
from gateway.parts import Parts, make_parts
from gateway.records import Destination
from tests.delivery.conftest import World, unused_port, world  # noqa: F401  fixtures
from tests.support.receiver import Receiver


def queued(world: World, count: int) -> list[str]:  # noqa: F811
    return [one for _ in range(count) for one in world.queue(world.lead())]


def accounts(world: World, place: Destination) -> dict[str, int]:  # noqa: F811
    return {name: number for name, number in world.counts(place).items() if number}


def arrived(receiver: Receiver) -> Counter[str]:
    return Counter(request.headers["webhook-id"] for request in receiver.requests)


@contextmanager
def another() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_two_hours_of_500_lose_nothing_and_cost_the_others_nothing(world: World) -> None:  # noqa: F811
    broken = world.destination(name="broken")
    with another() as healthy:
        world.parts = replace(
            world.parts, connector=Connector(frozenset({world.receiver.host_port, healthy.host_port}))
        )
        well = world.destination(healthy.url, name="well")
        world.receiver.always(status=500)
        for minute in range(120):
            if minute % 4 == 0:
                queued(world, 1)
            world.send()
            assert world.counts(well)["due"] == 0
            world.clock.advance(minutes=1)
        tries = len(world.receiver.requests)
        assert tries < 150  # the breaker: thirty leads by their schedule alone were as many
        world.receiver.always(status=200)
        queued(world, 1)
        back = world.clock()
        while world.counts(broken)["due"]:
            world.send()
            world.clock.advance(seconds=5)
        assert world.clock() - back < timedelta(minutes=3)
        assert accounts(world, broken) == accounts(world, well) == {"delivered": 31}
        assert set(arrived(healthy).values()) == {1}


@pytest.mark.parametrize("form", ["seconds", "date", "none", "nonsense", "too long"])
def test_each_form_of_retry_after_is_obeyed(world: World, form: str) -> None:  # noqa: F811
    place = world.destination()
    later = world.clock() + timedelta(minutes=10)
    told = {"seconds": 600, "date": format_datetime(later, usegmt=True), "nonsense": "soon", "too long": 10**9}
    wait = {"seconds": 600, "date": 600, "too long": 86400}.get(form, 1)
    ids = queued(world, 3)
    world.receiver.answer_next(status=429, retry_after=told.get(form))
    world.send()
    world.clock.advance(seconds=wait - 0.5)
    assert world.send() == 0
    assert len(world.receiver.requests) == 1
    for _ in range(3):
        world.clock.advance(seconds=6)
        world.send()
    assert accounts(world, place) == {"delivered": 3}
    assert set(arrived(world.receiver)) == set(ids)


def test_ten_429s_in_a_second_never_happen(world: World) -> None:  # noqa: F811
    """HubSpot blocks an address that collects them."""
    world.destination()
    queued(world, 50)
    world.receiver.always(status=429)
    for _ in range(10):
        world.send()
        world.clock.advance(seconds=0.1)
    assert len(world.receiver.requests) == 1


@pytest.mark.parametrize("fault", [{"reset": True}, {"delay": 0.6}])
def test_what_was_taken_before_the_connection_broke_comes_again_as_itself(
    world: World,  # noqa: F811
    fault: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reset after commit, or an answer after our time-out: one repeat, the same id and bytes."""
    monkeypatch.setattr("gateway.delivery.outgoing.TIMEOUT", 0.3)
    place = world.destination()
    ids = queued(world, 3)
    world.receiver.answer_next(**fault)  # type: ignore[arg-type]
    world.send()
    world.clock.advance(seconds=10)
    world.send()
    assert accounts(world, place) == {"delivered": 3}
    assert sorted(arrived(world.receiver).values()) == [1, 1, 2]
    assert set(arrived(world.receiver)) == set(ids)
    assert len({request.body for request in world.receiver.requests}) == 3


@pytest.mark.parametrize("address, reason", [(None, "unresolved"), ("127.0.0.1", "refused_private")])
def test_a_name_that_leads_nowhere_or_home_reaches_nobody(
    world: World,  # noqa: F811
    address: str | None,
    reason: str,
) -> None:
    """NXDOMAIN, and a name that was public once and points at us now (rebinding)."""

    def resolve(_name: str, _port: int) -> list[str]:
        if address is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [address]

    world.parts = replace(world.parts, connector=Connector(resolve=resolve))
    place = world.destination(f"http://rebound.example:{world.receiver.port}/")
    ids = queued(world, 4)
    world.send()
    assert world.receiver.requests == []
    assert accounts(world, place) == {"due": 4}
    assert {one.error for name in ids for one in world.attempts(name)} == {reason}
    assert world.place(place).status == ("paused" if address else "active")


def test_a_redirect_to_a_private_address_is_not_followed(world: World) -> None:  # noqa: F811
    place = world.destination()
    with another() as trap:
        queued(world, 4)
        world.receiver.always(status=307, headers={"Location": trap.url})
        world.send()
        assert trap.requests == []
    assert (world.place(place).status, accounts(world, place)) == ("paused", {"due": 4})


def test_workers_and_sweeper_that_race_for_one_row_send_it_once(world: World) -> None:  # noqa: F811
    place = world.destination()
    for _ in range(5):
        queued(world, 1)
        racers = [threading.Thread(target=dispatch.deliver, args=(world.parts, None, lambda: 0)) for _ in range(3)]
        for one in racers:
            one.start()
        for one in racers:
            one.join()
    assert accounts(world, place) == {"delivered": 5}
    assert set(arrived(world.receiver).values()) == {1}


@pytest.fixture
def hung() -> Iterator[str]:
    """A Valkey that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def make_with(
    make_config: Callable[..., Config],
    world: World,  # noqa: F811
) -> Iterator[Callable[[str], Parts]]:
    """The world's parts with a Valkey at this address."""
    made: list[Parts] = []

    def make(url: str) -> Parts:
        config = make_config(DATABASE_URL=world.parts.config.database_url, REDIS_URL=url)
        made.append(replace(make_parts(config, world.clock), connector=world.parts.connector))
        return made[-1]

    yield make
    for one in made:
        one.db.close()


@pytest.mark.parametrize("how", ["down", "hung"])
def test_with_valkey_away_the_sweeper_delivers_within_seconds(
    world: World,  # noqa: F811
    make_with: Callable[[str], Parts],
    hung: str,
    how: str,
) -> None:
    place = world.destination()
    queued(world, 3)
    began = time.monotonic()
    jobs.sweep(make_with(hung if how == "hung" else "unix:///nowhere"))
    assert accounts(world, place) == {"delivered": 3}
    assert time.monotonic() - began < 30


def test_a_flushed_valkey_loses_no_delivery(
    world: World,  # noqa: F811
    make_with: Callable[[str], Parts],
    valkey: redis.Redis,
    valkey_url: str,
) -> None:
    place = world.destination()
    queued(world, 2)
    parts = make_with(valkey_url)
    jobs.sweep(parts)
    assert valkey.llen(f"rq:queue:{DELIVERY}") == 1
    valkey.flushall()
    jobs.sweep(parts)
    assert valkey.llen(f"rq:queue:{DELIVERY}") == 1
    Doorbell(valkey).clear(DELIVERY)
    jobs.deliver_with(parts)
    assert accounts(world, place) == {"delivered": 2}


def test_a_slow_destination_keeps_no_sweep_waiting(world: World, make_with: Callable[[str], Parts]) -> None:  # noqa: F811
    """With Valkey gone the sweeper sends by itself, beside its rounds."""
    place = world.destination()
    queued(world, 1)
    world.receiver.answer_next(delay=2.0)
    parts, beside = make_with("unix:///nowhere"), jobs.Beside()
    began = time.monotonic()
    jobs.sweep(parts, beside)
    assert time.monotonic() - began < 1.5
    assert world.counts(place)["due"] == 1
    beside.join()
    assert accounts(world, place) == {"delivered": 1}
