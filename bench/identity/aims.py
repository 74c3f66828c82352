"""Ours against the aims, out of one or more `result.json` of `bench.identity.run` over the same rows.

The peers' answers do not change when the matcher does, so they may come from an earlier run of the same seeds; the
rows follow from seed, size, damage and language alone. Speeds are left out: those compare within one run only.

Example: python -m bench.identity.aims /tmp/peers/result.json /tmp/ours/result.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

OURS = "Sarnakh"
BEST = "Splink, best"
HEAD = (
    "| data | F1 | precision | Splink's best F1 | our error / its | look-alikes merged | returning: right | wrong "
    "| first ones: wrong |\n|---|---|---|---|---|---|---|---|---|"
)
Numbers = Mapping[str, Any]  # of one line, as `report.Line.numbers` writes it


def read(paths: Iterable[Path]) -> dict[str, dict[str, Numbers]]:
    """Data set → who → its numbers; where two files have the same, the later one's."""
    found: dict[str, dict[str, Numbers]] = {}
    for path in paths:
        for line in json.loads(path.read_text())["lines"]:
            found.setdefault(line["data"], {})[line["who"]] = line
    return found


def table(found: Mapping[str, Mapping[str, Numbers]]) -> Iterator[str]:
    """A line for each data set that ours was run on."""
    yield HEAD
    for data, by_whom in found.items():
        if OURS in by_whom:
            best = next((line for who, line in by_whom.items() if who.startswith(BEST)), None)
            yield f"| {data} | {' | '.join(_cells(by_whom[OURS], best))} |"


def _cells(ours: Numbers, best: Numbers | None) -> list[str]:
    together, planted = (sum(pair[place] for pair in ours["lookalikes"].values()) for place in (0, 1))
    return [
        f"{ours['f1']:.4f}",
        f"{ours['precision']:.4f}",
        f"{best['f1']:.4f}" if best else "–",
        f"{(1 - ours['f1']) / (1 - best['f1']):.2f}" if best and best["f1"] < 1 else "–",
        f"{100 * together / planted:.1f} %" if planted else "–",
        *_arrived(ours["arrivals"]),
    ]


def _arrived(come: Numbers | None) -> list[str]:
    if come is None:
        return ["–"] * 3
    shares = (
        come["right"] / come["returning"], come["wrong"] / come["returning"], come["first_wrong"] / come["first"],
    )  # fmt: skip
    return [f"{100 * share:.2f} %" for share in shares]


if __name__ == "__main__":
    print(*table(read(Path(word) for word in sys.argv[1:])), sep="\n")
