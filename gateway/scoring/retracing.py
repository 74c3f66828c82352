"""Where a lead would have stood, had a rulebook been in force since some day.

The definition: the lead begins with the stage that it had then. At each moment since at which something happened to it
or its score changed, it stands in the cell that its score gives then, and goes on to the stage that is due then; so a
stage that was reached on a good day is kept, as it would have been. Facts, and with them the grade, are those of today.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from gateway.scoring.model import Rulebook
from gateway.scoring.score import Line
from gateway.scoring.stages import Situation, next_stage
from gateway.scoring.standing import interest_of

MOST_MOMENTS = 300  # of one lead: each looks at all events before it
_AT = attrgetter("at")


class Moment(NamedTuple):
    """Where the lead stood from `at` on."""

    at: datetime
    interest: int
    stage: str | None


def retrace(
    rulebook: Rulebook, lines: Sequence[Line], today: Situation, *, since: datetime, stage: str | None
) -> Iterator[Moment]:
    """Each moment after `since` until `today.now`, oldest first. lines: of the score today. stage: the one it had at
    `since`."""
    for at in _moments(today, lines, since):
        interest = interest_of(rulebook, _balance(lines, at))
        past = today.events[: bisect_right(today.events, at, key=_AT)]
        move = next_stage(rulebook, replace(today, events=past, interest=interest, now=at, shown=None), stage)
        stage = move.to_stage if move else stage
        yield Moment(at, interest, stage)


def _moments(today: Situation, lines: Sequence[Line], since: datetime) -> Sequence[datetime]:
    """Of more than MOST_MOMENTS only every second, third and so on, the last among them."""
    found = sorted({at for at in (*map(_AT, today.events), *map(_AT, lines)) if since < at <= today.now})
    step = -(-len(found) // MOST_MOMENTS)
    return found[::-step][::-1] if found else ()


def _balance(lines: Sequence[Line], at: datetime) -> int:
    passed = bisect_right(lines, at, key=_AT)
    return lines[passed - 1].balance if passed else 0
