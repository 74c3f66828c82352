"""Which leads one is held against: found by index, each key up to its cap, the strongest kinds first, MOST in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.records import TEST_MARK
from gateway.store import lead_keys, leads
from verification.matching.blocking import CAPS, key_number, keys
from verification.matching.frequencies import IDENTIFIERS
from verification.matching.records import COUNTED, Record

# Leads that one is held against, whatever it shares with however many: some 4 ms of reading and comparing.
MOST = 60
BEYOND = 1 << 62  # what more carry than are read is everybody's: sharing it says nothing
_PLACES = {kind: place for place, kind in enumerate(CAPS)}


@dataclass(frozen=True)
class Found:
    """Leads that share something, and how many bear each identifier of the one that is looked for."""

    lead_ids: Sequence[str]
    borne: Mapping[tuple[str, str], int]


def numbers(record: Record, *, test: bool) -> dict[int, str]:
    """The record's keys as they are stored, with their kinds; those of tests are numbers of their own (rule 38)."""
    mark = TEST_MARK if test else ""
    return {key_number(kind, mark + value): kind for kind, value in keys(record)}


def find(conn: Connection, site_id: str, record: Record, *, test: bool) -> Found:
    """Those that stand under a key of this record: under none that more than its cap stand under."""
    kinds = numbers(record, test=test)
    sharing = lead_keys.sharing(conn, site_id, {number: CAPS[kind] + 1 for number, kind in kinds.items()})
    found: dict[str, None] = {}
    for number in sorted(kinds, key=lambda number: _PLACES[kinds[number]]):
        if len(sharing[number]) <= CAPS[kinds[number]]:
            found |= dict.fromkeys(sharing[number])
    return Found(list(found), _borne(record, sharing, test=test))


def of_crm(conn: Connection, site_id: str, given: Mapping[str, Sequence[str]]) -> list[str]:
    """Those that have the same customer number of a CRM."""
    return [found for value in given.get("crm", ()) for found in leads.found_by(conn, site_id, "crm", value)]


def _borne(record: Record, sharing: Mapping[int, Sequence[str]], *, test: bool) -> dict[tuple[str, str], int]:
    """(kind, value) of the record's identifiers → how many leads bear it."""
    mark = TEST_MARK if test else ""
    found: dict[tuple[str, str], int] = {}
    for kind in IDENTIFIERS:
        value = COUNTED[kind](record)
        bearers = sharing.get(key_number(kind, mark + value), ()) if value else ()
        found[kind, value] = len(bearers) if len(bearers) <= CAPS[kind] else BEYOND
    return found
