"""Under which keys a record is found: two records are compared only where they share one.

Each kind has a cap: a value that more records share than that (a switchboard, `info@`, a common name in a capital)
finds nobody, so that it cannot blow up; a person has other keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from verification.matching.contacts import SHORTEST_LOCAL
from verification.matching.records import Record, word_sound

# Kind → how many records may share one value. Weak ones less: of each pair they name, few are one person.
CAPS: Mapping[str, int] = {
    "national_id": 100,
    "email": 100,
    "phone": 60,
    "local": 30,
    "names+birth": 60,
    "names+company": 30,
    "names+domain": 30,
    "names+postcode": 30,
    "names+city": 30,
    "names": 30,
    "first+company": 20,
    "last+company": 20,
    "first+domain": 20,
    "last+postcode": 20,
    "starts+city": 20,
    "starts+company": 20,
    "first+birth": 20,
    "address": 20,
}
_KINDS = {kind: bytes([number]) for number, kind in enumerate(CAPS)}


def keys(record: Record) -> list[tuple[str, str]]:
    """(kind, value) pairs, at most one a kind, for the kinds of CAPS that this record can have."""
    return [(kind, value) for kind, value in _all(record) if value]


def key_number(kind: str, value: str) -> int:
    """The key as 36 bits, the same on every machine: two of a million values collide a few times, which costs a
    comparison."""
    return int.from_bytes(blake2b(_KINDS[kind] + value.encode("utf-8", "replace"), digest_size=5).digest(), "big") >> 4


def _all(record: Record) -> Iterator[tuple[str, str]]:
    yield "national_id", record.national_id
    yield "email", record.email
    yield "phone", record.tail
    if record.mailbox and not record.mailbox.role and len(record.mailbox.core) >= SHORTEST_LOCAL:
        yield "local", record.mailbox.core
    yield "address", record.address
    first, last = record.first.sound, record.last.sound
    if first and last:
        yield from _by_both(record, "|".join(sorted((first, last))), _start(first) + _start(last))
    company, domain = word_sound(record.company), record.own_domain
    yield "first+company", _and(first, company)
    yield "last+company", _and(last, company)
    yield "first+domain", _and(first, domain)
    yield "last+postcode", _and(last, record.postcode)
    yield "first+birth", _and(first, record.birth)


def _by_both(record: Record, both: str, starts: str) -> Iterator[tuple[str, str]]:
    """Keys that need both names; in one order, so that swapped ones are found too."""
    city, company = word_sound(record.city), word_sound(record.company)
    yield "names", both
    yield "names+birth", _and(both, record.birth)
    yield "names+company", _and(both, company)
    yield "names+domain", _and(both, record.own_domain)
    yield "names+postcode", _and(both, record.postcode)
    yield "names+city", _and(both, city)
    yield "starts+city", _and(starts, city)
    yield "starts+company", _and(starts, company)


def _start(heard: str) -> str:
    return heard[:2]


def _and(one: str, other: str) -> str:
    return f"{one}|{other}" if one and other else ""
