"""Mail to staff about the review queue: in minutes, daily, weekly; nothing of a lead in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway import alerts
from gateway.deciding import reject
from gateway.records import Site
from gateway.store import samples, sites
from gateway.store.tables import mails
from tests.pipeline.conftest import World, make_world, world  # noqa: F401  fixtures
from tests.support.intake import GUIDE
from tests.support.plans import read_whole

CALL = GUIDE.replace('key = "guide"', 'key = "guide"\ncontact_requested = true')


@pytest.fixture
def calls(make_world: Any) -> World:  # noqa: F811
    made: World = make_world("demo", CALL)
    with made.db.write() as conn:
        sites.change(conn, made.site.id, {"settings": {"notify": ["a@shop.example", "b@shop.example"]}})
    return made


def tell(found: World) -> None:
    alerts.tell(SimpleNamespace(db=found.db, clock=found.clock), found.clock())  # type: ignore[arg-type]


def sent(found: World, template: str) -> list[Any]:
    with found.db.read() as conn:
        return list(conn.execute(mails.select().where(mails.c.template == template).order_by(mails.c.id)))


def held(found: World, number: int, **more: Any) -> str:
    one = found.send({"email": f"p{number}@mailinator.com"}, **more)
    assert one.status == "held"
    return one.id


def test_who_asked_to_be_contacted_is_told_of_within_five_minutes_and_once(calls: World) -> None:
    """Each minute one comes in; the sweeper looks each ten seconds."""
    for second in range(0, 900, 10):
        if second % 60 == 0 and second < 600:
            held(calls, second)
        tell(calls)
        calls.clock.advance(seconds=10)
    rows = [row for row in sent(calls, "held_contact") if row.recipient == "a@shop.example"]
    assert [row.params["count"] for row in rows] == [1, 5, 4]
    gaps = [(after.due_at - before.due_at).total_seconds() for before, after in zip(rows, rows[1:], strict=False)]
    assert all(gap >= 300 for gap in gaps)
    assert len(sent(calls, "held_contact")) == 6  # two addresses


def test_no_mail_holds_anything_of_a_lead(calls: World) -> None:
    held(calls, 1)
    tell(calls)
    for row in sent(calls, "held_contact"):
        assert set(row.params) == {"site", "site_key", "count"}
        assert "mailinator" not in f"{row.key}{row.params}"


def test_others_are_told_of_once_a_day(world: World) -> None:  # noqa: F811
    with world.db.write() as conn:
        sites.change(conn, world.site.id, {"settings": {"notify": ["a@shop.example"]}})
    held(world, 1)
    for _ in range(5):
        tell(world)
        world.clock.advance(hours=1)
    assert (len(sent(world, "held_contact")), len(sent(world, "held_waiting"))) == (0, 1)


def test_r38_a_marketers_test_alerts_nobody(calls: World) -> None:
    held(calls, 1, test=True, facts={"script": True, "fill_seconds": 9.0, "honeypot": "x"})
    tell(calls)
    assert sent(calls, "held_contact") == []


def test_nobody_to_tell_is_no_fault(world: World) -> None:  # noqa: F811
    held(world, 1)
    tell(world)
    assert sent(world, "held_waiting") == []


def test_each_week_a_sample_is_drawn_once_and_told(calls: World) -> None:
    for number in range(14):
        reject(calls.parts, calls.site.id, held(calls, number), "usr_1")
    draw(calls)
    assert sent(calls, "rejects_sample") == []  # this week is not over
    calls.clock.advance(days=7)
    first = draw(calls)
    assert len(first) == samples.SIZE
    assert draw(calls) == first
    assert [row.params["count"] for row in sent(calls, "rejects_sample")] == [10, 10]  # two addresses


def draw(found: World) -> list[str]:
    alerts.draw_samples(SimpleNamespace(db=found.db), found.clock())  # type: ignore[arg-type]
    with found.db.read() as conn:
        return [one.submission_id for one in samples.latest(conn, found.site.id)]


def test_samples_are_each_sites_own(calls: World, make_world: Any) -> None:  # noqa: F811
    other: World = make_world("other", GUIDE.replace('key = "guide"', 'key = "second"'))
    reject(calls.parts, calls.site.id, held(calls, 1), None)
    calls.clock.advance(days=7)
    draw(calls)
    assert isinstance(other.site, Site)
    with other.db.read() as conn:
        assert samples.latest(conn, other.site.id) == []
        assert samples.figures(conn, other.site.id) == samples.Figures(0, 0, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_looking_every_two_seconds_reads_no_table_whole(calls: World) -> None:
    held(calls, 1)
    with read_whole(calls.db, "submissions", "verdicts") as found:
        tell(calls)
        alerts.draw_samples(SimpleNamespace(db=calls.db), calls.clock())  # type: ignore[arg-type]
    assert found == []
