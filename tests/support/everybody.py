"""All people of a site, for what is looked at before and after."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.records import Lead
from gateway.store import leads, leads_search


def everybody(conn: Connection, site_id: str) -> list[Lead]:
    """Without erased and merged ones, the oldest first."""
    found = (leads.get(conn, site_id, one) for one in leads_search.ids(conn, site_id, leads_search.Filter()))
    return [lead for lead in found if lead]
