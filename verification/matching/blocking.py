"""Under which keys a record is found: two records are compared only where they share one.

Each kind has a cap: a value that more records share than that (a switchboard, `info@`, a common name in a capital)
finds nobody, so that it cannot blow up; a person has other keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

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
    "name+company": 30,
    "name+domain": 30,
    "name+postcode": 30,
    "starts+city": 20,
    "starts+company": 20,
    "name+birth": 20,
    "address": 20,
}
# To be raised whenever a record gets other keys than before: sites then have theirs made anew.
KEYS_VERSION = 1
_SEEDS = {kind: crc32(kind.encode()) for kind in CAPS}


def keys(record: Record) -> list[tuple[str, str]]:
    """(kind, value) pairs, at most two a kind, for the kinds of CAPS that this record can have."""
    found = [
        ("national_id", record.national_id),
        ("email", record.email),
        ("phone", record.tail),
        ("address", record.address),
    ]
    if record.mailbox and not record.mailbox.role and len(record.mailbox.core) >= SHORTEST_LOCAL:
        found.append(("local", record.mailbox.core))
    company = word_sound(record.company)
    for heard in {record.first.sound, record.last.sound} - {""}:  # in whichever place it stands
        found += _with(heard, company, record)
    if record.first.sound and record.last.sound:
        found += _by_both(record, company)
    return [key for key in found if key[1]]


def key_number(kind: str, value: str) -> int:
    """The key as 32 bits, the same on every machine. Of ten million keys a thousandth collides with another, which
    costs a comparison each and nothing else."""
    return crc32(value.encode("utf-8", "replace"), _SEEDS[kind])


def _with(heard: str, company: str, record: Record) -> list[tuple[str, str]]:
    """Keys that need one of the names."""
    domain = record.own_domain
    return [
        ("name+company", company and f"{heard}|{company}"),
        ("name+domain", domain and f"{heard}|{domain}"),
        ("name+postcode", record.postcode and f"{heard}|{record.postcode}"),
        ("name+birth", record.birth and f"{heard}|{record.birth}"),
    ]


def _by_both(record: Record, company: str) -> list[tuple[str, str]]:
    """Keys that need both names; in one order, so that swapped ones are found too."""
    one, other = sorted((record.first.sound, record.last.sound))
    both, starts, city = f"{one}|{other}", f"{one[:2]}{other[:2]}", word_sound(record.city)
    found = [("names", both)]
    if record.birth:
        found.append(("names+birth", f"{both}|{record.birth}"))
    if record.postcode:
        found.append(("names+postcode", f"{both}|{record.postcode}"))
    if domain := record.own_domain:
        found.append(("names+domain", f"{both}|{domain}"))
    if city:
        found += [("names+city", f"{both}|{city}"), ("starts+city", f"{starts}|{city}")]
    if company:
        found += [("names+company", f"{both}|{company}"), ("starts+company", f"{starts}|{company}")]
    return found
