"""How common a value is among people: agreeing on a rare one says more (term frequency, Winkler 1989)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from functools import cache
from math import log2
from zlib import crc32

from verification.data_files import entries

# What a value counts that is on no list, as a share of all people, until the file itself says otherwise.
UNSEEN: Mapping[str, float] = {
    "first": 30e-6, "last": 15e-6, "company": 1 / 1000, "city": 1 / 50, "postcode": 1 / 2000, "job_title": 1 / 100,
    "domain": 1 / 1000, "address": 1 / 5000,
}  # fmt: skip
# Of how many people's experience the shipped share stands against the file's own counts: of names there is a table.
BELIEVED = {"first": 5_000, "last": 5_000}
GUESSED = 200
FEWEST = 1_000  # a small file says little of how many people there are
# One bearer each by nature: the share of each falls as people grow.
IDENTIFIERS = frozenset({"email", "phone", "local", "national_id"})
# Kinds of which few records share a value → where their checksums start.
MANY = {kind: number for number, kind in enumerate(("email", "local", "phone", "postcode", "address", "national_id"))}
SMALLEST = 1 << 16  # places of the table
MOST_KEPT = 1 << 16
MOST_COUNTED = 65_535  # 16 bits a place


class Tally:
    """What `Counts` needs of records while nobody knows yet how many will come: four bytes each for what few share."""

    def __init__(self) -> None:
        self.leads = 0
        self.few: dict[str, dict[str, int]] = {}  # kind → value → records
        self.checksums = array("I")  # of values of MANY

    def add(self, values: Iterable[tuple[str, str]]) -> None:
        """Count one more record with these (kind, value) pairs; empty values are left out."""
        self.leads += 1
        few, checksums = self.few, self.checksums
        for kind, value in values:
            if not value:
                continue
            if kind in MANY:
                checksums.append(_checksum(kind, value))
            else:
                held = few.setdefault(kind, {})
                held[value] = held.get(value, 0) + 1

    def take(self, other: Tally) -> None:
        """Count another one's records too."""
        self.leads += other.leads
        self.checksums.extend(other.checksums)
        for kind, values in other.few.items():
            held = self.few.setdefault(kind, {})
            for value, count in values.items():
                held[value] = held.get(value, 0) + count


class Counts:
    """What a file, or the leads of a site, say of their own: how many records there are, and how many bear a value.

    Values that many bear are counted one by one. Those that few bear (MANY) go by their checksum into a table of
    fixed size, so that a million of them need no more room; where two share a place, both count as commoner.
    """

    def __init__(self, expected: int = 0) -> None:
        """`expected`: how many records will be counted, for the size of the table."""
        self.leads = 0
        self._few: dict[str, dict[str, int]] = {}
        self._rarities: dict[tuple[str, str], float] = {}  # as long as nothing is added
        self._mask = (1 << max(expected * 16, SMALLEST).bit_length()) - 1
        self._many = array("H", bytes(2 * (self._mask + 1)))

    @classmethod
    def of(cls, tally: Tally) -> Counts:
        """The counts of the records that were tallied; it takes the tally's tables for its own."""
        counts = cls(tally.leads)
        counts.leads, counts._few = tally.leads, tally.few
        mask, many = counts._mask, counts._many
        for checksum in tally.checksums:
            if many[checksum & mask] < MOST_COUNTED:
                many[checksum & mask] += 1
        return counts

    def add(self, values: Iterable[tuple[str, str]]) -> None:
        """Count one more record with these (kind, value) pairs; empty values are left out."""
        self.leads += 1
        self._rarities = {}
        few, many = self._few, self._many
        for kind, value in values:
            if not value:
                continue
            if kind in MANY:
                place = _checksum(kind, value) & self._mask
                many[place] = min(many[place] + 1, MOST_COUNTED)
            else:
                held = few.setdefault(kind, {})
                held[value] = held.get(value, 0) + 1

    def count(self, kind: str, value: str) -> int:
        """How many records bear this value."""
        if kind in MANY:
            return self._many[_checksum(kind, value) & self._mask]
        return self._few.get(kind, {}).get(value, 0)

    @property
    def prior(self) -> float:
        """log2 odds that somebody is this very lead before anything is compared: one of all."""
        return -log2(max(self.leads, FEWEST))

    def rarity(self, kind: str, value: str) -> float:
        """Bits that agreeing on this value is worth by how few bear it: log2 of one over their share."""
        if kind in IDENTIFIERS:
            return log2(max(self.leads, FEWEST) / max(self.count(kind, value) - 1, 1))
        found = self._rarities.get((kind, value))
        if found is None:
            if len(self._rarities) >= MOST_KEPT:
                self._rarities.clear()
            found = self._rarities[kind, value] = self._rarity(kind, value)
        return found

    def _rarity(self, kind: str, value: str) -> float:
        count = self.count(kind, value)
        expected = shipped(kind).get(value, UNSEEN[kind])
        believed = BELIEVED.get(kind, GUESSED)
        return -log2(min((count + expected * believed) / (self.leads + believed), 1.0))


def _checksum(kind: str, value: str) -> int:
    """32 bits."""
    return crc32(value.encode("utf-8", "replace"), MANY[kind])


@cache
def shipped(kind: str) -> Mapping[str, float]:
    """The shipped table's shares for first or last names, by the name's key; empty for other kinds."""
    rows = (line.split() for line in entries("name_counts.txt"))
    return {name: int(count) / 1e6 for listed, name, count in rows if listed == kind}
