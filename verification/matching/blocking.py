"""Under which keys a record is found: two records are compared only where they share one.

Each kind has a cap: a value that more records share than that (a switchboard, `info@`, a common name in a capital)
finds nobody, so that it cannot blow up; a person has other keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from verification.matching.contacts import SHORTEST_LOCAL
from verification.matching.records import Record, word_sound
from verification.matching.sound import sound

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
    "name+company": 12,
    "name+domain": 12,
    "name+postcode": 20,
    "name+birth": 20,
    "name+digits": 12,
    "address": 20,
}
KEYS_VERSION = 3  # raised whenever `keys` or `prepare` says something else: what is stored must be made anew
_SEEDS = {kind: crc32(kind.encode()) for kind in CAPS}


def keys(record: Record) -> list[tuple[str, str]]:
    """(kind, value) pairs, at most four a kind, for the kinds of CAPS that this record can have."""
    found = [
        ("national_id", record.national_id),
        ("email", record.email),
        ("phone", record.tail),
        ("address", record.address),
    ]
    if record.mailbox and not record.mailbox.role and len(record.mailbox.core) >= SHORTEST_LOCAL:
        found.append(("local", record.mailbox.core))
    first = record.first.sound if not record.first.is_initial else ""
    last = record.last.sound if not record.last.is_initial else ""
    company = word_sound(record.company)
    for heard in {first, last}:  # in whichever place it stands
        if heard:
            found += _with(heard, company, record)
    first, last = record.told_first.sound or first, record.told_last.sound or last
    if not last and len(record.first.words) > 1:  # both in one field
        first, last = sound(record.first.words[0]), sound("".join(record.first.words[1:]))
    if first and last:
        found += _by_both(first, last, company, record)
    return [key for key in found if key[1]]


def key_number(kind: str, value: str) -> int:
    """The key as 32 bits, the same on every machine. Of ten million keys a thousandth collides with another, which
    costs a comparison each and nothing else."""
    return crc32(value.encode("utf-8", "replace"), _SEEDS[kind])


def _with(heard: str, company: str, record: Record) -> list[tuple[str, str]]:
    """Keys that need one of the names."""
    found = []
    if company:
        found.append(("name+company", f"{heard}|{company}"))
    if domain := record.own_domain:
        found.append(("name+domain", f"{heard}|{domain}"))
    if record.postcode:
        found.append(("name+postcode", f"{heard}|{record.postcode}"))
    if record.birth:
        found.append(("name+birth", f"{heard}|{record.birth}"))
    if tail := record.tail:  # a slip in one half of a number leaves the other
        found += [("name+digits", f"{heard}|{tail[:4]}-"), ("name+digits", f"{heard}|{tail[4:]}")]
    return found


def _by_both(first: str, last: str, company: str, record: Record) -> list[tuple[str, str]]:
    """Keys that need both names; in one order, so that swapped ones are found too."""
    both = f"{first}|{last}" if first < last else f"{last}|{first}"
    found = [("names", both)]
    if record.birth:
        found.append(("names+birth", f"{both}|{record.birth}"))
    if record.postcode:
        found.append(("names+postcode", f"{both}|{record.postcode}"))
    if domain := record.own_domain:
        found.append(("names+domain", f"{both}|{domain}"))
    if city := word_sound(record.city):
        found.append(("names+city", f"{both}|{city}"))
    if company:
        found.append(("names+company", f"{both}|{company}"))
    return found
