"""Which leads belong to which segments: kept up to date with each lead's standing, so that counting reads an index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from gateway.records import Lead
from gateway.store.conflicts import insert_absent
from gateway.store.tables import segment_members


def change(conn: Connection, lead: Lead, after: Collection[str], now: datetime) -> bool:
    """Let the lead belong to these and no others; whether that is news. `lead.segments`: what it belonged to."""
    change_all(conn, [(lead, after)], now)
    return set(lead.segments) != set(after)


def change_all(conn: Connection, after: Sequence[tuple[Lead, Collection[str]]], now: datetime) -> None:
    """The same of several leads at once."""
    gone = [{"whose": lead.id, "key": key} for lead, keys in after for key in sorted(set(lead.segments) - set(keys))]
    if gone:
        conn.execute(_LEAVE, gone)
    rows = [
        {"site_id": lead.site_id, "segment": key, "lead_id": lead.id, "since": now}
        for lead, keys in after
        for key in sorted(set(keys) - set(lead.segments))
    ]
    insert_absent(conn, segment_members, rows)


_LEAVE = delete(segment_members).where(
    segment_members.c.lead_id == bindparam("whose"), segment_members.c.segment == bindparam("key")
)


def leave(conn: Connection, lead_ids: Collection[str]) -> None:
    """Take these records out of all segments."""
    conn.execute(delete(segment_members).where(segment_members.c.lead_id.in_(lead_ids)))


def counts(conn: Connection, site_id: str) -> Mapping[str, int]:
    """Segment → how many leads belong to it now; none: not named."""
    query = select(segment_members.c.segment, func.count()).where(segment_members.c.site_id == site_id)
    return {row[0]: row[1] for row in conn.execute(query.group_by(segment_members.c.segment))}
