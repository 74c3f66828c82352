"""Where a lead stands: score, interest, grade, cell and stage, each with its reasons (rules 24–26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.records import Event, Fact
from gateway.scoring.conditions import Seen, all_hold, closes_at
from gateway.scoring.fit import Fit, grade
from gateway.scoring.idle import deal_periods
from gateway.scoring.known import Known
from gateway.scoring.model import Rulebook
from gateway.scoring.score import Line, Score, fold_ordered, in_order
from gateway.scoring.stages import Situation, StageMove, next_stage

TEST = "test"


@dataclass(frozen=True)
class Standing:
    score: int  # 0–100
    interest: int  # 1 (high) to 4 (low), read off the score
    grade: str  # A–E or "–"
    cell: str  # grade with interest: A1 … E4, –1 … –4
    stage: str | None
    changes_at: datetime | None  # when the score, or a segment, will next change by time alone, at the earliest
    disqualified: str | None  # why the lead is in no funnel: competitor, own_staff, test …
    lines: tuple[Line, ...]  # of the score, oldest first
    fit: Fit
    moves: tuple[StageMove, ...]  # none, or the one from `stage` as it was to `stage` as it is
    segments: tuple[str, ...]  # keys of those that it belongs to, in the rulebook's order


def evaluate(  # noqa: PLR0913
    rulebook: Rulebook,
    facts: Mapping[str, Any],
    events: Sequence[Event],
    now: datetime,
    *,
    stage: str | None,
    contact_requested: bool,
    customer: bool,
    deal_open: bool = False,
    test: bool = False,
    history: Sequence[Fact] | None = None,
) -> Standing:
    """Everything that the rulebook says of a lead at `now`. Pure: the same in, the same out.

    `facts`: field → current value. `events`: all of the lead's, in any order. `stage`: the one it is in.
    `deal_open`: sales keeps a deal open; where no `deal_opened` event tells since when, idle months pause from the
    last event on. `history`: the facts with their times (`store.leads.facts_of_person`), where
    `rulebook.reads_facts`; none: all of `facts` was known from the first event on.

    A disqualified lead, and a marketer's test (rule 38, without score as well), is in no stage: that keeps it out of
    every count of the funnel, without each of them having to remember it. No move is recorded, for nobody moved:
    `disqualified` tells why. Once the fact is put right, the stage is found anew from the events.
    """
    fit = grade(rulebook, facts)
    past = in_order(events, now)
    began = past[0].at if past else now
    known = Known.since(facts, began) if history is None else Known.over_time(history, now)
    score = Score(0, (), None) if test else _score(rulebook, past, now, deal_open=deal_open, known=known)
    interest, shown = interest_of(rulebook, score.total), None if test else score.shown
    situation = Situation(past, interest, fit.letter, contact_requested, customer, facts, now, shown)
    disqualified = TEST if test else fit.disqualified
    place = placed(rulebook, situation, score.total, stage=stage, disqualified=disqualified)
    conditions = [*rulebook.windows, *(one for segment in rulebook.segments for one in segment.when)]
    changes = [at for at in (score.changes_at, closes_at(conditions, place.seen)) if at is not None]
    return Standing(
        score=score.total,
        interest=situation.interest,
        grade=fit.letter,
        cell=place.seen.cell,
        stage=place.seen.stage,
        changes_at=min(changes, default=None),
        disqualified=disqualified,
        lines=score.lines,
        fit=fit,
        moves=(place.move,) if place.move else (),
        segments=place.segments,
    )


@dataclass(frozen=True)
class Place:
    """What follows once score, grade and facts stand: cell and stage in `seen`, the move there, and the segments."""

    seen: Seen
    move: StageMove | None
    segments: tuple[str, ...]


def placed(
    rulebook: Rulebook, situation: Situation, score: int, *, stage: str | None, disqualified: str | None
) -> Place:
    """Where a lead comes to stand; disqualified, it is in no stage and no segment. `stage`: the one it is in."""
    move = None if disqualified else next_stage(rulebook, situation, stage)
    reached = None if disqualified else move.to_stage if move else stage
    cell = f"{situation.grade}{situation.interest}"
    asks = situation.contact_requested
    seen = Seen(situation.facts, situation.happened, situation.now, cell, reached, score, asks)
    belongs = () if disqualified else (one.key for one in rulebook.segments if all_hold(one.when, seen))
    return Place(seen, move, tuple(belongs))


def interest_of(rulebook: Rulebook, score: int) -> int:
    """1 (high) to 4 (low)."""
    for interest, cutoff in enumerate(rulebook.cutoffs.interest, start=1):
        if score >= cutoff:
            return interest
    return 4


def _score(rulebook: Rulebook, past: Sequence[Event], now: datetime, *, deal_open: bool, known: Known) -> Score:
    open_since = past[-1].at if deal_open and past else None
    return fold_ordered(rulebook, past, now, pauses=deal_periods(past, open_since=open_since), known=known)
