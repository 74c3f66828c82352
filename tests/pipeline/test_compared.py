"""What is compared of a lead is kept beside its keys: the same as reading its facts, and as new as its keys are."""

from __future__ import annotations

from sqlalchemy import select

from gateway import erasing
from gateway.matching import known
from gateway.store.tables import lead_records
from tests.pipeline.conftest import World
from verification.matching.records import Record

PEOPLE = (
    {"email": "sara@example.com", "first_name": "امیر‌حسین", "job_title": "مدیر عامل"},
    {"email": "k.oneil@example.com", "first_name": "K.", "job_title": "CTO"},
    {"email": "info@example.com"},
    {"email": "m@example.com", "phone": "+989123456780", "first_name": "Mrs. Sara-Jane"},
)  # fmt: skip


def _meet(world: World, *lead_ids: str | None) -> list[Record]:
    with world.db.read() as conn:
        found = {one.lead_id: one.record for one in known.meet(conn, world.site.id, [one or "" for one in lead_ids])}
    return [found[one or ""] for one in lead_ids]


def _read(world: World, *lead_ids: str | None) -> list[Record]:
    with world.db.read() as conn:
        found = known.read(conn, world.site.id, [one or "" for one in lead_ids])
    return [found[one or ""].record for one in lead_ids]


def _kept(world: World) -> set[str]:
    with world.db.read() as conn:
        return set(conn.execute(select(lead_records.c.lead_id)).scalars())


def test_what_is_kept_is_what_reading_the_facts_gives(world: World) -> None:
    ids = [world.send(answers).lead_id for answers in PEOPLE]
    assert _kept(world) == set(ids)
    kept, read = _meet(world, *ids), _read(world, *ids)
    assert [repr(one) for one in kept] == [repr(one) for one in read]


def test_it_follows_what_the_lead_says_next(world: World) -> None:
    sent = world.send({"email": "sara@example.com", "first_name": "Sara"}, visitor_id="vis_1")
    world.send({"email": "sara@example.com", "job_title": "CEO"}, visitor_id="vis_1")
    (record,) = _meet(world, sent.lead_id)
    assert (record.first.whole, record.job) == ("sara", "ceo")


def test_who_was_weighed_by_an_earlier_release_is_read_whole(world: World) -> None:
    ids = [world.send(answers).lead_id for answers in PEOPLE[:2]]
    with world.db.write() as conn:
        conn.execute(lead_records.delete())
    assert [repr(one) for one in _meet(world, *ids)] == [repr(one) for one in _read(world, *ids)]


def test_an_erased_lead_is_met_by_nobody(world: World) -> None:
    sent = world.send(PEOPLE[0])
    with world.db.write() as conn:
        erasing.erase(conn, world.site.id, sent.lead_id or "", by=None, now=world.clock())
    world.process()
    with world.db.read() as conn:
        assert known.meet(conn, world.site.id, [sent.lead_id or ""]) == []
    assert _kept(world) == set()
