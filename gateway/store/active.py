"""Leads that did something lately: whom new rules are tried on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from gateway.store.pairs import among
from gateway.store.tables import events, leads

# Not by site: SQLite would read and sort all of it for each page.
_NEWEST = select(leads.c.id, leads.c.site_id, leads.c.merged_into, leads.c.erased_at, leads.c.test)
_MERGED = select(leads.c.id, leads.c.merged_into).where(leads.c.merged_into.in_(bindparam("these", expanding=True)))
_DID = (
    select(events.c.lead_id)
    .where(among(events.c.lead_id, bindparam("places", expanding=True)), events.c.at > bindparam("since"))
    .distinct()
)


class Page(NamedTuple):
    """Some records, the newest first."""

    last: str  # the last record's id: the next page begins before it
    leads: int  # the site's leads among them, as `leads.count` counts
    active: list[str]  # of these whoever did something; test leads left out


def page_before(conn: Connection, site_id: str, since: datetime, before: str | None, *, limit: int) -> Page | None:
    """The next records by id, and of which of the site's leads, merged records included, anything happened after
    `since`. before: the last id seen; none at the start. None where no record is left."""
    query = _NEWEST.order_by(leads.c.id.desc()).limit(limit)
    rows = conn.execute(query if before is None else query.where(leads.c.id < before)).all()
    if not rows:
        return None
    mine = [row for row in rows if row.site_id == site_id and row.merged_into is None and row.erased_at is None]
    did = _active(conn, site_id, [row.id for row in mine if not row.test], since)
    return Page(rows[-1].id, len(mine), [row.id for row in mine if row.id in did])


def _active(conn: Connection, site_id: str, lead_ids: Collection[str], since: datetime) -> set[str]:
    if not lead_ids:
        return set()
    person = {lead_id: lead_id for lead_id in lead_ids}
    person |= {row.id: row.merged_into for row in conn.execute(_MERGED, {"these": list(lead_ids)})}
    places = [(site_id, lead_id) for lead_id in person]
    return {person[lead_id] for lead_id in conn.execute(_DID, {"places": places, "since": since}).scalars()}
