"""How often one person's rows, and two people's, agree by each level: what Splink finds, and how far it is believed.

u, of two people, is counted in random pairs of rows that share no mailbox or number: else a small file's duplicates
would count as chance. (Splink's own sample asks field by field, at a dozen times the price.) m, of one person, comes by
Splink's expectation maximisation among rows that share a mailbox, a number or both names: each such group tells of the
other fields, and counts by how many of its pairs it holds to be one person's. A level that was seen too seldom in
either keeps its shipped weight.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from gateway.relearning.database import GROUPS, LearnError, Progress, Splink
from verification.matching.judge import kind_of
from verification.matching.records import COUNTED
from verification.matching.splink_model import column, condition
from verification.matching.splink_rows import levels
from verification.matching.splink_settings import Place, Shares, as_shipped, beginning, bits, is_learnt, settings
from verification.matching.weights import shipped_weights

FEWEST_PAIRS = 200  # of rows that share a group's values: fewer tell nothing of how often the rest agrees
SEEN = 20  # pairs by which a level's share is believed
SAMPLED = 300_000  # random pairs
MOST_SAMPLED = 200_000  # rows that they are drawn from
SPREAD = 7919  # a prime: rows are taken from all over the file
MOST_PAIRS = 100_000  # of one group
SEED = 1
_AS_LIKELY = 0.5  # that a group's pair is one person's, to begin with
# Rules for Splink's own prior, which `judge` does not use: nearly all that meet one are one person's.
_CERTAIN = (("email", "first"), ("phone", "first"), ("national_id", "first"))
_RECALL = 0.8  # of one person's pairs that meet one of them: a guess
_UNSEEN = 1e-3  # how likely two people's values are the same, of a kind that the file has none of


class Learnt(NamedTuple):
    """One level in bits, for a rare one apart from its rarity. `why` the shipped weight stays: `seldom` seen, `never`
    learnt; empty where it was learnt."""

    field: str
    level: str
    shipped: float
    weight: float
    why: str


@dataclass(frozen=True)
class _Group:
    """What expectation maximisation found among rows that share a value; `persons`: pairs that are one person's."""

    name: str
    persons: float
    m: Mapping[Place, float]

    def tells(self, field: str) -> bool:
        """Not of what its rows share by being in it."""
        return not any(kind_of(*place) in GROUPS[self.name] for place in shipped_weights().levels if place[0] == field)


def learn(found: Splink, target: Path, progress: Progress) -> list[Learnt]:
    """Write the model of the rows that `load` loaded as Splink's own file, and say what became of each level.
    `progress` is told of each of `STEPS`. Raises LearnError where too few rows share anything."""
    references = _references(found.con)
    sampled = _sampled(found.con)
    progress(1)
    start = beginning(sampled, references)
    groups = []
    for name in GROUPS:
        groups += [group] if (group := _group(found, name, settings(start, references, _AS_LIKELY))) else []
        progress(1)
    if not groups:
        raise LearnError(f"too few rows share a mailbox, a number or a name: {FEWEST_PAIRS} pairs are needed")
    joined = {place: _joined(place, begun, groups) for place, begun in start.items()}
    why = {place: _why_kept(place, seen, sampled) for place, (_, seen) in joined.items()}
    final = {
        place: as_shipped(place, m, references) if why[place] else Shares(m, sampled[place])
        for place, (m, _) in joined.items()
    }
    _write(found, settings(final, references, _AS_LIKELY), target)
    progress(1)
    levels = shipped_weights().levels
    return [Learnt(*place, levels[place].bits, bits(place, final[place], references), why[place]) for place in final]


STEPS = len(GROUPS) + 2  # that `learn` tells of


def _why_kept(place: Place, seen: float, sampled: Mapping[Place, float]) -> str:
    if not is_learnt(place):
        return "never"
    return "seldom" if seen < SEEN or place not in sampled else ""


def _references(con: Any) -> dict[str, float]:
    """Kind → how likely two people's values are the same."""
    return {
        kind: _one(con, f"SELECT avg(tf_{column(kind)}) FROM people JOIN tf_{kind} USING ({column(kind)})") or _UNSEEN
        for kind in COUNTED
    }


def _sampled(con: Any) -> dict[Place, float]:
    """u of the levels that random pairs show often enough; of all pairs of which the field says something."""
    records = [
        record
        for (record,) in con.execute(
            f"SELECT record FROM strangers ORDER BY row % {SPREAD}, row LIMIT {MOST_SAMPLED}"
        ).fetchall()
    ]
    dice, found = random.Random(SEED), Counter[Place]()  # noqa: S311  a sample, no secret
    for _ in range(SAMPLED):
        left, right = dice.choice(records), dice.choice(records)
        found.update(levels(left, right).items() if left is not right else ())
    said = Counter[str]()
    for (field, _), count in found.items():
        said[field] += count
    return {place: count / said[place[0]] for place, count in found.items() if is_learnt(place) and count >= SEEN}


def _group(found: Splink, name: str, model: dict[str, Any]) -> _Group | None:
    """None where too few rows share such values."""
    same = " AND ".join(f"l.{column(kind)} = r.{column(kind)}" for kind in GROUPS[name])
    rule = f"{same} AND l.few_{name} AND r.few_{name}"
    pairs = _one(found.con, f"SELECT count(*) FROM people l JOIN people r ON {rule} AND l.row < r.row")
    if pairs < FEWEST_PAIRS:
        return None
    linker = found.open("people", model)
    session = linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=MOST_PAIRS)
    persons = min(pairs, MOST_PAIRS) * session.core_model_settings.probability_two_random_records_match
    learnt = _levels(linker.misc.save_model_to_json())
    return _Group(name, persons, {place: one.get("m_probability", 0.0) for place, one in learnt})


def _joined(place: Place, begun: Shares, groups: list[_Group]) -> tuple[float, float]:
    """m over the groups that tell of it, and of how many pairs; what it began with where none does."""
    telling = [group for group in groups if group.tells(place[0])]
    persons = sum(group.persons for group in telling)
    seen = sum(group.persons * group.m.get(place, 0.0) for group in telling)
    return (seen / persons, seen) if seen else (begun.m, 0.0)


def _write(found: Splink, model: dict[str, Any], target: Path) -> None:
    """The model with Splink's own prior, in Splink's own words; the file appears once it is whole."""
    linker = found.open("people", model)
    rules = [" AND ".join(f"l.{column(kind)} = r.{column(kind)}" for kind in kinds) for kinds in _CERTAIN]
    linker.training.estimate_probability_two_random_records_match(rules, _RECALL)
    fresh = target.with_name(target.name + ".new")
    linker.misc.save_model_to_json(str(fresh), overwrite=True)
    fresh.replace(target)


def _levels(model: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Each level of ours in a model, with what it says of it."""
    asked = {condition(*place): place for place in shipped_weights().levels}
    for comparison in model["comparisons"]:
        for one in comparison["comparison_levels"]:
            if place := asked.get(one["sql_condition"]):
                yield place, one


def _one(con: Any, query: str) -> Any:
    [(found,)] = con.execute(query).fetchall()
    return found
