"""When to try again, and what each answer does to delivery and destination (rule 30)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery import ledger, retries
from gateway.delivery.outgoing import DeliveryError, Sent
from gateway.http import Connector
from gateway.store import destinations
from gateway.words import known_keys, say
from tests.delivery.conftest import World

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOURS = 3600


def test_r30_the_schedule_is_ten_tries_over_about_75_hours() -> None:
    assert retries.DELAYS == (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    assert retries.TRIES == 10
    assert 74 < sum(retries.DELAYS) / HOURS < 77
    assert retries.next_try("dlv_1", 10, NOW, None) is None


@pytest.mark.parametrize("tries", range(1, 10))
def test_jitter_spreads_but_the_same_delivery_gets_the_same_time(tries: int) -> None:
    delay = retries.DELAYS[tries - 1]
    times = {retries.next_try(f"dlv_{number}", tries, NOW, None) for number in range(50)}
    assert len(times) > 40
    for moment in times:
        assert moment is not None
        assert 0.9 * delay <= (moment - NOW).total_seconds() <= 1.1 * delay
    assert retries.next_try("dlv_1", tries, NOW, None) == retries.next_try("dlv_1", tries, NOW, None)


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("120", 120), ("0", 0), (" 7 ", 7), ("999999999999999999", 24 * HOURS), ("172800", 24 * HOURS),
        (format_datetime(NOW + timedelta(hours=2), usegmt=True), 2 * HOURS),
        (format_datetime(NOW - timedelta(hours=2), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), 24 * HOURS),
        ("-5", None), ("soon", None), ("", None), (None, None), ("1.5", None), ("۱۲", None),
    ],
)  # fmt: skip
def test_r30_retry_after_is_read_as_seconds_or_date_up_to_a_day(text: str | None, seconds: int | None) -> None:
    assert retries.retry_after(text, NOW) == seconds


@given(st.text())
def test_no_retry_after_breaks_the_sender(text: str) -> None:
    wait = retries.retry_after(text, NOW)
    assert wait is None or 0 <= wait <= 24 * HOURS


def test_r30_retry_after_lengthens_the_schedule_and_never_shortens_it() -> None:
    assert retries.next_try("dlv_1", 1, NOW, 3600) == NOW + timedelta(hours=1)
    soon = retries.next_try("dlv_1", 4, NOW, 1)
    assert soon is not None
    assert soon - NOW > timedelta(hours=1)


@pytest.mark.parametrize(
    "status, answer",
    [
        (200, "ok"), (201, "ok"), (204, "ok"), (299, "ok"), (301, "refuse"), (302, "refuse"), (308, "refuse"),
        (400, "park"), (401, "refuse"), (403, "refuse"), (404, "refuse"), (405, "park"), (408, "retry"), (409, "park"),
        (410, "disable"), (413, "park"), (422, "park"), (425, "retry"), (429, "retry"), (500, "retry"), (501, "retry"),
        (502, "retry"), (503, "retry"), (504, "retry"), (599, "retry"), (101, "park"), (777, "park"),
    ],
)  # fmt: skip
def test_r30_what_each_status_means(status: int, answer: str) -> None:
    assert retries.judge(status, {}) == answer


def test_a_kind_may_read_a_status_its_own_way() -> None:
    with pytest.raises(DeliveryError) as raised:
        retries.check(Sent(403, 1.0, "60"), NOW, {403: "retry"})
    assert (raised.value.answer, raised.value.retry_after, raised.value.permanent) == ("retry", 60, False)


def test_every_reason_has_words_in_both_languages() -> None:
    reasons = {"http_503", "timeout", "network", "unresolved", "tls", "bad_url", "bad_header", "fault"}
    reasons |= {"settings_unreadable", "newer_version", "no_longer_routed", "never_sent", "erased", "no_consent"}
    reasons |= {"destination_disabled", "by_hand", "removed", "refused_private"}
    for reason in reasons:
        key, params = retries.reason_key(reason)
        assert key in known_keys("delivery")
        assert say("fa", key, **params) != say("en", key, **params)


@pytest.mark.parametrize(
    "answer, status, reason",
    [
        ({"status": 400, "body": b"no e-mail"}, "parked", "http_400"),
        ({"status": 409}, "parked", "http_409"),
        ({"status": 422}, "parked", "http_422"),
        ({"status": 410}, "parked", "http_410"),
        ({"status": 408}, "due", None),
        ({"status": 425}, "due", None),
        ({"status": 429}, "due", None),
        ({"status": 500}, "due", None),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1/"}}, "due", None),
        ({"status": 401}, "due", None),
        ({"reset": True}, "due", None),
        ({"status": 201}, "delivered", None),
    ],
)
def test_r30_what_a_delivery_becomes(world: World, answer: dict[str, object], status: str, reason: str | None) -> None:
    world.destination()
    [delivery_id] = world.queue(world.lead())
    world.receiver.answer_next(**answer)  # type: ignore[arg-type]
    world.send()
    found = world.get(delivery_id)
    assert (found.status, found.reason, found.tries) == (status, reason, 1)
    assert len(world.attempts(delivery_id)) == len(world.receiver.requests) == 1


def test_r30_a_delivery_is_tried_ten_times_and_then_parked(world: World) -> None:
    world.destination()
    [delivery_id] = world.queue(world.lead())
    world.receiver.always(status=500)
    begun = world.clock()
    while (found := world.get(delivery_id)).status == "due":
        world.clock.set(found.due_at)
        assert world.send() == 1
    assert (found.status, found.reason, found.tries) == ("parked", "http_500", 10)
    assert timedelta(hours=67) < world.clock() - begun < timedelta(hours=84)
    assert len({request.body for request in world.receiver.requests}) == 1
    assert len({request.headers["webhook-timestamp"] for request in world.receiver.requests}) == 10


def test_r30_retry_after_rests_everything_that_waits_for_that_destination(world: World) -> None:
    world.destination()
    for _ in range(3):
        world.queue(world.lead())
    world.receiver.answer_next(status=429, retry_after=3600)
    world.send()
    assert len(world.receiver.requests) == 1
    world.clock.advance(seconds=3599)
    assert world.send() == 0
    world.clock.advance(seconds=1)
    assert world.send() == 3


@pytest.mark.parametrize("status", [401, 403, 404, 301])
def test_r30_three_refusals_pause_the_destination_and_park_nobody(world: World, status: int) -> None:
    """A token that expires on a Friday."""
    place = world.destination()
    ids = [delivery_id for _ in range(5) for delivery_id in world.queue(world.lead())]
    world.receiver.always(status=status)
    world.send()
    assert len(world.receiver.requests) == 3
    paused = world.place(place)
    assert (paused.status, paused.paused_reason) == ("paused", f"http_{status}")
    assert {world.get(delivery_id).status for delivery_id in ids} == {"due"}
    world.clock.advance(hours=200)
    assert world.send() == 0
    world.receiver.always(status=200)
    with world.db.write() as conn:
        destinations.resume(conn, world.site.id, place.id, world.clock())
    assert world.send() == 5
    assert world.counts(place)["delivered"] == 5


def test_r30_refusals_count_in_a_row_only(world: World) -> None:
    place = world.destination()
    for status in (401, 401, 200, 403, 404, 200):
        world.queue(world.lead())
        world.receiver.answer_next(status=status)
        ledger.send_due(world.parts, 1)
    assert world.place(place).status == "active"


def test_r30_gone_disables_the_destination_and_parks_what_was_due(world: World) -> None:
    place = world.destination()
    for _ in range(3):
        world.queue(world.lead())
    world.receiver.always(status=410)
    world.send()
    assert len(world.receiver.requests) == 1
    assert world.place(place).status == "disabled"
    assert world.counts(place) == {"due": 0, "delivered": 0, "parked": 3, "superseded": 0}
    assert world.queue(world.lead()) == []


def test_r32_a_private_address_is_never_asked_and_pauses(world: World) -> None:
    place = world.destination(world.receiver.url.replace("127.0.0.1", "localhost"))
    for _ in range(4):
        world.queue(world.lead())
    world.send()
    assert world.receiver.requests == []
    assert (world.place(place).status, world.place(place).paused_reason) == ("paused", "refused_private")
    assert world.counts(place)["due"] == 4


def test_another_secret_key_pauses_and_loses_nothing(world: World, make_config: Callable[..., object]) -> None:
    place = world.destination()
    for _ in range(3):
        world.queue(world.lead())
    other = make_config(DATABASE_URL=world.parts.config.database_url, SECRET_KEY="another")
    parts = world.parts_with(other, world.db, Connector())  # type: ignore[arg-type]
    while ledger.send_due(parts, 10):
        pass
    assert world.place(place).paused_reason == "settings_unreadable"
    assert world.counts(place)["due"] == 3


def test_what_a_public_host_replied_is_kept_up_to_2_kb(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.destination()
    [delivery_id] = world.queue(world.lead())
    world.receiver.answer_next(status=422, body="خطا ".encode() * 1000 + b"\x00")
    monkeypatch.setattr("gateway.http.is_public", lambda _address: True)
    world.send()
    [attempt] = world.attempts(delivery_id)
    assert attempt.reply is not None
    assert attempt.reply.startswith("خطا")
    assert len(attempt.reply.encode()) <= 2050
