"""Against what a site's leads are weighed: how many there are, and how many bear a value. Neither is counted by scan.

How many leads there are stands beside the site (gateway/store/lead_keys.py). How many share a mailbox, number or the
like is seen where they are looked for, by their key. How common a name, company or city is at this site is told by a
sample, beside the shipped tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.matching import known
from gateway.matching.weights import weights_for
from gateway.store import compared, lead_keys
from verification.matching.frequencies import IDENTIFIERS, Counts
from verification.matching.judge import Context

SAMPLE = 1000  # leads: what one of fifty shares is then known to a third of itself
LASTS = timedelta(hours=6)  # a sample, unless the site has doubled
SITES_KEPT = 200  # samples in memory, some 200 KB each


class SiteCounts(Counts):
    """What is known of a site's own. `leads`: how many there are."""

    def __init__(self, found: int, sample: Counts) -> None:
        super().__init__()
        self.leads = found
        self._sample = sample
        self._borne: Mapping[tuple[str, str], int] = {}

    def bearing(self, borne: Mapping[tuple[str, str], int]) -> SiteCounts:
        """The same where so many leads bear these (kind, value) pairs."""
        other = copy(self)
        other._borne = borne
        return other

    def count(self, kind: str, value: str) -> int:
        return self._borne.get((kind, value), 0)

    def rarity(self, kind: str, value: str) -> float:
        if kind not in IDENTIFIERS:
            return self._sample.rarity(kind, value)
        return max(0.0, super().rarity(kind, value))


@dataclass(frozen=True)
class _Sample:
    counts: Counts
    at: datetime
    of: int  # leads that the site had


_samples: dict[str, _Sample] = {}  # by site: read anew by each process


def context(conn: Connection, site_id: str, now: datetime) -> Context:
    """What a site's pairs are weighed by. Where the sample is too old it is read, which takes some 0.1 s: ask outside
    of a transaction that holds a lock."""
    found = lead_keys.count(conn, site_id)
    sample = _samples.get(site_id)
    if sample is None or now - sample.at > LASTS or found > 2 * sample.of:
        sample = _Sample(_counted(conn, site_id), now, found)
        if len(_samples) >= SITES_KEPT:
            _samples.clear()
        _samples[site_id] = sample
    return Context(SiteCounts(found, sample.counts), weights_for(conn, site_id))


def bearing(given: Context, borne: Mapping[tuple[str, str], int]) -> Context:
    """The same context where so many leads bear these (kind, value) pairs."""
    assert isinstance(given.counts, SiteCounts)
    return replace(given, counts=given.counts.bearing(borne))


def _counted(conn: Connection, site_id: str) -> Counts:
    """The counts of those that were changed last."""
    sample = known.read(conn, site_id, compared.newest(conn, site_id, SAMPLE))
    counts = Counts(len(sample))
    for one in sample.values():
        if not one.test:
            counts.add(one.record.counted())
    return counts
