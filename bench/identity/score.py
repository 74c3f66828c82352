"""How right is an answer? Pairs, clusters, planted look-alikes, and each row as it arrived."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows put together: how many rightly, how many there should be. Shares are 0 to 1; of nothing, 1."""

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        return _share(self.right, self.found)

    @property
    def recall(self) -> float:
        return _share(self.right, self.true)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, which is 2 · right / (found + true)."""
        return _share(2 * self.right, self.found + self.true)


@dataclass(frozen=True)
class Mixed:
    """Clusters that hold more than one person; of how many clusters with more than one row."""

    clusters: int
    of: int


@dataclass(frozen=True)
class Arrivals:
    """Rows in the order of their coming, by what the row that each was linked to says about whose it is.

    Returning (an earlier row is the same person's): linked rightly, to somebody else, or not; first ones: linked to
    somebody else.
    """

    returning: int
    right: int
    wrong: int
    first: int
    first_wrong: int

    @property
    def right_share(self) -> float:
        return _share(self.right, self.returning)

    @property
    def wrong_share(self) -> float:
        return self.wrong / self.returning if self.returning else 0.0

    @property
    def first_wrong_share(self) -> float:
        return self.first_wrong / self.first if self.first else 0.0


def pairs(truth: Sequence[int], clusters: Sequence[int]) -> Pairs:
    """Counted by sizes, never pair by pair: n rows together are n(n-1)/2 pairs. Lengths must agree."""
    both = Counter(zip(truth, clusters, strict=True))
    return Pairs(_paired(both.values()), _paired(Counter(clusters).values()), _paired(Counter(truth).values()))


def mixed(truth: Sequence[int], clusters: Sequence[int]) -> Mixed:
    people: dict[int, set[int]] = defaultdict(set)
    sizes = Counter(clusters)
    for person, cluster in zip(truth, clusters, strict=True):
        people[cluster].add(person)
    return Mixed(sum(len(inside) > 1 for inside in people.values()), sum(size > 1 for size in sizes.values()))


def merged(
    truth: Sequence[int], clusters: Sequence[int], lookalikes: Iterable[tuple[int, int, str]]
) -> dict[str, tuple[int, int]]:
    """Per kind of look-alike: pairs of people of whom any two rows stand in one cluster, and pairs in all."""
    where: dict[int, set[int]] = defaultdict(set)
    for person, cluster in zip(truth, clusters, strict=True):
        where[person].add(cluster)
    count: dict[str, tuple[int, int]] = {}
    for one, other, kind in lookalikes:
        together, of = count.get(kind, (0, 0))
        count[kind] = (together + bool(where[one] & where[other]), of + 1)
    return count


def arrivals(truth: Sequence[int], links: Sequence[int | None]) -> Arrivals:
    """`links` gives for each row an earlier one, or None. A ValueError where it gives a later one."""
    known: set[int] = set()
    count: Counter[tuple[bool, str]] = Counter()
    for row, (person, link) in enumerate(zip(truth, links, strict=True)):
        if link is not None and not 0 <= link < row:
            raise ValueError(f"row {row} is linked to {link}, which is no earlier row")
        outcome = "none" if link is None else "right" if truth[link] == person else "wrong"
        count[person in known, outcome] += 1
        known.add(person)
    returning = sum(number for (back, _), number in count.items() if back)
    first = len(truth) - returning
    return Arrivals(returning, count[True, "right"], count[True, "wrong"], first, count[False, "wrong"])


def _paired(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
