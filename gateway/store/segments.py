"""Which leads belong to which segments: kept up to date with each lead's standing, so that counting reads an index."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from gateway.records import Lead
from gateway.store.conflicts import insert_absent
from gateway.store.tables import segment_members


def change(conn: Connection, lead: Lead, after: Collection[str], now: datetime) -> bool:
    """Let the lead belong to these and no others; whether that is news. `lead.segments`: what it belonged to."""
    gone, new = set(lead.segments) - set(after), set(after) - set(lead.segments)
    if gone:
        leave(conn, [lead.id], gone)
    rows = [{"site_id": lead.site_id, "segment": key, "lead_id": lead.id, "since": now} for key in sorted(new)]
    if rows:
        insert_absent(conn, segment_members, rows)
    return bool(gone or new)


def leave(conn: Connection, lead_ids: Collection[str], keys: Collection[str] | None = None) -> None:
    """Take these records out of these segments; out of all of them where none is named."""
    mine = segment_members.c.lead_id.in_(lead_ids)
    conn.execute(delete(segment_members).where(mine if keys is None else mine & segment_members.c.segment.in_(keys)))


def counts(conn: Connection, site_id: str) -> Mapping[str, int]:
    """Segment → how many leads belong to it now; none: not named."""
    query = select(segment_members.c.segment, func.count()).where(segment_members.c.site_id == site_id)
    return {row[0]: row[1] for row in conn.execute(query.group_by(segment_members.c.segment))}
