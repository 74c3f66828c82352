"""Made-up leads whose odds follow known points."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from math import exp, log

from gateway.scoring.calibrating.records import Leads

STEP = log(2) / 10


def made(count: int, points: Mapping[str, int], *, seed: int = 1, base: float = 0.0) -> Leads:
    """Each lead has each rule with a chance of 30 %; base: log-odds of a lead without any."""
    chance = random.Random(seed)
    rows = [[int(chance.random() < 0.3) for _ in points] for _ in range(count)]
    worth = list(points.values())
    odds = [base + STEP * sum(one for one, mark in zip(worth, row, strict=True) if mark) for row in rows]
    return leads(
        points, [(row, int(chance.random() < 1 / (1 + exp(-one)))) for row, one in zip(rows, odds, strict=True)]
    )


def leads(rules: Mapping[str, int] | Sequence[str], rows: Sequence[tuple[Sequence[int], int]]) -> Leads:
    return Leads(tuple(rules), b"".join(bytes(row) for row, _ in rows), bytes(outcome for _, outcome in rows))


def rows_of(given: Leads) -> list[tuple[bytes, int]]:
    width = len(given.rules)
    return [(given.has[at * width : (at + 1) * width], outcome) for at, outcome in enumerate(given.outcome)]
