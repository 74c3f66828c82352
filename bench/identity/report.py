"""Answers scored and laid side by side, as Markdown and as plain numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.identity import score
from bench.identity.answer import Answer
from bench.identity.leads import Dataset

HEAD = (
    "| data | who | precision | recall | F1 | clusters mixing people | look-alikes merged | leads/s | peak MiB "
    "| returning: right | wrong | first ones: wrong |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)
KINDS_HEAD = "| look-alikes merged, of planted | {kinds} |\n|---|{bars}|"


@dataclass(frozen=True)
class Line:
    """One peer (or one variant of it) on one data set, in numbers."""

    data: str
    who: str
    pairs: score.Pairs
    mixed: score.Mixed
    lookalikes: dict[str, tuple[int, int]]
    arrivals: score.Arrivals | None
    leads_a_second: float
    peak_mib: float

    def merged(self) -> tuple[int, int]:
        return sum(one for one, _ in self.lookalikes.values()), sum(of for _, of in self.lookalikes.values())

    def numbers(self) -> dict[str, Any]:
        """For JSON: every count, so that any share can be taken of it later."""
        return {
            "data": self.data, "who": self.who, "precision": self.pairs.precision, "recall": self.pairs.recall,
            "f1": self.pairs.f1, "pairs": vars(self.pairs), "mixed": vars(self.mixed), "lookalikes": self.lookalikes,
            "arrivals": vars(self.arrivals) if self.arrivals else None, "leads_a_second": round(self.leads_a_second),
            "peak_mib": round(self.peak_mib),
        }  # fmt: skip


def lines(data: Dataset, who: str, answer: Answer) -> Iterator[Line]:
    """A line for the first variant; where the best may be picked on the answers, one for the best F1 as well."""
    first = next(iter(answer.clusters))
    yield _line(data, f"{who} {first}".strip(), answer, first)
    if answer.picks:
        best = max(answer.clusters, key=lambda one: score.pairs(data.truth, answer.clusters[one]).f1)
        yield _line(data, f"{who}, best: {best}", answer, best)


def table(rows: Iterable[Line]) -> Iterator[str]:
    yield HEAD
    for row in rows:
        yield f"| {row.data} | {row.who} | {' | '.join(_cells(row))} |"


def kinds(rows: Sequence[Line]) -> Iterator[str]:
    """Which look-alikes were merged, kind by kind."""
    names = sorted({kind for row in rows for kind in row.lookalikes})
    if names:
        yield KINDS_HEAD.format(kinds=" | ".join(f"`{name}`" for name in names), bars="---|" * (len(names) - 1) + "---")
    for row in rows if names else ():
        counts = [row.lookalikes.get(name, (0, 0)) for name in names]
        yield f"| {row.data}, {row.who} | {' | '.join(f'{together} of {of}' for together, of in counts)} |"


def _line(data: Dataset, who: str, answer: Answer, variant: str) -> Line:
    clusters = answer.clusters[variant]
    links = answer.arrivals.get(variant)
    timed = bool(data.rows) and bool(data.rows[0].get("created_at"))
    return Line(
        data.name, who, score.pairs(data.truth, clusters), score.mixed(data.truth, clusters),
        score.merged(data.truth, clusters, data.lookalikes),
        score.arrivals(data.truth, links) if links is not None and timed else None,
        len(data.rows) / answer.seconds, answer.peak_mib,
    )  # fmt: skip


def _cells(row: Line) -> list[str]:
    together, planted = row.merged()
    come = row.arrivals
    shares = [come.right_share, come.wrong_share, come.first_wrong_share] if come else []
    return [
        f"{row.pairs.precision:.4f}", f"{row.pairs.recall:.4f}", f"{row.pairs.f1:.4f}",
        f"{row.mixed.clusters} of {row.mixed.of}", f"{100 * together / planted:.1f} %" if planted else "–",
        f"{row.leads_a_second:,.0f}", f"{row.peak_mib:,.0f}",
        *([f"{100 * share:.2f} %" for share in shares] or ["–"] * 3),
    ]  # fmt: skip
