"""A person: a lead and those that were merged with it. Each row stays with the lead that it came to, so a merge moves
nothing and undoing it is exact; what reads a person asks for the rows of all its members.

A merge is an edge between two leads. Those that edges connect are one person, which stands under the oldest of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, func, or_, select, update

from gateway.ids import new_id
from gateway.store.db import lock_names
from gateway.store.tables import identifiers, leads, merges, visitors

RELATED = 20  # people shown of each kind: a switchboard has hundreds
_NAMED = leads.alias("named")  # made once: an alias costs more than the query it stands in
_UNDER = func.coalesce(_NAMED.c.merged_into, _NAMED.c.id)
MOST_VISITORS = 200  # earlier ids of one person's browsers that are looked at

# What each lead asks, put together once.
_SURVIVORS = select(leads.c.id, func.coalesce(leads.c.merged_into, leads.c.id)).where(
    leads.c.id.in_(bindparam("these", expanding=True))
)
_LEFT: BindParameter[Any] = bindparam("left", expanding=True)
_RIGHT: BindParameter[Any] = bindparam("right", expanding=True)
_PARTED = (
    select(merges.c.id)
    .where(
        or_(merges.c.one.in_(_LEFT) & merges.c.other.in_(_RIGHT), merges.c.one.in_(_RIGHT) & merges.c.other.in_(_LEFT)),
        merges.c.undone_at.is_not(None),
    )
    .limit(1)
)


@dataclass(frozen=True)
class Merge:
    """That two leads are one person, as somebody said."""

    id: str
    one: str
    other: str
    at: datetime
    by: str | None  # a user; none: a command on the server
    undone_at: datetime | None = None


def members(lead_id: str | BindParameter[str], site_id: str | None = None) -> Select[Any]:
    """The ids of the person's leads, for `IN`, whichever of them is named; in no order. None for a lead that is not of
    this site, where one is given."""
    return select(leads.c.id).where(_one_person(lead_id, site_id))


def places(lead_id: str | BindParameter[str], site_id: str | BindParameter[str] | None = None) -> Select[Any]:
    """The same as pairs (site, id), for tables whose index begins with the site (gateway/store/pairs.py)."""
    return select(leads.c.site_id, leads.c.id).where(_one_person(lead_id, site_id))


def _one_person(lead_id: str | BindParameter[str], site_id: str | BindParameter[str] | None) -> ColumnElement[bool]:
    found = select(_UNDER).where(_NAMED.c.id == lead_id)
    own = (found if site_id is None else found.where(_NAMED.c.site_id == site_id)).scalar_subquery()
    return or_(leads.c.id == own, leads.c.merged_into == own)


def survivors(conn: Connection, lead_ids: Iterable[str]) -> dict[str, str]:
    """Each of these leads and the one that it stands under: itself, unless it was merged."""
    return {row[0]: row[1] for row in conn.execute(_SURVIVORS, {"these": list(lead_ids)})}


def add_merge(conn: Connection, site_id: str, one: str, other: str, *, by: str | None, now: datetime) -> str:
    merge_id = new_id("mrg", now)
    conn.execute(merges.insert().values(id=merge_id, site_id=site_id, one=one, other=other, at=now, by=by))
    return merge_id


def lock(conn: Connection, site_id: str) -> None:
    """Before merging and undoing on this site: one at a time, since each reads which leads the others connect."""
    lock_names(conn, f"merges:{site_id}")


def hold(conn: Connection, *lead_ids: str) -> None:
    """Keep these people as they are until the transaction ends. The merged records come first, then those that they
    stand under, as whoever refreshes one of them asks for them (`leads.get`)."""
    under = select(_UNDER).where(_NAMED.c.id.in_(lead_ids))
    _hold(conn, or_(leads.c.id.in_(under), leads.c.merged_into.in_(under)))


def hold_records(conn: Connection, lead_ids: Iterable[str]) -> None:
    """The same for just these records, in the same order."""
    _hold(conn, leads.c.id.in_(list(lead_ids)))


def _hold(conn: Connection, which: ColumnElement[bool]) -> None:
    if conn.dialect.name == "postgresql":  # SQLite's writer is alone
        query = select(leads.c.id).where(which).order_by(leads.c.merged_into.is_(None), leads.c.id)
        conn.execute(query.with_for_update(key_share=True))


def merge(conn: Connection, site_id: str, merge_id: str) -> Merge | None:
    row = conn.execute(select(merges).where(merges.c.id == merge_id, merges.c.site_id == site_id)).first()
    return _merge(row) if row else None


def undo(conn: Connection, merge_id: str, *, by: str | None, now: datetime) -> None:
    conn.execute(update(merges).where(merges.c.id == merge_id).values(undone_at=now, undone_by=by))


def merges_of(conn: Connection, lead_id: str) -> list[Merge]:
    """All that were ever made with a member of this person, oldest first."""
    mine = members(lead_id)
    query = select(merges).where(or_(merges.c.one.in_(mine), merges.c.other.in_(mine)))
    return [_merge(row) for row in conn.execute(query.order_by(merges.c.at, merges.c.id))]


def connected(conn: Connection, lead_id: str) -> list[str]:
    """The lead and all that merges in force connect it with, the oldest first."""
    found, new = {lead_id}, {lead_id}
    while new:
        touching = or_(merges.c.one.in_(new), merges.c.other.in_(new))
        rows = conn.execute(select(merges.c.one, merges.c.other).where(touching, merges.c.undone_at.is_(None)))
        new = {end for row in rows for end in row} - found
        found |= new
    ages = select(leads.c.id).where(leads.c.id.in_(found)).order_by(leads.c.created_at, leads.c.id)
    return list(conn.execute(ages).scalars())


def joined_by(conn: Connection, one: str, other: str) -> Merge | None:
    """The merge in force that made these two one person: of those that lead from one to the other the last made, since
    before it they were two. None: they are two."""
    way: dict[str, list[Merge]] = {one: []}
    new = [one]
    while new and other not in way:
        touching = or_(merges.c.one.in_(new), merges.c.other.in_(new))
        rows = conn.execute(select(merges).where(touching, merges.c.undone_at.is_(None))).all()
        new = [end for row in rows for end in _beyond(_merge(row), way)]
    return max(way.get(other, ()), key=lambda merge: (merge.at, merge.id), default=None)


def _beyond(merge: Merge, way: dict[str, list[Merge]]) -> list[str]:
    """The end of it that was not reached yet, which is noted with its way: merges make no circles."""
    near, far = (merge.one, merge.other) if merge.one in way else (merge.other, merge.one)
    if far in way or near not in way:
        return []
    way[far] = [*way[near], merge]
    return [far]


def parted(conn: Connection, ones: Iterable[str], others: Iterable[str]) -> bool:
    """Was a merge taken back that had made one of these one person with one of those?"""
    return conn.execute(_PARTED, {"left": list(ones), "right": list(others)}).first() is not None


def set_survivor(conn: Connection, person: Sequence[str]) -> None:
    """Let these leads be one person under the first of them."""
    conn.execute(update(leads).where(leads.c.id == person[0]).values(merged_into=None))
    conn.execute(update(leads).where(leads.c.id.in_(person[1:])).values(merged_into=person[0]))


def related(conn: Connection, site_id: str, lead_id: str) -> dict[str, str]:
    """Other people who share something with this one, and what: phone, or browser where this one came to it second.
    At most RELATED; the same phone is no proof (rule 9), so they are only shown."""
    mine = members(lead_id)
    phones = select(identifiers.c.value).where(identifiers.c.lead_id.in_(mine), identifiers.c.kind == "phone")
    by_phone = select(identifiers.c.lead_id).where(
        identifiers.c.site_id == site_id, identifiers.c.kind == "phone", identifiers.c.value.in_(phones)
    )
    by_browser = came_before(conn, site_id, lead_id)
    own = set(survivors(conn, [lead_id]).values())
    found: dict[str, str] = {}
    for basis, ids in (("phone", conn.execute(by_phone.limit(RELATED)).scalars().all()), ("browser", by_browser)):
        found = {**dict.fromkeys(survivors(conn, ids).values(), basis), **found}
    return {name: basis for name, basis in found.items() if name not in own}


_LINEAGES = select(visitors.c.lineage).where(
    visitors.c.site_id == bindparam("at_site"), visitors.c.lead_id.in_(members(bindparam("whose")))
)


def came_before(conn: Connection, site_id: str, lead_id: str) -> list[str]:
    """The leads that this person's browsers were linked to before them, at most RELATED."""
    lineages = conn.execute(_LINEAGES, {"at_site": site_id, "whose": lead_id}).scalars()
    earlier = [visitor_id for lineage in lineages for visitor_id in lineage][:MOST_VISITORS]
    if not earlier:
        return []
    browsers = conn.execute(select(visitors.c.site_id, visitors.c.lead_id).where(visitors.c.id.in_(earlier))).all()
    return [row.lead_id for row in browsers if row.lead_id and row.site_id == site_id][:RELATED]


def _merge(row: Row[Any]) -> Merge:
    return Merge(row.id, row.one, row.other, row.at, row.by, row.undone_at)
