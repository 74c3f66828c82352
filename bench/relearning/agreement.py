"""Do Splink and we weigh a pair alike? Learns a model, lets Splink weigh every candidate pair by the file it wrote, and
holds the sum of our parts for the same fields against each.

    python -m bench.relearning.agreement            says the largest difference; fails above 0.01 bits
    python -m bench.relearning.agreement --write    keeps model and pairs as the tests' data (tests/matching/data)
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.relearning.world import SITES, Row, world
from gateway.relearning.database import Splink, load, splink
from gateway.relearning.training import learn
from verification.matching.frequencies import Counts
from verification.matching.judge import Context, judge, levels
from verification.matching.records import HOME, Record, prepare
from verification.matching.splink_model import read_model

DATA = Path(__file__).parents[2] / "tests/matching/data/splink"
MOST_APART = 0.01  # bits
KEPT = 120  # pairs for the tests
OURS_ALONE = frozenset({"names", "place", "job", "household", "prior"})  # parts that Splink does not know


class Weighed(NamedTuple):
    """A pair of rows by number, and what Splink says of its fields: log2 odds without its prior."""

    left: int
    right: int
    weight: float


def weighed_by_splink(found: Splink, model: Path) -> Iterator[Weighed]:
    """Every pair that shares a key, by the model file as Splink reads it."""
    chance = json.loads(model.read_text("utf-8"))["probability_two_random_records_match"]
    linker = found.open("people", str(model))
    table = linker.inference.predict().as_duckdbpyrelation().select("row_l, row_r, match_weight").fetchall()
    for left, right, weight in table:
        yield Weighed(left, right, weight - log2(chance / (1 - chance)))


def ours(left: Record, right: Record, context: Context) -> float:
    """The sum of our parts for the fields of the model."""
    return sum(part.weight for part in judge(left, right, context).parts if part.field not in OURS_ALONE)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--write", action="store_true")
    asked.add_argument("--people", type=int, default=1_500)
    asked.add_argument("--seed", type=int, default=31)
    options = asked.parse_args()
    rows, _ = world(SITES["fair"], options.people, options.seed)
    with TemporaryDirectory() as folder, splink(Path(folder)) as found:
        model = Path(folder) / "model.json"
        counts = load(found.con, rows, HOME, lambda _: None)
        learn(found, model, lambda _: None)
        pairs = list(weighed_by_splink(found, model))
        context = Context(counts, read_model(model.read_text("utf-8")))
        records = [prepare(row) for row in rows]
        apart = [abs(ours(records[one.left], records[one.right], context) - one.weight) for one in pairs]
        print(f"{len(rows)} rows, {len(pairs)} pairs, at most {max(apart):.1e} bits apart")
        if options.write:
            _keep(model, rows, pairs, counts)
    if max(apart) > MOST_APART:
        raise SystemExit("Splink and we weigh pairs otherwise")


def _keep(model: Path, rows: Sequence[Row], pairs: Sequence[Weighed], counts: Counts) -> None:
    """The model, pairs that show as many levels as may be, and the shares of their values."""
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "model.json").write_text(model.read_text("utf-8"), "utf-8")
    chosen = sorted(_telling(rows, pairs))
    shown = [_shown(rows[one.left], rows[one.right], one.weight) for one in chosen]
    values = {value for one in chosen for row in (one.left, one.right) for value in prepare(rows[row]).counted()}
    shares: dict[str, dict[str, float]] = {}
    for kind, value in sorted(values):
        if value:
            shares.setdefault(kind, {})[value] = 2.0 ** -counts.rarity(kind, value)
    kept = {"pairs": shown, "shares": shares}
    (DATA / "pairs.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _shown(left: Row, right: Row, weight: float) -> dict[str, Any]:
    """`levels` as Splink saw them: whether comparing has changed since can then be told."""
    found = levels(prepare(left), prepare(right))
    known = [{name: value for name, value in row.items() if value} for row in (left, right)]
    return {"left": known[0], "right": known[1], "levels": found, "weight": weight}


def _telling(rows: Sequence[Row], pairs: Sequence[Weighed]) -> Iterator[Weighed]:
    """Pairs with a level that none before had, then others."""
    seen: set[tuple[str, str]] = set()
    rest = []
    for one in pairs:
        found = set(levels(prepare(rows[one.left]), prepare(rows[one.right])).items())
        if found <= seen:
            rest.append(one)
        else:
            seen |= found
            yield one
    yield from rest[: KEPT - len(pairs) + len(rest)]


if __name__ == "__main__":
    main()
