"""Points learnt from a site's own outcomes: its leads gathered as they were at the hand-over, and the fit.

Reads in short transactions and writes to its own row alone, so that it may run beside everything, end anywhere and
begin anew.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.records import Fact
from gateway.scoring.calibrating.columns import Counting
from gateway.scoring.calibrating.freezing import Ended, ended, known, seen
from gateway.scoring.calibrating.packing import packed
from gateway.scoring.calibrating.records import (
    LOST,
    WON,
    Calibration,
    Leads,
    LearntRule,
    NothingToLearnError,
    Sorted,
)
from gateway.scoring.calibrating.times import each_time, in_all
from gateway.scoring.known import Known
from gateway.scoring.model import Rulebook
from gateway.store import calibrations, events, leads, outcomes, rulebooks
from gateway.store.calibrations import Asked
from gateway.store.db import Database
from gateway.store.outcomes import Person

AT_ONCE = 50  # people a transaction
BEAT_SECONDS = 1.0  # between two signs of life; others have their turn then as well

log = structlog.get_logger()

Tell = Callable[[int, int], object]  # people that are done, and all


@dataclass(frozen=True)
class Gathered:
    """leads: those won and lost. times: how often each column counts for a lead that has it; digest: of the rulebook
    that says the columns."""

    leads: Leads
    sorted: Sorted
    in_force: dict[str, int]
    times: dict[str, float]
    digest: str


def gather(db: Database, site_id: str, tell: Tell = lambda _done, _all: None) -> Gathered:
    """The site's leads as they were when they were handed to sales. Rules are those in force at its beginning."""
    with db.read() as conn:
        rulebook = rulebooks.in_force(conn, site_id)
        people = outcomes.people(conn, site_id)
    gathering = _Gathering(site_id, rulebook)
    for start in range(0, len(people), AT_ONCE):
        with db.read() as conn:
            for person in outcomes.page(conn, people[start : start + AT_ONCE]):
                gathering.take(conn, person)
        tell(min(start + AT_ONCE, len(people)), len(people))
    with db.read() as conn:
        others = outcomes.others(conn, site_id)
    return gathering.done(others)


def learn(found: Gathered, *, pairs: bool = False) -> Calibration:
    """What the outcomes say of the points of the rulebook. Raises NothingToLearnError."""
    from gateway.scoring.calibrating.calibrate import calibrate  # brings numpy: where leads are calibrated alone

    learnt = calibrate(found.leads, in_all(found.in_force, found.times), pairs=pairs)
    return each_time(learnt, found.in_force, found.times)


class _Gathering:
    """The rows so far. What no rule can be learnt from is counted."""

    def __init__(self, site_id: str, rulebook: Rulebook) -> None:
        self.site_id = site_id
        self.rulebook = rulebook
        self.counting = Counting(rulebook)
        self.counted: Counter[str] = Counter()
        self.has, self.outcome = bytearray(), bytearray()
        self.leads_with = [0] * len(self.counting.columns)
        self.times = [0] * len(self.counting.columns)

    def take(self, conn: Connection, person: Person) -> None:
        """One with an outcome."""
        if person.disqualified:
            self.counted["disqualified"] += 1
            return
        told = events.of_lead(conn, self.site_id, person.id)
        end = ended(told, person.handed_at)
        if end is None:  # whoever told of it may not, or it was taken back meanwhile
            self.counted["open" if person.handed_at else "never"] += 1
            return
        if end.outcome in ("bad", "customer"):
            self.counted["customers" if end.outcome == "customer" else "bad"] += 1
            return
        before = seen(told, end.moment)
        facts = self._facts(conn, person, end) if self.rulebook.reads_facts or not before else ()
        if not before and not facts:
            self.counted["early"] += 1
            return
        self._add(end, self.counting.times(before, Known.over_time(facts, end.moment), end.moment))
        self.counted[end.outcome] += 1
        self.counted["explored"] += person.explored

    def _facts(self, conn: Connection, person: Person, end: Ended) -> Sequence[Fact]:
        """Of several records, chosen by what was known then: else what sales wrote would stand before it."""
        if len(person.members) == 1:
            return known(leads.all_facts(conn, person.id), end.moment)
        lead = leads.get(conn, self.site_id, person.id)
        if lead is None:
            return ()
        everything = leads.facts_of_person(conn, replace(lead, facts={}))
        then = leads.in_force(known((one for one in everything if one.state == "current"), end.moment))
        return known(leads.facts_of_person(conn, replace(lead, facts=then)), end.moment)

    def _add(self, end: Ended, times: Sequence[int]) -> None:
        self.has.extend(1 if one else 0 for one in times)
        self.outcome.append(WON if end.outcome == "won" else LOST)
        for at, one in enumerate(times):
            self.leads_with[at] += one > 0
            self.times[at] += one

    def done(self, others: outcomes.Others) -> Gathered:
        names = [column.name for column in self.counting.columns]
        often = zip(names, self.times, self.leads_with, strict=True)
        self.counted.update(open=others.open, never=others.never)
        return Gathered(
            leads=Leads(tuple(names), bytes(self.has), bytes(self.outcome)),
            sorted=Sorted(**self.counted),
            in_force={column.name: column.in_force for column in self.counting.columns},
            times={name: round(times / having, 2) if having else 1.0 for name, times, having in often},
            digest=self.rulebook.digest,
        )


# --- in the background ----------------------------------------------------------------------------------------------


class MovedError(Exception):
    """Another process took it, since this one was silent for too long."""


@dataclass
class Worker:
    """A process at work on calibrations. meanwhile: other work that must not wait for a long one."""

    db: Database
    clock: Clock
    meanwhile: Callable[[], object] = lambda: None
    held: Asked | None = None
    _beat: float = 0.0

    def one(self) -> bool:
        """The one that waits longest, from its beginning; false where none waits."""
        now = self.clock()
        with self.db.write() as conn:
            self.held = calibrations.take(conn, now)
        if self.held is None:
            return False
        self._beat = time.monotonic()
        try:
            self._work(self.held)
        except MovedError:
            log.info("calibration_moved", calibration=self.held.id)
        self.held = None
        return True

    def park(self, where: str) -> bool:
        """After a fault of ours: tried again, and after some tries given up. True where it is."""
        held, self.held = self.held, None
        if held is None:
            return False
        with self.db.write() as conn:
            return calibrations.failed(conn, held, where, self.clock())

    def _work(self, held: Asked) -> None:
        found = gather(self.db, held.site_id, lambda done, total: self._alive(held, done, total))
        result: dict[str, Any] = {"sorted": asdict(found.sorted), "calibration": None, "pairs": [], "nothing": None}
        try:
            learnt = learn(found)
            self._alive(held, len(found.leads.outcome), len(found.leads.outcome), at_once=True)
            result |= {"calibration": packed(learnt), "pairs": [asdict(one) for one in _pairs(found)]}
        except NothingToLearnError as error:
            result["nothing"] = error.code
        with self.db.write() as conn:
            calibrations.finish(conn, held, found.digest, result, self.clock())

    def _alive(self, held: Asked, done: int, total: int, *, at_once: bool = False) -> None:
        """Say so now and then, and let others have their turn. Raises MovedError."""
        if not at_once and time.monotonic() - self._beat < BEAT_SECONDS:
            return
        with self.db.write() as conn:
            stands = calibrations.keep_at(conn, held, self.clock(), done=done, total=total)
        if not stands:
            raise MovedError
        self.meanwhile()
        self._beat = time.monotonic()


def _pairs(found: Gathered) -> list[LearntRule]:
    return [rule for rule in learn(found, pairs=True).rules if rule.both]
