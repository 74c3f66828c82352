"""A whole file at once: who is whom among its rows.

Pairs are found by blocking keys, weighed one by one, and joined from the strongest down. A pair is refused that would
bring together two records that contradict each other, so that a third one, which fits both, chains no two people. Where
a pair is in doubt, all records of both sides are asked: two that leave much out are easily alike.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from verification.matching.blocking import CAPS, key_number, keys
from verification.matching.fitting import SAMPLE, fit
from verification.matching.frequencies import Counts
from verification.matching.judge import Context, clash, consider, weigh_groups
from verification.matching.records import HOME, Record, prepare

Row = Mapping[str, str]
ROW_BITS = 28  # of 64: up to 268 million rows
ROW = (1 << ROW_BITS) - 1
_PARTS = 64  # pairs are sorted in so many pieces, so that sorting needs little room
MOST_WEIGHED = 6  # members of each side that are asked where a pair is in doubt
MOST_ASKED = 30  # members of a cluster that a newcomer is held against


class Edge(NamedTuple):
    """Two rows that may be one person's: `left` < `right`, log2 odds, and whether they may be joined."""

    weight: float
    left: int
    right: int
    joins: bool


class BlockIndex:
    """Key → rows, eight bytes an entry. Filled in order of rows, then asked once for its pairs."""

    def __init__(self) -> None:
        self._kinds: dict[str, array[int]] = {kind: array("Q") for kind in CAPS}
        self._rows = 0

    def add(self, row: int, record: Record) -> None:
        self._rows = row + 1
        for kind, value in keys(record):
            self._kinds[kind].append(key_number(kind, value) << ROW_BITS | row)

    def take(self, later: BlockIndex) -> None:
        """Add the entries of another index, whose rows come after those that are here."""
        for kind, entries in later._kinds.items():
            self._kinds[kind].extend(entries)
        self._rows = later._rows

    def pairs(self) -> array[int]:
        """All pairs of rows that share a key which is not beyond its cap, each once, in order: `left` in the upper
        bits. The index is empty afterwards."""
        found = [array("Q") for _ in range(_PARTS)]
        while self._kinds:
            kind, entries = self._kinds.popitem()
            for rows in _blocks(entries, CAPS[kind]):
                for place, left in enumerate(rows):
                    held = found[left * _PARTS // self._rows]
                    held.extend([left << ROW_BITS | right for right in rows[place + 1 :]])
        for place, held in enumerate(found):
            found[place] = array("Q", sorted(set(held)))
        return sum(found, array("Q"))


def _blocks(entries: array[int], cap: int) -> Iterator[list[int]]:
    """The rows of each key that two or more share, but not more than `cap`, in order."""
    ordered = sorted(entries)
    shared = [one for one, (entry, after) in enumerate(pairwise(ordered)) if entry ^ after <= ROW]
    start = end = -1
    for one in chain(shared, (-1,)):  # each stands beside the next one of its key
        if one == end:
            end += 1
            continue
        if start >= 0 and end - start < cap:
            yield [entry & ROW for entry in ordered[start : end + 1]]
        start, end = one, one + 1


def cluster(rows: Sequence[Row], region: str = HOME) -> list[int]:
    """The person of each row, in order: rows with one number are one person's. The number is that of the person's
    first row. Rows are as for `records.prepare`."""
    records = [prepare(row, region) for row in rows]
    index, counts = BlockIndex(), Counts(len(records))
    for number, record in enumerate(records):
        index.add(number, record)
        counts.add(record.counted())
    pairs, context = index.pairs(), Context(counts)
    context = Context(counts, fit(sample(pairs), records, context, len(pairs)))
    edges = weigh(pairs, records, context)
    return join(len(records), (edge for edge in edges if edge.joins), records, context)


def sample(pairs: array[int]) -> Iterator[tuple[int, int]]:
    """Rows of some of the pairs (of BlockIndex), from all of the file."""
    for pair in pairs[:: len(pairs) // SAMPLE + 1]:
        yield pair >> ROW_BITS, pair & ROW


def weigh(pairs: Iterable[int], records: Sequence[Record], context: Context) -> Iterator[Edge]:
    """Those of the pairs (of BlockIndex) that are the same or possibly."""
    row, record, least = -1, Record(), context.weights.possible_in_file
    for pair in pairs:
        left, right = pair >> ROW_BITS, pair & ROW
        if left != row:
            row, record = left, records[left]
        match = consider(record, records[right], context)
        if match and (match.weight >= least or match.decision != "different"):
            yield Edge(match.weight, left, right, not match.contradicted and match.weight >= least)


def join(count: int, edges: Iterable[Edge], records: Sequence[Record], context: Context) -> list[int]:
    """The person of each of `count` rows by the edges that may join, which come in order of rows: the strongest first,
    of equals the earliest."""
    people = array("l", range(count))
    members: dict[int, list[int]] = {}
    weights, ends = array("d"), array("Q")  # a third of what the edges themselves take
    for edge in edges:
        weights.append(-edge.weight)
        ends.append(edge.left << ROW_BITS | edge.right)
    for place in sorted(range(len(ends)), key=weights.__getitem__):
        one, other = sorted((people[ends[place] >> ROW_BITS], people[ends[place] & ROW]))
        if one == other:
            continue
        ones, others = members.get(one, [one]), members.get(other, [other])
        sure = -weights[place] >= context.weights.same
        if not (sure or _fit(ones, others, records, context)) or _contradicted(ones, others, records):
            continue
        members[one] = ones + others
        members.pop(other, None)
        for row in others:
            people[row] = one
    return people.tolist()


def _fit(ones: Sequence[int], others: Sequence[int], records: Sequence[Record], context: Context) -> bool:
    """Are two people's rows together as likely one person's as a file wants it?"""
    one, other = ([records[row] for row in rows[:MOST_WEIGHED]] for rows in (ones, others))
    return weigh_groups(one, other, context) >= context.weights.same_in_file


def arrivals(rows: Sequence[Row], region: str = HOME) -> list[int | None]:
    """For each row as it comes, knowing only those before it: the earlier row whose person it is, or None for
    somebody new."""
    records: list[Record] = []
    people: list[int] = []
    members: dict[int, list[int]] = defaultdict(list)
    found: list[int | None] = []
    index, counts = _GrowingIndex(), Counts(len(rows))
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
    matches = [(match, row) for row in like if (match := consider(record, records[row], context))]
    for match, row in sorted(matches, key=lambda found: (-found[0].weight, found[1])):
        if match.decision == "same" and not _contradicted([len(records) - 1], members[people[row]], records):
            return row
    return None


def _contradicted(ones: Sequence[int], others: Sequence[int], records: Sequence[Record]) -> bool:
    """Does a pair of them clash for sure, or do more than half of the pairs?"""
    doubts = 0
    for one in ones[:MOST_ASKED]:
        for other in others[:MOST_ASKED]:
            found = clash(records[one], records[other])
            if found == "sure":
                return True
            doubts += found == "doubtful"
    return doubts * 2 > min(len(ones), MOST_ASKED) * min(len(others), MOST_ASKED)
