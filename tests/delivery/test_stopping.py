"""A destination that stops by itself: its administrators hear of it once, by mail, with nothing of a lead in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway import alerts
from gateway.cli.doctor import sending
from gateway.store import destinations, users
from gateway.store.tables import mails
from tests.delivery.conftest import World


@pytest.fixture
def staff(world: World) -> World:
    with world.db.write() as conn:
        for name, lang, role in (("sara", "fa", "admin"), ("reza", "en", "admin"), ("mina", "fa", "marketer")):
            user = users.add(conn, f"{name}@shop.example", name, world.clock(), lang=lang)
            users.set_role(conn, user.id, world.site.id, role)  # type: ignore[arg-type]
    return world


def told(world: World) -> list[Any]:
    alerts.tell(SimpleNamespace(db=world.db, clock=world.clock), world.clock())  # type: ignore[arg-type]
    with world.db.read() as conn:
        wanted = mails.c.template == "destination_stopped"
        return list(conn.execute(mails.select().where(wanted).order_by(mails.c.recipient, mails.c.id)))


@pytest.mark.parametrize("status, due", [(401, 4), (410, 0)])
def test_its_administrators_are_told_once_and_in_their_language(staff: World, status: int, due: int) -> None:
    staff.destination(name="CRM")
    for _ in range(4):
        staff.queue(staff.lead())
    staff.receiver.always(status=status)
    assert told(staff) == []
    staff.send()
    told(staff)
    rows = told(staff)
    assert [row.recipient for row in rows] == ["reza@shop.example", "sara@shop.example"]
    assert rows[0].params["reason"] == f"the destination answered {status}"
    assert "پاسخ" in rows[1].params["reason"]
    assert {(row.params["name"], row.params["count"]) for row in rows} == {("CRM", due)}
    assert all("@example.ir" not in str(row.params) for row in rows)


def test_each_stop_is_told_and_one_by_hand_is_not(staff: World) -> None:
    place = staff.destination()
    with staff.db.write() as conn:
        destinations.pause(conn, staff.site.id, place.id)
    assert told(staff) == []
    for number in (1, 2):
        with staff.db.write() as conn:
            destinations.resume(conn, staff.site.id, place.id, staff.clock.advance(hours=1))
        for _ in range(3):
            staff.queue(staff.lead())
        staff.receiver.always(status=403)
        staff.send()
        assert len(told(staff)) == 2 * number


def test_five_days_of_failure_are_told_in_words(staff: World) -> None:
    staff.destination()
    staff.receiver.always(status=500)
    for _ in range(122):
        staff.queue(staff.lead())
        staff.send()
        staff.clock.advance(hours=1)
    assert told(staff)[0].params["reason"] == "nothing but failures for five days"


def test_a_removed_one_is_no_news(staff: World) -> None:
    place = staff.destination()
    with staff.db.write() as conn:
        destinations.remove(conn, staff.site.id, place.id, staff.clock())
    assert told(staff) == []


def test_doctor_tells_who_stopped_by_itself_and_what_nobody_sends(staff: World) -> None:
    place = staff.destination(name="CRM")
    [delivery] = staff.queue(staff.lead())
    assert sending(staff.parts)[0] == "ok"
    staff.clock.advance(minutes=11)
    assert "is a worker running" in sending(staff.parts)[1]
    staff.receiver.always(status=410)
    staff.send()
    assert staff.get(delivery).status == "parked"
    assert sending(staff.parts) == (
        "warn",
        "stopped by itself: CRM (the destination answered 410): mend what is wrong, then resume it in the console",
    )
    with staff.db.write() as conn:
        destinations.resume(conn, staff.site.id, place.id, staff.clock())
    assert sending(staff.parts)[0] == "ok"
