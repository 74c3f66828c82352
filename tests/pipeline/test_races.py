"""Who works on the same people at once never waits in a circle, whatever place the other has come to.

Whoever needs several people asks for all of them at its start and in one order (docs/decisions.md). Each of the two is
stopped behind every lock that it takes, and the other is let run: no luck, and no sleep, is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway import confirming, duplicates, merging, pipeline, relinking, reported, rescoring
from gateway.happened import Sent, keep
from gateway.importing import running
from gateway.importing.beginning import Listed
from gateway.importing.running import Batch, Options, Task
from gateway.matching import working
from gateway.matching.context import context
from gateway.matching.weighing import Weighing
from gateway.records import Event
from gateway.relinking import Mover
from gateway.sheets import Sheet
from gateway.store import duplicates as kept_pairs
from gateway.store import rulebooks, submissions, unweighed
from gateway.store.db import lock_names
from gateway.store.duplicates import Weighed
from gateway.store.unweighed import Waiting
from tests.pipeline.conftest import World
from tests.support import intake
from tests.support.interleaving import Work, circles

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LIST = (
    "email,first_name,job_title\nmina@example.com,Mina,Boss\nomid@example.com,Omid,Boss\nsara@example.com,Sara,Boss\n"
)


class People:
    """Sara, Omid, Mina and Nima, the oldest first; Mina and Nima are one person. All have something that waits."""

    def __init__(self, world: World) -> None:
        self.world, self.site_id = world, world.site.id
        self.ids = {name: self._begun(name) for name in ("sara", "omid", "mina", "nima")}
        self.second = world.send({"email": "sara@example.com", "first_name": "?", "job_title": "CEO"}, visitor_id="v9")
        self.now = world.clock.advance(hours=1)
        with world.db.write() as conn:
            self.merged = merging.merge(conn, self.site_id, self._both("mina", "nima"), by=None, now=self.now)
            pair = Weighed(*self._both("sara", "omid"), "possible", 1.0, ())
            kept_pairs.keep(conn, self.site_id, pair, self.now)
            (self.pair,) = kept_pairs.between(conn, [pair.older], [pair.younger])
            for lead_id in self.ids.values():
                unweighed.add(conn, self.site_id, lead_id, self.now)
        self.waiting = [self._received(name, number) for number, name in enumerate(("nima", "omid", "sara", "mina"))]
        self.mover = Mover(self.site_id, None, self.now)

    def _both(self, one: str, other: str) -> tuple[str, str]:
        return self.ids[one], self.ids[other]

    def _begun(self, name: str) -> str:
        self.world.clock.advance(hours=1)
        answers = {"email": f"{name}@example.com", "first_name": name.title()}
        lead_id = self.world.send(answers, visitor_id=f"v_{name}").lead_id
        assert lead_id is not None
        return lead_id

    def _received(self, name: str, number: int) -> str:
        """A form that waits; its browser is the next one's."""
        before = list(self.ids)[(number + 1) % 4]
        new = intake.submission(
            self.world.site, self.world.form_id, {"email": f"{name}@example.com", "first_name": "?"},
            self.world.clock(), visitor_id=f"w{number}", previous_visitor_id=f"v_{before}",
        )  # fmt: skip
        return self.world.db.grouped(submissions.receive_all, new).submission_id

    # --- what is done with them -------------------------------------------------------------------------------------

    def drain(self, conn: Connection, *, backwards: bool = False) -> None:
        batch = submissions.claim_due(conn, self.now, self.waiting[:2] if backwards else self.waiting[2:])
        pipeline.lock(conn, batch, confirming.NO_WAYS)
        for one in reversed(batch) if backwards else batch:
            pipeline.process(conn, one, self.world.hosts, self.now)

    def weigh(self, conn: Connection) -> None:
        weighing = Weighing(self.site_id, context(conn, self.site_id, self.now), self.now)
        working._weigh_one(conn, Waiting(self.site_id, self.ids["nima"]), weighing)

    def merge(self, conn: Connection) -> None:
        merging.merge(conn, self.site_id, self._both("omid", "sara"), by=None, now=self.now)

    def take_apart(self, conn: Connection) -> None:
        merging.undo(conn, self.site_id, self.merged, by=None, now=self.now)

    def relink(self, conn: Connection) -> None:
        relinking.relink(conn, self.second.id, self.ids["nima"], self.mover)

    def part(self, conn: Connection) -> None:
        duplicates.say(conn, "apart", self.pair.id, duplicates.Sayer(self.site_id, None, self.now))

    def bring(self, conn: Connection) -> None:
        """A list, its rows in no order of ours."""
        task = Task(self.world.site, Sheet.of("l.csv", LIST.encode()), Options({}))
        found = running.begin(conn, task, (running.digest(task), 3), self.now)
        listed = Listed(found, "en", rulebooks.in_force(conn, self.site_id))
        reader = running.reader(conn, task, self.now)
        rows = [reader.read(number, cells) for number, cells in task.sheet.rows()]
        running.hold(conn, self.site_id, rows)
        Batch(conn, listed, running.load(conn, self.site_id, rows), self.now).write(rows)

    def tell(self, conn: Connection) -> None:
        """Events from another system, in the order of their ids."""
        told = (("1", "contact_request", "omid"), ("2", "unsubscribed", "sara"), ("3", "won", "nima"))
        sent = [
            Sent(self.ids[name], Event(id=number, type=kind, at=self.now, source="crm")) for number, kind, name in told
        ]
        keep(conn, self.site_id, sent, self.now)

    def report(self, conn: Connection) -> None:
        """A CRM that holds three of our leads for one, and calls it fake."""
        told = reported.Report("in:1", "bad", self.now, "fake")
        reported.keep(conn, self.site_id, told, [self.ids[name] for name in ("omid", "nima", "sara")], self.now)

    def rescore(self, conn: Connection) -> None:
        """Everybody at once, by rules that gave other points."""
        rescoring.together(conn, self.site_id, list(reversed(self.ids.values())), self.now)


@pytest.fixture
def people(world: World, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setattr(running, "HOLD_SECONDS", float("inf"))  # all rows in one transaction, however busy the machine
    return People(world)


RACES: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "a list beside a merge": (People.bring, People.merge),
    "events beside a merge": (People.tell, People.merge),
    "a relink beside a drain": (People.relink, People.drain),
    "a merge taken back beside a drain": (People.take_apart, People.drain),
    "weighing beside a drain": (People.weigh, People.drain),
    "a report beside a merge": (People.report, People.merge),
    "a drain beside a report": (People.drain, People.report),
    "two people said beside events": (People.part, People.tell),
    "scoring anew beside a merge": (People.rescore, People.merge),
    "scoring anew beside a drain": (People.rescore, People.drain),
    "events beside scoring anew": (People.tell, People.rescore),
    "a merge taken back beside scoring anew": (People.take_apart, People.rescore),
    "scoring anew twice": (People.rescore, People.rescore),
}


def test_a_circle_is_found_where_there_is_one(world: World) -> None:
    def holding(*names: str) -> Work:
        return lambda conn: [lock_names(conn, name) for name in names]

    assert "deadlock" in str(circles(world.db, holding("a", "b"), holding("b", "a")))
    assert circles(world.db, holding("a", "b"), holding("a", "b")) == []


@pytest.mark.parametrize("one, other", RACES.values(), ids=RACES.keys())
def test_no_two_wait_for_each_other(people: People, one: Callable[..., Any], other: Callable[..., Any]) -> None:
    def work(done: Callable[..., Any]) -> Work:
        return lambda conn: done(people, conn)

    assert circles(people.world.db, work(one), work(other)) == []
