"""How one destination is asked: breaker, rests, rate budget, and its place among the others (rule 30)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection

from gateway.delivery import dispatch, ledger, pacing
from gateway.delivery.outgoing import Pace
from gateway.delivery.sending import Done
from gateway.records import Delivery
from gateway.store import claims, deliveries, destinations
from tests.delivery.conftest import World

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "failures, crowded, asked, seconds",
    [
        (1, False, None, None), (4, False, None, None), (5, False, None, 30),
        (6, False, None, 60), (9, False, None, 150),
        (50, False, None, 150), (1, True, None, 1), (3, True, None, 4), (5, True, None, 30), (1, False, 7, 7),
        (9, False, 3600, 3600), (1, True, 60, 60), (1, False, 86400, 86400),
    ],
)  # fmt: skip
def test_a_destination_rests_after_five_failures_or_as_it_asks(
    failures: int, crowded: bool, asked: int | None, seconds: int | None
) -> None:
    rest = pacing.rest(failures, crowded=crowded, asked=asked)
    assert rest == (timedelta(seconds=seconds) if seconds else None)


def test_a_budget_lets_a_burst_go_and_then_its_rate() -> None:
    pace = Pace(per_second=5, burst=5)
    assert pacing.allowed(pace, None, NOW, 50) == 5
    until = pacing.taken(pace, None, NOW, 5)
    assert until == at(0.2)
    assert pacing.allowed(pace, until, at(0.1), 50) == 0
    assert pacing.allowed(pace, until, at(0.2), 50) == 1
    assert pacing.allowed(pace, until, at(0.65), 50) == 3
    assert pacing.allowed(pace, until, at(3600), 50) == 5
    assert pacing.allowed(None, None, NOW, 50) == 50
    assert pacing.taken(None, None, NOW, 5) is None


@pytest.mark.parametrize(
    "kind, own, expected",
    [(None, None, None), (Pace(4, 4), None, Pace(4, 4)), (Pace(4, 4), 0, None), (None, 0.5, Pace(0.5, 1))],
)
def test_staff_set_another_pace_over_the_kinds(kind: Pace | None, own: float | None, expected: Pace | None) -> None:
    assert pacing.pace_of(kind, own) == expected


def test_over_a_minute_no_more_than_the_budget_arrives(world: World) -> None:
    place = world.destination()
    with world.db.write() as conn:
        destinations.change(conn, world.site.id, place.id, {"per_second": 2})
    for _ in range(9):
        world.queue(world.lead())
    arrived = []
    for _ in range(6):
        world.send()
        arrived.append(len(world.receiver.requests))
        world.clock.advance(seconds=0.5)
    assert arrived == [2, 3, 4, 5, 6, 7]


def test_five_failures_open_the_breaker_and_one_probe_closes_it(world: World) -> None:
    place = world.destination()
    ids = [world.queue(world.lead())[0] for _ in range(20)]
    world.receiver.always(status=503)
    assert world.send() == 5
    assert world.place(place).rests_until == world.clock() + timedelta(seconds=30)
    world.clock.advance(seconds=29)
    assert world.send() == 0
    world.clock.advance(seconds=1)
    assert world.send() == 1  # the probe fails: a longer rest
    assert world.place(place).rests_until == world.clock() + timedelta(seconds=60)
    world.receiver.always(status=200)
    world.clock.advance(minutes=1)
    while world.send():
        world.clock.advance(seconds=1)
    assert {world.get(one).status for one in ids} == {"delivered"}
    assert world.place(place).failures == 0


def test_what_failed_meanwhile_goes_once_the_destination_answers_again(world: World) -> None:
    """Within three minutes of its recovery, though its own next try would be hours away."""
    world.destination()
    stuck = [world.queue(world.lead())[0] for _ in range(8)]
    world.receiver.always(status=503)
    for _ in range(40):
        world.send()
        world.clock.advance(minutes=3)
    assert max(world.get(one).due_at for one in stuck) > world.clock() + timedelta(minutes=30)
    world.receiver.always(status=200)
    world.queue(world.lead())
    for _ in range(18):
        world.send()
        world.clock.advance(seconds=10)
    assert {world.get(one).status for one in stuck} == {"delivered"}


def test_a_rest_that_it_asked_for_holds_for_what_comes_later_too(world: World) -> None:
    world.destination()
    world.queue(world.lead())
    world.receiver.answer_next(status=429, retry_after=120)
    world.send()
    world.queue(world.lead())
    world.clock.advance(seconds=119)
    assert world.send() == 0
    world.clock.advance(seconds=1)
    assert world.send() == 2


def test_after_five_days_of_failure_alone_it_is_paused(world: World) -> None:
    place = world.destination()
    world.receiver.always(status=500)
    for _ in range(121):
        world.queue(world.lead())
        world.send()
        world.clock.advance(hours=1)
    found = world.place(place)
    assert (found.status, found.paused_reason) == ("paused", "failing_long")
    assert world.counts(place)["due"] > 0


def test_one_answer_within_the_five_days_begins_them_anew(world: World) -> None:
    place = world.destination()
    world.receiver.always(status=500)
    for hour in range(200):
        if hour == 60:
            world.receiver.answer_next(status=200)
        world.queue(world.lead())
        world.send()
        world.clock.advance(hours=1)
        if world.place(place).status == "paused":
            break
    assert 175 < hour < 200


def test_hanging_destinations_hold_at_most_half_of_the_senders(world: World) -> None:
    """Ten that hang and are met for the first time: the one that answers is served at once all the same."""
    quick = world.destination()
    release, hanging = threading.Event(), [world.destination(name=f"slow {number}") for number in range(10)]
    for _ in range(3):
        world.queue(world.lead())
    with pytest.MonkeyPatch.context() as patch:
        real, held = ledger.send_lane, []

        def send_lane(parts: object, waiting: claims.Waiting, *more: object) -> object:
            if waiting.destination_id == quick.id:
                return real(parts, waiting, *more)  # type: ignore[arg-type]
            held.append(waiting.destination_id)
            release.wait(30)
            return Done(0)

        patch.setattr(ledger, "send_lane", send_lane)
        run = threading.Thread(target=dispatch.deliver, args=(world.parts, None, lambda: 0))
        run.start()
        most = 0
        deadline = time.monotonic() + 20
        while len(world.receiver.requests) < 3 and time.monotonic() < deadline and most < dispatch.SLOW_SENDERS:
            most = max(most, len(held))
            time.sleep(0.01)
        assert len(held) <= dispatch.SLOW_SENDERS
        release.set()
        run.join(60)
    assert len({*held}) == len(hanging)
    assert world.counts(quick)["delivered"] == 3


def test_a_lane_where_another_worker_was_quicker_is_asked_again_in_the_same_run(world: World) -> None:
    """A run may last a minute: what comes meanwhile must not wait for its end."""
    world.destination()
    hanging = world.destination(name="hangs")
    world.queue(world.lead())
    over, asked = threading.Event(), []
    real = ledger.send_lane
    with pytest.MonkeyPatch.context() as patch:

        def send_lane(parts: object, waiting: claims.Waiting, *more: object) -> object:
            if waiting.destination_id == hanging.id:
                over.wait(30)
                return Done(0)
            asked.append(waiting.destination_id)
            return Done(0) if len(asked) == 1 else real(parts, waiting, *more)  # type: ignore[arg-type]

        patch.setattr(ledger, "send_lane", send_lane)
        run = threading.Thread(target=dispatch.deliver, args=(world.parts, None, lambda: 0))
        run.start()
        world.receiver.wait_for(1)
        over.set()
        run.join(60)
    assert len(asked) == 2


@pytest.mark.parametrize("what", ["destination", "mail server"])
def test_what_hangs_at_the_end_of_a_run_keeps_nobody_else_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    quick, hanging = world.destination(), world.destination(name="hangs")
    world.queue(world.lead())
    over, real, now = threading.Event(), ledger.send_lane, [0.0]

    def send_lane(parts: object, waiting: claims.Waiting, *more: object) -> object:
        if waiting.destination_id != hanging.id:
            return real(parts, waiting, *more)  # type: ignore[arg-type]
        if what == "destination":
            over.wait(30)
        return Done(0)

    monkeypatch.setattr(ledger, "send_lane", send_lane)
    monkeypatch.setattr(dispatch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(dispatch, "time", SimpleNamespace(monotonic=lambda: now[0]))
    mails = (lambda: int(over.wait(30))) if what == "mail server" else (lambda: 0)
    run = threading.Thread(target=dispatch.deliver, args=(world.parts, None, mails))
    run.start()
    world.receiver.wait_for(1)
    now[0] = dispatch.RUN_SECONDS + 1
    world.queue(world.lead())
    world.receiver.wait_for(2)
    over.set()
    run.join(60)
    assert not run.is_alive()
    assert world.counts(quick)["delivered"] == 2


def test_mails_that_flow_past_the_end_of_a_run_keep_no_unknown_destination_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lane of a run that begins with mails alone is known as quick."""
    now, under_way, over = [0.0], threading.Event(), threading.Event()

    def mails() -> int:
        under_way.set()
        return int(over.wait(30))

    monkeypatch.setattr(dispatch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(dispatch, "time", SimpleNamespace(monotonic=lambda: now[0]))
    run = threading.Thread(target=dispatch.deliver, args=(world.parts, None, mails))
    run.start()
    assert under_way.wait(20)
    now[0] = dispatch.RUN_SECONDS + 1
    place = world.destination()
    world.queue(world.lead())
    world.receiver.wait_for(1)
    over.set()
    run.join(60)
    assert not run.is_alive()
    assert world.counts(place)["delivered"] == 1


def test_a_run_goes_on_while_its_passes_over_mails_find_some(world: World) -> None:
    passes = iter([20, 20, 3, 0, 99])
    assert dispatch.deliver(world.parts, None, lambda: next(passes)) == 43


def test_a_bug_in_one_lane_costs_the_others_nothing_and_sends_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, other = world.destination(name="odd"), world.destination(name="other")
    ids = world.queue(world.lead())
    real = deliveries.add_attempt

    def add_attempt(conn: Connection, delivery: Delivery, attempt: deliveries.Attempt) -> None:
        if delivery.destination_id == odd.id:
            raise ValueError("what cannot be recorded")
        real(conn, delivery, attempt)

    monkeypatch.setattr(deliveries, "add_attempt", add_attempt)
    for _ in range(2):
        dispatch.deliver(world.parts, None, lambda: 0)
    assert {world.get(one).destination_id: world.get(one).status for one in ids} == {
        odd.id: "due",
        other.id: "delivered",
    }
    assert len(world.receiver.requests) == 2  # one each: its lease runs on, as after a crash
    monkeypatch.undo()
    world.clock.advance(seconds=121)
    dispatch.deliver(world.parts, None, lambda: 0)
    assert {world.get(one).status for one in ids} == {"delivered"}
