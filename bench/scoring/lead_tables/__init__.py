"""Two public tables of leads with their outcomes, and the points that a marketer would give before seeing any.

The points were written, and committed, before any outcome in the files was looked at; the scale is that of the shipped
rules (a download of a guide +10, of a price list +30). docs/calibration.md says where the files come from.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Row = Mapping[str, str]


@dataclass(frozen=True)
class Marked:
    """One rule with a marketer's points. doubtful: its column may have been filled in by sales later."""

    code: str
    points: int
    why: str
    holds: Callable[[Row], bool]
    doubtful: bool = False


@dataclass(frozen=True)
class LeadTable:
    """numbers, words: the columns behind the rules as they are, for the ceiling that is free to cut them anywhere."""

    name: str
    separator: str
    outcome: str
    won: str
    rules: tuple[Marked, ...]
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    doubtful: tuple[str, ...] = ()  # among `words`

    def rows(self, path: Path) -> Iterator[Row]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file, delimiter=self.separator)


def number(text: str) -> float:
    """A cell's number; empty is none, which counts as 0."""
    return float(text) if text.strip() else 0.0


def at_least(column: str, least: float) -> Callable[[Row], bool]:
    return lambda row: number(row[column]) >= least


def one_of(column: str, *values: str) -> Callable[[Row], bool]:
    return lambda row: row[column] in values


def told(column: str, *untold: str) -> Callable[[Row], bool]:
    return lambda row: row[column] not in ("", *untold)
