"""Taking back what a list's row wrote, and seeing what else touched a lead since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select, update

from gateway.store import lead_keys
from gateway.store.imports import Import
from gateway.store.pairs import at_site
from gateway.store.tables import (
    consents,
    deliveries,
    duplicates,
    events,
    facts,
    identifiers,
    identity_links,
    import_rows,
    leads,
    merges,
    metadata,
    submissions,
    visitors,
)

# Where a lead is named: what would be dropped with one that nobody else told of.
OWN = (
    consents.c.lead_id,
    *(
        column
        for table in reversed(metadata.sorted_tables)
        for column in table.columns
        if any(key.column is leads.c.id for key in column.foreign_keys)
    ),
)


def touched(conn: Connection, found: Import, lead_id: str) -> str | None:
    """What came to a lead beside this list, as `importing.undone_kept.<code>` says it; None: nothing."""
    site_id = found.site_id
    mine: dict[str, ColumnElement[bool]] = {
        "submission": or_(
            exists().where(at_site(submissions.c.lead_id, site_id, [lead_id])),
            exists().where(identity_links.c.lead_id == lead_id),
            exists().where(at_site(visitors.c.lead_id, site_id, [lead_id])),
        ),
        "event": exists().where(at_site(events.c.lead_id, site_id, [lead_id])),
        "delivered": exists().where(deliveries.c.lead_id == lead_id),
        "merged": exists().where(or_(merges.c.one == lead_id, merges.c.other == lead_id)),
        "answered": exists().where(
            or_(duplicates.c.older == lead_id, duplicates.c.younger == lead_id), duplicates.c.answer.is_not(None)
        ),
        "facts": exists().where(facts.c.lead_id == lead_id, facts.c.origin != found.origin),
        "imported": exists().where(import_rows.c.lead_id == lead_id, import_rows.c.import_id != found.id),
    }
    for code, one in mine.items():
        if conn.execute(select(one)).scalar():
            return code
    return None


def drop(conn: Connection, site_id: str, lead_id: str) -> None:
    """The lead and all that is its own; its keys go first, since how many leads have some is counted."""
    lead_keys.replace(conn, site_id, lead_id, ())
    for column in OWN:
        conn.execute(delete(column.table).where(column == lead_id))
    conn.execute(delete(leads).where(leads.c.id == lead_id))


def take_facts(conn: Connection, origin: str, lead_id: str, outdone: Mapping[str, int]) -> None:
    """What this origin wrote goes; the values that it outdid (field → row) stand again where one of it stood."""
    theirs = (facts.c.lead_id == lead_id) & (facts.c.origin == origin)
    stood = set(conn.execute(select(facts.c.field).where(theirs, facts.c.state == "current")).scalars())
    conn.execute(delete(facts).where(theirs))
    back = [row for name, row in outdone.items() if name in stood]
    if back:
        conn.execute(update(facts).where(facts.c.id.in_(back), facts.c.lead_id == lead_id).values(state="current"))


def take_identifiers(conn: Connection, lead_id: str, kinds: Collection[str], at: datetime) -> None:
    """Those of these kinds that were added at that moment."""
    added = (identifiers.c.lead_id == lead_id) & identifiers.c.kind.in_(kinds) & (identifiers.c.at == at)
    if kinds:
        conn.execute(delete(identifiers).where(added))


def take_consents(conn: Connection, lead_id: str, import_id: str, row: int) -> None:
    query = select(consents.c.id, consents.c.evidence).where(consents.c.lead_id == lead_id)
    kept = conn.execute(query.where(consents.c.submission_id.is_(None))).all()
    mine = [one.id for one in kept if (one.evidence.get("import"), one.evidence.get("row")) == (import_id, row)]
    if mine:
        conn.execute(delete(consents).where(consents.c.id.in_(mine)))


def set_back(conn: Connection, lead_id: str, column: str, change: tuple[Any, Any]) -> None:
    """From the second of these to the first, where it still is what the row made of it."""
    before, after = change
    still = (leads.c.id == lead_id) & (leads.c[column] == after)
    conn.execute(update(leads).where(still).values({column: before}))
