"""Which held submissions are alike, so that one look and one decision serve them all. Pure.

By what they share, the surest first: the same or nearly the same text, the same address block (of one day, since its
hash is keyed by the day), the same mail domain with the same reasons. A free mail domain says nothing about who shares
it, so it puts nobody together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.store.review_queue import Row
from verification.addresses import is_free_mail
from verification.spam.prints import NEAR

By = Literal["", "text", "network", "domain"]


@dataclass(frozen=True)
class Group:
    by: By  # what its members share; empty: it stands alone
    rows: tuple[Row, ...]  # in the order they came in

    @property
    def head(self) -> Row:
        return self.rows[0]

    @property
    def codes(self) -> frozenset[str]:
        """What weighs against any of them."""
        return frozenset().union(*(row.codes for row in self.rows))


def grouped(rows: Sequence[Row]) -> list[Group]:
    """Each row in one group; groups in the order of their first row."""
    left: list[Row] = list(rows)
    groups: list[Group] = []
    for by, key_of in _keys(rows):
        buckets: dict[Hashable, list[Row]] = {}
        for row in left:
            key = key_of(row)
            if key is not None:
                buckets.setdefault(key, []).append(row)
        found = [Group(by, tuple(bucket)) for bucket in buckets.values() if len(bucket) > 1]
        taken = {row.id for group in found for row in group.rows}
        groups += found
        left = [row for row in left if row.id not in taken]
    groups += [Group("", (row,)) for row in left]
    place = {row.id: number for number, row in enumerate(rows)}
    return sorted(groups, key=lambda group: place[group.head.id])


def _keys(rows: Sequence[Row]) -> Iterable[tuple[By, Callable[[Row], Hashable | None]]]:
    texts = _texts(rows)
    return (
        ("text", lambda row: texts.get(row.id)),
        ("network", lambda row: row.block_hash),
        ("domain", _by_domain),
    )


def _by_domain(row: Row) -> Hashable | None:
    if not row.email_domain or is_free_mail(row.email_domain) or not row.codes:
        return None
    return row.email_domain, row.codes


def _texts(rows: Sequence[Row]) -> dict[str, str]:
    """Row → the text that it is like: the very same, else the first whose print is near."""
    leaders: list[tuple[int, str]] = []  # print, name of the text
    named: dict[str, str] = {}
    of_hash: dict[str, str] = {}
    for row in rows:
        name = of_hash.get(row.content_hash or "") or _near(row, leaders) or row.content_hash
        if name is None:
            continue
        named[row.id] = name
        of_hash.setdefault(row.content_hash or name, name)
        if row.content_print and not _near(row, leaders):
            leaders.append((int(row.content_print, 16), name))
    return named


def _near(row: Row, leaders: Sequence[tuple[int, str]]) -> str | None:
    if not row.content_print:
        return None
    mine = int(row.content_print, 16)
    return next((name for other, name in leaders if (mine ^ other).bit_count() <= NEAR), None)


def by_network(rows: Sequence[Row]) -> list[Group]:
    """By address block alone, alone ones too: how what nobody confirmed is shown."""
    buckets: dict[str, list[Row]] = {}
    for row in rows:
        buckets.setdefault(row.block_hash or row.id, []).append(row)
    return [Group("network" if len(bucket) > 1 else "", tuple(bucket)) for bucket in buckets.values()]
