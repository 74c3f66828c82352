"""Trying a rulebook before it counts: the leads that did something lately, by the rules in force and by the draft.

Both are replayed in the same way (gateway/scoring/retracing.py), so that all that differs is due to the rules. Reads
only: nothing is written, and nobody is sent anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappush, heappushpop

from sqlalchemy import Connection

from gateway import standing
from gateway.delivery import planning
from gateway.merging import furthest
from gateway.records import Destination, Event, Fact, Lead
from gateway.routing.conditions import Known
from gateway.routing.model import Routing
from gateway.scoring.model import GRADES, STAGES, Rulebook
from gateway.scoring.retracing import Moment, retrace
from gateway.scoring.score import in_order
from gateway.scoring.stages import Situation
from gateway.scoring.standing import Standing
from gateway.store import active, destinations, events, leads, routes, rulebooks, stage_moves
from gateway.store.db import Database

AT_ONCE = 100  # leads a transaction
LISTED = 200  # changes kept, the largest


@dataclass(frozen=True)
class Stands:
    """Where a lead stands by a rulebook, and to whom it would have gone."""

    score: int
    interest: int
    grade: str
    stage: str | None
    disqualified: str | None
    segments: frozenset[str]
    sent: frozenset[str]  # destinations that routing chose at any moment of the time looked at

    @property
    def cell(self) -> str:
        return f"{self.grade}{self.interest}"


@dataclass(frozen=True)
class Change:
    lead_id: str
    before: Stands  # by the rules in force
    after: Stands  # by the draft

    @property
    def moves(self) -> bool:
        """Into another cell or stage, or out of the funnel or into it."""
        return self._place(self.before) != self._place(self.after)

    @property
    def size(self) -> tuple[int, int, int, int]:
        """Steps between stages first, then steps between cells, then who gets it, then points."""
        one, other = self.before, self.after
        stages = abs(_rank(STAGES, one.stage) - _rank(STAGES, other.stage))
        cells = abs(one.interest - other.interest) + abs(_rank(GRADES, one.grade) - _rank(GRADES, other.grade))
        told = len(one.sent ^ other.sent) + len(one.segments ^ other.segments)
        return stages, cells, told, abs(one.score - other.score)

    @staticmethod
    def _place(one: Stands) -> tuple[str, str | None, str | None]:
        return one.cell, one.stage, one.disqualified


@dataclass
class Trial:
    """What the draft would have done; counts, and the largest changes only."""

    leads: int = 0  # looked at
    moved: int = 0  # to another cell or stage
    points_only: int = 0  # other points, and nothing else
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)  # (by the rules in force, by the draft)
    stages: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    joined: Counter[str] = field(default_factory=Counter)  # by segment
    left: Counter[str] = field(default_factory=Counter)
    more: Counter[str] = field(default_factory=Counter)  # by destination: leads that it alone would get by the draft
    fewer: Counter[str] = field(default_factory=Counter)
    cut: bool = False  # there are more leads than were looked at
    _largest: list[tuple[tuple[int, int, int, int], str, Change]] = field(default_factory=list)

    @property
    def largest(self) -> list[Change]:
        """At most LISTED, the largest first."""
        return [change for _, _, change in sorted(self._largest, key=lambda one: one[:2], reverse=True)]

    def count(self, change: Change) -> None:
        before, after = change.before, change.after
        self.leads += 1
        self.moved += change.moves
        self.cells[before.cell, after.cell] += 1
        self.stages[before.stage, after.stage] += 1
        self.joined.update(after.segments - before.segments)
        self.left.update(before.segments - after.segments)
        self.more.update(after.sent - before.sent)
        self.fewer.update(before.sent - after.sent)
        if replace(before, score=after.score) == after:
            self.points_only += before.score != after.score
        else:
            push = heappush if len(self._largest) < LISTED else heappushpop
            push(self._largest, (change.size, change.lead_id, change))


def try_out(
    db: Database,
    site_id: str,
    draft: Rulebook,
    *,
    since: datetime,
    now: datetime,
    tell: Callable[[int], object] = lambda _done: None,
    enough: Callable[[int], bool] = lambda _done: False,
) -> Trial:
    """The draft over all leads of which anything happened after `since`, the newest leads first, in short transactions.
    tell: called with how many more of the site's leads were come past. enough: asked before each lead and each page,
    with how many were tried."""
    with db.read() as conn:
        bench = _Bench(
            rulebooks.in_force(conn, site_id),
            draft,
            routes.of_site(conn, site_id),
            destinations.of_site(conn, site_id),
            since,
            now,
        )
    trial, last = Trial(), None
    while True:
        with db.read() as conn:
            found = active.page_before(conn, site_id, since, last, limit=AT_ONCE)
            trial.cut = found is not None and enough(trial.leads)
            if found is None or trial.cut:
                return trial
            for lead_id in found.active:
                if enough(trial.leads):
                    trial.cut = True
                    return trial
                if lead := leads.get(conn, site_id, lead_id):
                    trial.count(bench.compare(conn, lead))
        last = found.last
        tell(found.leads)


@dataclass(frozen=True)
class _Bench:
    """All that is the same for each lead."""

    in_force: Rulebook
    draft: Rulebook
    routing: Routing
    destinations: Sequence[Destination]
    since: datetime
    now: datetime

    def compare(self, conn: Connection, lead: Lead) -> Change:
        found = in_order(events.of_lead(conn, lead.site_id, lead.id), self.now)
        read = self.in_force.reads_facts or self.draft.reads_facts
        history = leads.facts_of_person(conn, lead) if read else None
        began = replace(lead, stage=_stage_at(conn, lead, self.since))
        known = planning.asked_of(conn, began, self.routing, self.now)
        return Change(
            lead.id,
            self._stands(self.in_force, known, found, history),
            self._stands(self.draft, known, found, history),
        )

    def _stands(
        self, rulebook: Rulebook, known: Known, found: Sequence[Event], history: Sequence[Fact] | None
    ) -> Stands:
        """known: the lead with the stage that it had at `since`, new to every destination."""
        lead = known.lead
        stood = standing.by_events(rulebook, lead, found, self.now, history=history)
        moments = () if stood.disqualified else self._moments(rulebook, lead, found, stood)
        if moments and moments[-1].stage != lead.stage:
            reached = replace(lead, stage=moments[-1].stage)
            stood = standing.by_events(rulebook, reached, found, self.now, history=history)
        passed = {(stood.interest, stood.stage), *((one.interest, one.stage) for one in moments)}
        return Stands(
            score=stood.score,
            interest=stood.interest,
            grade=stood.grade,
            stage=stood.stage,
            disqualified=stood.disqualified,
            segments=frozenset(stood.segments),
            sent=frozenset(one for place in passed for one in self._sent(known, stood, *place)),
        )

    def _moments(self, rulebook: Rulebook, lead: Lead, found: Sequence[Event], stood: Standing) -> Sequence[Moment]:
        today = Situation(
            events=found,
            interest=stood.interest,
            grade=stood.grade,
            contact_requested=lead.contact_requested,
            customer=lead.customer,
            facts={name: fact.value for name, fact in lead.facts.items()},
            now=self.now,
        )
        return list(retrace(rulebook, stood.lines, today, since=self.since, stage=lead.stage))

    def _sent(self, known: Known, stood: Standing, interest: int, stage: str | None) -> frozenset[str]:
        """Whom routing would choose for the lead in this place, caps and office hours aside; segments are those of
        today."""
        placed = replace(
            known.lead,
            score=stood.score,
            grade=stood.grade,
            interest=interest,
            stage=stage,
            disqualified=stood.disqualified,
            segments=stood.segments,
        )
        return planning.chosen(replace(known, lead=placed), self.routing, self.destinations)


def _stage_at(conn: Connection, lead: Lead, since: datetime) -> str | None:
    """Which stage the lead was in then. What a list said since counts from the beginning, since no rule brought it. One
    that is out of the funnel today finds its stage anew from its events, as it does once the reason is gone."""
    if lead.disqualified:
        return None
    moves = sorted(stage_moves.of_person(conn, lead.id), key=lambda move: move.at)
    earlier, later = [one for one in moves if one.at <= since], [one for one in moves if one.at > since]
    began = earlier[-1].to_stage if earlier else later[0].from_stage if later else lead.stage
    return furthest((began, *(one.to_stage for one in later if one.code == "imported")))


def _rank(order: Sequence[str], name: str | None) -> int:
    """The place in an order; what stands in none comes before the first."""
    return order.index(name) if name in order else -1
