"""Leads as they are compared: from their facts in force and the identifiers that they are found by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from gateway.records import TEST_MARK, Fact
from gateway.store import compared
from verification.addresses import canonical_email
from verification.identity import stronger
from verification.matching.headings import columns, meaning
from verification.matching.records import Record, pack, prepare, unpack


@dataclass(frozen=True)
class Met:
    """A lead that is held against another: what decides whether the two deserve a closer look."""

    lead_id: str
    person: str
    test: bool
    record: Record


Carried = Mapping[str, Mapping[str, str]]  # kind of identifier → value → on what strength it is theirs


@dataclass(frozen=True)
class Known:
    """One very record, merged or not. `person`: the lead that it stands under."""

    lead_id: str
    person: str
    test: bool
    created_at: datetime
    record: Record
    said: Sequence[Fact]  # in force
    given: Mapping[str, Sequence[str]]  # kind of identifier → values

    def carried(self, types: Mapping[str, str]) -> Carried:
        """Told only of those few that decide: most candidates turn out to be somebody else. types: of the site's
        questions."""
        strengths = _strengths(self.said, types)
        return {
            kind: {value: _strength(kind, value.removeprefix(TEST_MARK), strengths) for value in values}
            for kind, values in self.given.items()
        }


def read(conn: Connection, site_id: str, lead_ids: Collection[str]) -> dict[str, Known]:
    """Those of them that are this site's and not erased."""
    if not lead_ids:
        return {}
    rows = compared.records(conn, site_id, lead_ids)
    said, given = compared.said(conn, lead_ids), compared.given(conn, lead_ids)
    return {row.id: _known(row, said.get(row.id, ()), given.get(row.id, {})) for row in rows}


def meet(conn: Connection, site_id: str, lead_ids: Sequence[str]) -> list[Met]:
    """Those of them that are this site's and not erased, as they were weighed last: one query and no folding. Who never
    was is read whole."""
    if not lead_ids:
        return []
    rows = compared.packed(conn, site_id, lead_ids)
    whole = read(conn, site_id, [row.id for row in rows if row.packed is None])
    return [
        Met(row.id, row.merged_into or row.id, row.test, unpack(row.packed) if row.packed else whole[row.id].record)
        for row in rows
    ]


def keep(conn: Connection, mine: Known) -> None:
    """Let others meet this lead as it is now."""
    compared.keep(conn, mine.lead_id, pack(mine.record))


def record_of(said: Iterable[Fact], carried: Mapping[str, Iterable[str]], created_at: datetime) -> Record:
    """What is compared of a lead. `said`: its facts, of which those in force count; `carried`: the identifiers that it
    is found by, each kind oldest first: the last mailbox and number are the ones that they use."""
    values = {fact.field: fact.value for fact in said if fact.state == "current"}
    texts = {name: str(value) for name, value in values.items() if isinstance(value, (str, int))}
    row = {field: texts[name] for field, name in _fields(tuple(texts)).items()}
    for kind in ("email", "phone"):
        for value in carried.get(kind, ()):
            row[kind] = value.removeprefix(TEST_MARK)
    return prepare({**row, "created_at": created_at.isoformat()})


def newcomer(
    row: Mapping[str, str],
    now: datetime,
    *,
    carried: Mapping[str, Iterable[str]] | None = None,
    strength: str = "import",
) -> Known:
    """A lead that does not stand yet, by what a row says of it (`verification.matching.records.FIELDS`).

    carried: the identifiers that it would be found by: canonical e-mail, E.164 phone, a CRM's number.
    """
    given = {kind: tuple(values) for kind, values in (carried or {}).items()}
    said = [Fact(kind, value, strength, "", now) for kind, values in given.items() for value in values]
    last = {kind: values[-1] for kind, values in given.items() if kind in {"email", "phone"} and values}
    return Known("", "", False, now, prepare({"created_at": now.isoformat(), **row, **last}), said, given)


@lru_cache(1024)
def _fields(names: tuple[str, ...]) -> Mapping[str, str]:
    """Field that is compared → the question of that name, known as a column of a file would be."""
    return {field: names[place] for field, place in columns(names, {}).items()}


def _known(row: Any, said: Sequence[Fact], given: Mapping[str, Sequence[str]]) -> Known:
    record = record_of(said, given, row.created_at)
    return Known(row.id, row.merged_into or row.id, row.test, row.created_at, record, said, given)


def _strengths(said: Iterable[Fact], types: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """(kind, value) of each mailbox and number in force → the strength it stands on. Only the questions for these tell:
    whoever confirms their address confirms what they wrote in any other, a victim's number too."""
    found: dict[tuple[str, str], str] = {}
    for fact in said:
        kind = types.get(fact.field, meaning(fact.field))
        if kind in {"email", "phone"} and isinstance(fact.value, str):
            key = kind, canonical_email(fact.value) if kind == "email" else fact.value
            found[key] = stronger(fact.strength, found.get(key, fact.strength))
    return found


def _strength(kind: str, value: str, strengths: Mapping[tuple[str, str], str]) -> str:
    """A CRM's number is only ever the CRM's own word; what no fact in force says is a claim."""
    return "crm" if kind == "crm" else strengths.get((kind, value), "typed")
