"""Learn on one world without answers, judge on another of the same habits: F1 with shipped and with learnt weights.

python -m bench.relearning.measure shop fair clinic --people 6000
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.relearning.world import SITES, Row, world
from gateway.relearning.database import load, splink
from gateway.relearning.training import learn
from verification.matching.bulk import BlockIndex, join, weigh
from verification.matching.frequencies import Counts
from verification.matching.judge import Context
from verification.matching.records import HOME, prepare
from verification.matching.splink_model import read_model
from verification.matching.weights import Weights, shipped_weights

LEARNT_ON, JUDGED_ON = 11, 12  # seeds


def learnt(rows: Sequence[Row], folder: Path) -> Weights:
    """The weights that `sarnakh weights learn` finds."""
    target = folder / "weights.json"
    with splink(folder) as found:
        load(found.con, rows, HOME, lambda _: None)
        learn(found, target, lambda _: None)
    return read_model(target.read_text("utf-8"))


def people(rows: Sequence[Row], weights: Weights) -> list[int]:
    """Whose each row is held to be."""
    records = [prepare(row) for row in rows]
    index, counts = BlockIndex(), Counts(len(records))
    for number, record in enumerate(records):
        index.add(number, record)
        counts.add(record.counted())
    context = Context(counts, weights)
    edges = weigh(index.pairs(), records, context)
    return join(len(records), (edge for edge in edges if edge.joins), records, context)


def scores(found: Sequence[int], owners: Sequence[int]) -> dict[str, float]:
    """Precision, recall and F1 over pairs of rows."""
    both = _pairs(zip(found, owners, strict=True))
    said, true = _pairs(found), _pairs(owners)
    precision, recall = both / max(said, 1), both / max(true, 1)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}


def _pairs(labels: object) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())  # type: ignore[call-overload]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("sites", nargs="*", default=list(SITES))
    asked.add_argument("--people", type=int, default=6_000)
    options = asked.parse_args()
    for name in options.sites:
        rows, _ = world(SITES[name], options.people, LEARNT_ON)
        with TemporaryDirectory() as folder:
            began = time.perf_counter()
            weights = learnt(rows, Path(folder))
            seconds = time.perf_counter() - began
        others, owners = world(SITES[name], options.people, JUDGED_ON)
        for said, one in (("shipped", shipped_weights()), ("learnt", weights)):
            found = {key: round(value, 4) for key, value in scores(people(others, one), owners).items()}
            print(
                json.dumps({"site": name, "rows": len(others), "weights": said, **found, "learning_s": round(seconds)})
            )


if __name__ == "__main__":
    main()
