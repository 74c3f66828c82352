"""How common a value is among people: agreeing on a rare one says more (term frequency, Winkler 1989)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log2

from verification.data_files import entries

# What a value counts that is on no list, as a share of all people, until the file itself says otherwise.
UNSEEN: Mapping[str, float] = {
    "first": 30e-6, "last": 15e-6, "company": 1 / 1000, "city": 1 / 50, "postcode": 1 / 2000, "job_title": 1 / 100,
    "domain": 1 / 1000, "address": 1 / 5000,
}  # fmt: skip
BELIEVED = 5_000  # of how many people's experience the shipped table stands against the file's own counts
FEWEST = 1_000  # a small file says little of how many people there are
# One bearer each by nature: the share of each falls as people grow.
IDENTIFIERS = frozenset({"email", "phone", "local", "national_id"})


@dataclass
class Counts:
    """What a file, or the leads of a site, say of their own: how many records there are, and how many bear a value.

    `leads`: whom somebody may be taken for; it sets the prior. Values that nobody counted come from the shipped table.
    """

    leads: int = 0
    seen: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, values: Iterable[tuple[str, str]]) -> None:
        """Count one more record with these (kind, value) pairs; empty values are left out."""
        self.leads += 1
        for kind, value in values:
            if value:
                self.seen.setdefault(kind, Counter())[value] += 1

    @property
    def prior(self) -> float:
        """log2 odds that somebody is this very lead before anything is compared: one of all."""
        return -log2(max(self.leads, FEWEST))

    def rarity(self, kind: str, value: str) -> float:
        """Bits that agreeing on this value is worth by how few bear it: log2 of one over their share."""
        count = self.seen[kind][value] if kind in self.seen else 0
        people = max(self.leads, FEWEST)
        if kind in IDENTIFIERS:
            return log2(people / max(count - 1, 1))
        expected = shipped(kind).get(value, UNSEEN[kind])
        return -log2(min((count + expected * BELIEVED) / (self.leads + BELIEVED), 1.0))


@cache
def shipped(kind: str) -> Mapping[str, float]:
    """The shipped table's shares for first or last names, by the name's key; empty for other kinds."""
    rows = (line.split() for line in entries("name_counts.txt"))
    return {name: int(count) / 1e6 for listed, name, count in rows if listed == kind}
