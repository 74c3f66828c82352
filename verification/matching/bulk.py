"""A whole file at once: who is whom among its rows.

Pairs are found by blocking keys, weighed one by one, and joined from the strongest down. A pair is refused that would
bring together two records that contradict each other, so that a third one, which fits both, chains no two people.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from verification.matching.blocking import CAPS, key_number, keys
from verification.matching.frequencies import Counts
from verification.matching.judge import Context, contradict, hopeless, judge
from verification.matching.records import HOME, Record, prepare

Row = Mapping[str, str]
ROW_BITS = 28  # of 64: up to 268 million rows; the other 36 are the key's
_PARTS = 64  # the index is sorted in so many pieces, so that sorting needs little room
MOST_ASKED = 30  # members of a cluster that a newcomer is held against


class Edge(NamedTuple):
    """Two rows that may be one person's: `left` < `right`, log2 odds, and whether they are."""

    weight: float
    left: int
    right: int
    same: bool


class BlockIndex:
    """Key → rows, eight bytes an entry. Filled in order of rows, then sealed, then asked."""

    def __init__(self) -> None:
        self._parts = [array("Q") for _ in range(_PARTS)]

    def add(self, row: int, record: Record) -> None:
        for kind, value in keys(record):
            number = key_number(kind, value)
            self._parts[number % _PARTS].append(number << ROW_BITS | row)

    def seal(self) -> None:
        """Sort it; from here on it is only asked."""
        for place, part in enumerate(self._parts):
            self._parts[place] = array("Q", sorted(part))

    def rows_like(self, record: Record) -> set[int]:
        """All rows that share a key with this record which is not beyond its cap; its own row is among them."""
        found: set[int] = set()
        for kind, value in keys(record):
            number = key_number(kind, value)
            part, start = self._parts[number % _PARTS], number << ROW_BITS
            low = bisect_left(part, start)
            most = low + CAPS[kind]
            if most < len(part) and part[most] >> ROW_BITS == number:
                continue  # beyond its cap
            high = bisect_left(part, start + (1 << ROW_BITS), low, min(most, len(part)))
            found.update(entry & (1 << ROW_BITS) - 1 for entry in part[low:high])
        return found


def cluster(rows: Sequence[Row], region: str = HOME) -> list[int]:
    """The person of each row, in order: rows with one number are one person's. The number is that of the person's
    first row. Rows are as for `records.prepare`."""
    records = [prepare(row, region) for row in rows]
    index, counts = BlockIndex(), Counts()
    for number, record in enumerate(records):
        index.add(number, record)
        counts.add(record.counted())
    index.seal()
    edges = pairs(records, index, Context(counts), range(len(records)))
    return join(len(records), (edge for edge in edges if edge.same), records)


def pairs(records: Sequence[Record], index: BlockIndex, context: Context, rows: Iterable[int]) -> Iterator[Edge]:
    """The pairs of each of `rows` with later ones that are the same or possibly."""
    for left in rows:
        record = records[left]
        for right in sorted(index.rows_like(record)):
            if right <= left or hopeless(record, other := records[right]):
                continue
            match = judge(record, other, context)
            if match.decision != "different":
                yield Edge(match.weight, left, right, match.decision == "same")


def join(count: int, edges: Iterable[Edge], records: Sequence[Record]) -> list[int]:
    """The person of each of `count` rows by the edges that say *same*, the strongest first."""
    people = array("l", range(count))
    members: dict[int, list[int]] = {}
    for edge in sorted(edges, key=lambda edge: (-edge.weight, edge.left, edge.right)):
        one, other = sorted((people[edge.left], people[edge.right]))
        if one == other:
            continue
        ones, others = members.get(one, [one]), members.get(other, [other])
        if _contradicted(ones, others, records):
            continue
        members[one] = ones + others
        members.pop(other, None)
        for row in others:
            people[row] = one
    return people.tolist()


def arrivals(rows: Sequence[Row], region: str = HOME) -> list[int | None]:
    """For each row as it comes, knowing only those before it: the earlier row whose person it is, or None for
    somebody new."""
    records: list[Record] = []
    people: list[int] = []
    members: dict[int, list[int]] = defaultdict(list)
    found: list[int | None] = []
    index, counts = _GrowingIndex(), Counts()
    context = Context(counts)
    for number, row in enumerate(rows):
        record = prepare(row, region)
        like = index.rows_like(record)
        records.append(record)
        earlier = _owner(record, like, (records, people, members), context)
        people.append(number if earlier is None else people[earlier])
        members[people[number]].append(number)
        found.append(earlier)
        index.add(number, record)
        counts.add(record.counted())
    return found


class _GrowingIndex:
    """Key → rows that came so far."""

    def __init__(self) -> None:
        self._rows: dict[int, list[int]] = {}

    def add(self, row: int, record: Record) -> None:
        for kind, value in keys(record):
            held = self._rows.setdefault(key_number(kind, value), [])
            if len(held) <= CAPS[kind]:
                held.append(row)

    def rows_like(self, record: Record) -> set[int]:
        found: set[int] = set()
        for kind, value in keys(record):
            held = self._rows.get(key_number(kind, value), ())
            if len(held) <= CAPS[kind]:
                found.update(held)
        return found


def _owner(
    record: Record,
    like: Iterable[int],
    known: tuple[Sequence[Record], Sequence[int], Mapping[int, list[int]]],
    context: Context,
) -> int | None:
    """The row that fits best whose person nothing of the newcomer contradicts."""
    records, people, members = known
    matches = [(judge(record, records[row], context), row) for row in like if not hopeless(record, records[row])]
    for match, row in sorted(matches, key=lambda found: (-found[0].weight, found[1])):
        if match.decision != "same":
            continue
        if not _contradicted([len(records) - 1], members[people[row]], records):
            return row
    return None


def _contradicted(ones: Sequence[int], others: Sequence[int], records: Sequence[Record]) -> bool:
    return any(contradict(records[one], records[other]) for one in ones[:MOST_ASKED] for other in others[:MOST_ASKED])
