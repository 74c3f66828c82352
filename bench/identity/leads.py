"""Lead-like people as a CRM would export them, with the answers in files of their own. All follows from the seed.

Example: python -m bench.identity.leads --lang fa --size 10000 --damage mild --seed 20261 --into /tmp/leads
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bench.identity.damage import LEVELS, Hand, fill_in
from bench.identity.lookalikes import SHARE, plant
from bench.identity.people import People, Person
from bench.identity.seeds import TUNING_SEED
from bench.identity.world import World

COLUMNS = (
    "first_name", "last_name", "email", "phone", "company", "job_title", "city", "postcode", "created_at",
)  # fmt: skip
RECORDS = {1: 50, 2: 25, 3: 13, 4: 7, 5: 3, 6: 2}  # how many records a person has: per cent of people; 1.94 on average
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAYS, PAUSE_DAYS = 600, 60  # first visits fall within the first, later ones follow after the second on average


@dataclass(frozen=True)
class Dataset:
    """`rows` in the order of their coming; `truth`: a person's number a row; `lookalikes`: pairs of people, by kind."""

    name: str
    rows: Sequence[dict[str, str]]
    truth: Sequence[int]
    lookalikes: Sequence[tuple[int, int, str]] = ()


def make(lang: str, size: int, level: str, seed: int) -> Dataset:
    """`size` records in en or fa with mild, middling or heavy damage. The same people at each level of a seed."""
    dice = Random(f"{seed} {lang} {size} people")
    people = People(World(lang, round(size / 1.94), dice), dice)
    visits, pairs = _visits(people, size, dice)
    rows: list[tuple[str, int, dict[str, str]]] = []
    for number, (one, at) in enumerate(visits):
        luck = Random(f"{seed} {lang} {size} record {number}")
        row = fill_in(Hand(one, people, luck), level)
        rows.append((at, one.id, row | {"created_at": at}))
    rows.sort(key=lambda entry: entry[:2])
    present = {person for _, person, _ in rows}
    return Dataset(
        f"leads-{lang}-{size}-{level}-{seed}",
        [row for _, _, row in rows],
        [person for _, person, _ in rows],
        [pair for pair in pairs if present.issuperset(pair[:2])],
    )


def _visits(people: People, size: int, dice: Random) -> tuple[list[tuple[Person, str]], list[tuple[int, int, str]]]:
    """Who sends a form when, exactly `size` of them; and the planted pairs."""
    visits: list[tuple[Person, str]] = []
    pairs: list[tuple[int, int, str]] = []
    while len(visits) < size:
        found = [people.draw()]
        if dice.random() < SHARE:
            (one, other), kind = plant(found[0], people, dice)
            pairs.append((one.id, other.id, kind))
            found = [one, other]
        for one in found:
            visits += [(one, at) for at in _times(dice)]
    return visits[:size], pairs


def _times(dice: Random) -> list[str]:
    at = FIRST_DAY + timedelta(days=dice.random() * DAYS)
    times = []
    for _ in range(dice.choices(list(RECORDS), list(RECORDS.values()))[0]):
        times.append(at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        at += timedelta(days=dice.expovariate(1 / PAUSE_DAYS))
    return times


def write(data: Dataset, into: Path) -> Path:
    """leads.csv as a CRM exports it; truth.csv and lookalikes.csv beside it. Gives the path of the first."""
    into.mkdir(parents=True, exist_ok=True)
    columns = list(COLUMNS) + sorted({key for row in data.rows[:1] for key in row} - set(COLUMNS))
    _write(into / "leads.csv", columns, [[row.get(column, "") for column in columns] for row in data.rows])
    _write(into / "truth.csv", ["person"], [[person] for person in data.truth])
    _write(into / "lookalikes.csv", ["person", "other", "kind"], data.lookalikes)
    return into / "leads.csv"


def _write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(columns)
        sheet.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=("en", "fa"), default="en")
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--damage", choices=LEVELS, default="mild")
    parser.add_argument("--seed", type=int, default=TUNING_SEED)
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    print(write(make(options.lang, options.size, options.damage, options.seed), options.into))


if __name__ == "__main__":
    main()
