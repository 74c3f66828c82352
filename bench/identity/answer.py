"""What anybody who is measured hands back: clusters and links, by variant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

Row = dict[str, str]


@dataclass
class Answer:
    """By variant (a threshold, or ""): a cluster's number a row; for each row the earlier row it joins, or None.

    `seconds` from rows in memory to the clusters of one variant, training included; `arrival_seconds` likewise for
    links where they are found one by one. `picks` is true where the best variant may be picked on the answers.
    """

    clusters: dict[str, list[int]]
    seconds: float
    arrivals: dict[str, list[int | None]] = field(default_factory=dict)
    arrival_seconds: float | None = None
    picks: bool = False
    peak_mib: float = 0.0
    note: str = ""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Answer:
        return cls(**json.loads(path.read_text()))


def components(rows: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Clusters by connecting pairs: each row gets the lowest row that it hangs together with."""
    root = list(range(rows))

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    return [find(row) for row in range(rows)]


def best_earlier(rows: int, scored: Iterable[tuple[int, int, float]], least: float) -> list[int | None]:
    """For each row the earlier one it is likest to, where the score is at least `least`."""
    best: list[tuple[float, int] | None] = [None] * rows
    for one, other, score in scored:
        early, late = sorted((one, other))
        held = best[late]
        if score >= least and (held is None or score > held[0]):
            best[late] = (score, early)
    return [held[1] if held else None for held in best]


def first_with_a_key(keys: Sequence[Iterable[str]]) -> tuple[list[int], list[int | None]]:
    """Clusters, and links to the earliest row, by keys that rows share; a row may have several, or none."""
    seen: dict[str, int] = {}
    links: list[int | None] = []
    pairs: list[tuple[int, int]] = []
    for row, own in enumerate(keys):
        earlier = sorted(seen[key] for key in own if key in seen)
        links.append(earlier[0] if earlier else None)
        pairs += [(row, one) for one in earlier]
        for key in own:
            seen.setdefault(key, row)
    return components(len(keys), pairs), links
