"""Which leads are counted as one person: those that were merged, and those that are the same by all we know.

The second are linked alone: each stays a record of its own, with nothing of the other's. `leads.same_as` names the
oldest of them all, on every record but those that stand under it by merging; so a lead is counted under COUNTED.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, or_, select, union_all, update

from gateway.store import persons
from gateway.store.tables import duplicates, leads, merges

# Ends of the merges and links in force that touch these records; put together once, since each lead asks it.
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_TOUCHING = union_all(
    select(merges.c.one, merges.c.other).where(
        or_(merges.c.one.in_(_THESE), merges.c.other.in_(_THESE)), merges.c.undone_at.is_(None)
    ),
    select(duplicates.c.older, duplicates.c.younger).where(
        or_(duplicates.c.older.in_(_THESE), duplicates.c.younger.in_(_THESE)),
        duplicates.c.decision == "same",
        duplicates.c.answer.is_(None),
        duplicates.c.older != bindparam("without"),
        duplicates.c.younger != bindparam("without"),
    ),
)
COUNTED = func.coalesce(leads.c.same_as, leads.c.merged_into, leads.c.id)
_IDS = select(leads.c.id, COUNTED).where(leads.c.id.in_(_THESE))
_TOGETHER = (
    select(leads.c.id)
    .where(or_(leads.c.id.in_(_THESE), leads.c.merged_into.in_(_THESE), leads.c.same_as.in_(_THESE)))
    .order_by(leads.c.created_at, leads.c.id)
)
_GROUP = (
    select(leads.c.id, leads.c.merged_into, leads.c.same_as)
    .where(leads.c.id.in_(_THESE))
    .order_by(leads.c.created_at, leads.c.id)
)
_COUNT_UNDER = update(leads).where(leads.c.id.in_(_THESE)).values(same_as=bindparam("under"))


def ids(conn: Connection, lead_ids: Iterable[str]) -> dict[str, str]:
    """Each of these leads and the one that it is counted under: itself, where it is nobody else's."""
    return {row[0]: row[1] for row in conn.execute(_IDS, {"these": list(lead_ids)})}


def together(conn: Connection, lead_ids: Iterable[str]) -> list[str]:
    """All records that are counted as one with any of these, the oldest first."""
    under = set(ids(conn, lead_ids).values())
    return list(conn.execute(_TOGETHER, {"these": list(under)}).scalars())


def connected(conn: Connection, lead_id: str, *, leaving_out: str = "") -> list[str]:
    """The lead and all that merges in force and pairs that are the same connect it with. `leaving_out`: a lead whose
    own pairs do not count."""
    found, new = {lead_id}, {lead_id}
    while new:
        touching = conn.execute(_TOUCHING, {"these": list(new), "without": leaving_out})
        new = {end for row in touching for end in row} - found
        found |= new
    return sorted(found)


def hold(conn: Connection, *lead_ids: str) -> None:
    """Keep these people, and all who are counted as one with them, as they are until the transaction ends. For who
    holds `persons.lock`, before anything is written: asked for one after another, two transactions that share people
    wait for each other."""
    if conn.dialect.name == "postgresql":  # SQLite's writer is alone
        persons.hold(conn, *together(conn, lead_ids))


def recount(conn: Connection, site_id: str, lead_ids: Iterable[str]) -> None:
    """Bring up to date who is counted as one with these, and with those that were so until now."""
    persons.lock(conn, site_id)
    seeds = list(lead_ids)
    left = {*seeds, *together(conn, seeds)}
    groups: list[list[str]] = []
    while left:
        groups.append(connected(conn, min(left)))
        left -= set(groups[-1])
    persons.hold_records(conn, [lead_id for group in groups for lead_id in group])
    for group in groups:
        _set(conn, group)


def _set(conn: Connection, group: Sequence[str]) -> None:
    """Let these be counted as one, under the oldest."""
    rows = conn.execute(_GROUP, {"these": list(group)}).all()
    oldest = rows[0].id
    wanted = {row.id: None if oldest in {row.id, row.merged_into} else oldest for row in rows}
    for under in (None, oldest):
        changed = [row.id for row in rows if wanted[row.id] == under != row.same_as]
        if changed:
            conn.execute(_COUNT_UNDER, {"these": changed, "under": under})
