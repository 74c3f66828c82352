"""Leads that are scored anew many at once stand as each would by itself, and nothing else is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from gateway import rescoring
from gateway.scoring.rulebook import shipped_text
from gateway.store import destinations, rulebooks, sites
from tests.pipeline.conftest import World
from tests.scoring.building import EVERYTHING
from tests.support.many_leads import Drawing, written
from tests.support.plans import planned

WANTED = "params = { within_months = 3 }"
CHANGED = (
    shipped_text().replace(f"points = 30\n{WANTED}", f"points = 80\n{WANTED}")
    + """
[[segments]]
key = "warm"
title = { fa = "گرم", en = "Warm" }
[[segments.when]]
score_min = 10
"""
)


def _people(world: World, seed: int, rules: str) -> list[str]:
    """Leads of every sort, of a site whose rules have changed since."""
    with world.db.write() as conn:
        new = destinations.NewDestination(world.site.id, "webhook", "CRM", {"url": "http://crm.example/"}, sends="all")
        destinations.add(conn, "secret", new, world.clock())
        sites.change(conn, world.site.id, {"settings": {"notify": ["sales@example.com"]}})
    sent = [
        world.send({"email": f"p{n}@example.com", "time_to_buy": "0_3", "consent_marketing": n % 2 == 0})
        for n in range(4)
    ]
    with world.db.write() as conn:
        drawing = Drawing(conn, world.site, world.clock(), seed)
        drawing.add(36)
        drawing.ids += [str(one.lead_id) for one in sent]
        drawing.judge([one.id for one in sent])
        drawing.entangle()
        rulebooks.publish(conn, world.site.id, rules, world.clock())
    return sorted(drawing.ids)


def _done(world: World, work: Callable[[Connection], object]) -> dict[str, list[str]]:
    """What stands written after this work, which is taken back."""
    with world.db.write() as conn:
        savepoint = conn.begin_nested()
        work(conn)
        found = written(conn)
        savepoint.rollback()
    return found


@pytest.mark.parametrize("rules", [CHANGED, EVERYTHING], ids=["shipped", "everything"])
@pytest.mark.parametrize("seed", range(2))
def test_many_at_once_are_scored_as_one_by_one(world: World, seed: int, rules: str) -> None:
    ids, site_id, now = _people(world, seed, rules), world.site.id, world.clock()

    def each(conn: Connection) -> None:
        for lead_id in ids:
            rescoring.apart(conn, site_id, lead_id, now)

    def many(conn: Connection) -> None:
        others = rescoring.together(conn, site_id, ids, now)
        assert 0 < len(others) < 20, "most at once, some by themselves"
        for lead_id in others:
            rescoring.apart(conn, site_id, lead_id, now)

    def twice(conn: Connection) -> None:
        many(conn)
        many(conn)

    expected = _done(world, each)
    assert expected != _done(world, lambda _conn: None)
    assert _done(world, many) == expected
    assert _done(world, twice) == expected


READ = ("leads", "facts", "events", "identifiers", "submissions", "verdicts", "consents", "segment_members", "merges")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_many_at_once_are_read_off_indexes(world: World) -> None:
    ids = _people(world, 1, EVERYTHING)
    with planned(world.db, *READ) as lines, world.db.write() as conn:
        rescoring.together(conn, world.site.id, ids, world.clock())
    assert [line for line in lines if line.startswith("SEARCH leads ")]
    assert [line for line in lines if line.startswith(tuple(f"SCAN {table}" for table in READ))] == []
    assert [line for line in lines if line.endswith("(site_id=?)")] == [], "a site as a whole is no less"


@pytest.mark.parametrize(
    "seconds, then",
    [(0.001, 40), (0.012, 40), (0.025, 20), (0.05, 10), (3.0, 1)],
    ids=["quick", "twice", "as it may be", "long", "far too long"],
)
def test_a_transaction_lets_sqlites_writer_go_in_time(seconds: float, then: int) -> None:
    assert rescoring.next_size(20, seconds) == then
