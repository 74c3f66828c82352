"""Leads as the matcher compares them: many at once, in few queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, select

from gateway.records import Fact
from gateway.store.conflicts import insert_or_set
from gateway.store.tables import facts, identifiers, lead_records, leads

_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_RECORDS = select(leads.c.id, leads.c.site_id, leads.c.merged_into, leads.c.test, leads.c.created_at).where(
    leads.c.id.in_(_THESE), leads.c.erased_at.is_(None)
)
_PACKED = (
    select(
        leads.c.id,
        leads.c.site_id,
        leads.c.merged_into,
        leads.c.test,
        leads.c.created_at,
        lead_records.c.packed,
    )
    .outerjoin_from(leads, lead_records, leads.c.id == lead_records.c.lead_id)
    .where(leads.c.id.in_(_THESE), leads.c.erased_at.is_(None))
)
_SAID = (
    select(facts.c.lead_id, facts.c.field, facts.c.value, facts.c.strength, facts.c.origin, facts.c.at)
    .where(facts.c.lead_id.in_(_THESE), facts.c.state == "current")
    .order_by(facts.c.id)
)
_GIVEN = (
    select(identifiers.c.lead_id, identifiers.c.kind, identifiers.c.value)
    .where(identifiers.c.lead_id.in_(_THESE))
    .order_by(identifiers.c.at)
)
_FORGET = delete(lead_records).where(lead_records.c.lead_id == bindparam("whose"))


def records(conn: Connection, site_id: str, lead_ids: Collection[str]) -> Sequence[Any]:
    """(id, site_id, merged_into, test, created_at) of those of them that are this site's and not erased."""
    rows = conn.execute(_RECORDS, {"these": list(lead_ids)})
    return [row for row in rows if row.site_id == site_id]  # not by site: SQLite would read all of it


def packed(conn: Connection, site_id: str, lead_ids: Collection[str]) -> Sequence[Any]:
    """The same with `packed`: what is compared of it, as it was weighed last; none: it never was."""
    rows = conn.execute(_PACKED, {"these": list(lead_ids)})
    return [row for row in rows if row.site_id == site_id]


def keep(conn: Connection, lead_id: str, text: str) -> None:
    """What is compared of this lead from now on."""
    insert_or_set(conn, lead_records, {"lead_id": lead_id}, {"packed": text})


def forget(conn: Connection, lead_id: str) -> None:
    conn.execute(_FORGET, {"whose": lead_id})


def newest(conn: Connection, site_id: str, limit: int) -> list[str]:
    """The leads of the site that were changed last."""
    query = select(leads.c.id).where(leads.c.site_id == site_id).order_by(leads.c.updated_at.desc()).limit(limit)
    return list(conn.execute(query).scalars())


def said(conn: Connection, lead_ids: Collection[str]) -> dict[str, list[Fact]]:
    """Each record's facts in force."""
    found: dict[str, list[Fact]] = {}
    for lead_id, *columns in conn.execute(_SAID, {"these": list(lead_ids)}):
        found.setdefault(lead_id, []).append(Fact(*columns))
    return found


def given(conn: Connection, lead_ids: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """Each record's identifiers by kind, oldest first."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in conn.execute(_GIVEN, {"these": list(lead_ids)}):
        found.setdefault(row.lead_id, {}).setdefault(row.kind, []).append(row.value)
    return found
