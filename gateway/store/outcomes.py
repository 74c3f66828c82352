"""People of whom sales said what became of them, and how many others there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select, text

from gateway.store.tables import deliveries, events, leads
from gateway.store.tables.leads import OUTCOMES

_PERSON = func.coalesce(leads.c.merged_into, leads.c.id)


@dataclass(frozen=True)
class Person:
    """members: ids of all records. handed_at: when its first delivery was queued; explored: by exploration."""

    id: str
    members: tuple[str, ...]
    disqualified: bool
    handed_at: datetime | None
    explored: bool


class Others(NamedTuple):
    """Without an outcome: handed over to somebody, and handed to nobody."""

    open: int
    never: int


def people(conn: Connection, site_id: str) -> list[str]:
    """Ids of those with an outcome, the oldest first; tests and erased ones left out."""
    own = leads.c.test.is_(False) & leads.c.erased_at.is_(None) & leads.c.merged_into.is_(None)
    query = select(leads.c.id).where(leads.c.id.in_(_ended(site_id)), own).order_by(leads.c.id)
    return list(conn.execute(query).scalars())


def page(conn: Connection, person_ids: Sequence[str]) -> list[Person]:
    """These people as they stand now; whoever was merged or erased meanwhile is left out."""
    found = select(leads.c.id, leads.c.disqualified).where(
        leads.c.id.in_(person_ids), leads.c.merged_into.is_(None), leads.c.erased_at.is_(None)
    )
    rows = {row.id: row.disqualified for row in conn.execute(found)}
    members = {person_id: [person_id] for person_id in person_ids}
    for row in conn.execute(select(leads.c.id, leads.c.merged_into).where(leads.c.merged_into.in_(person_ids))):
        members[row.merged_into].append(row.id)
    first = _first_deliveries(conn, [one for ids in members.values() for one in ids])
    return [_person(one, members[one], rows[one] is not None, first) for one in person_ids if one in rows]


def others(conn: Connection, site_id: str) -> Others:
    """Those in the funnel without an outcome."""
    handed = select(_PERSON).join_from(deliveries, leads).where(deliveries.c.site_id == site_id)
    return Others(
        open=_count(conn, site_id, leads.c.id.in_(handed)), never=_count(conn, site_id, leads.c.id.not_in(handed))
    )


def _count(conn: Connection, site_id: str, which: ColumnElement[bool]) -> int:
    own = leads.c.test.is_(False) & leads.c.erased_at.is_(None) & leads.c.merged_into.is_(None)
    mine = (leads.c.site_id == site_id) & own & leads.c.disqualified.is_(None)
    query = select(func.count()).select_from(leads).where(mine, which, leads.c.id.not_in(_ended(site_id)))
    return conn.execute(query).scalar_one()


def _ended(site_id: str) -> Select[tuple[str]]:
    """The people of whom an outcome was told, of any of their records."""
    told = select(events.c.lead_id).where(events.c.site_id == site_id, events.c.lead_id.is_not(None), text(OUTCOMES))
    return select(_PERSON).where(leads.c.id.in_(told))


_First = dict[str, tuple[datetime, bool]]


def _first_deliveries(conn: Connection, lead_ids: Sequence[str]) -> _First:
    """Of each record: when the first one was queued, and whether it was to explore."""
    first = select(deliveries.c.lead_id, deliveries.c.created_at, deliveries.c.chosen)
    query = first.where(deliveries.c.lead_id.in_(lead_ids))
    found: _First = {}
    for row in conn.execute(query.order_by(deliveries.c.created_at, deliveries.c.id)):
        found.setdefault(row.lead_id, (row.created_at, row.chosen == "explore"))
    return found


def _person(person_id: str, members: Sequence[str], disqualified: bool, first: _First) -> Person:
    handed_at, explored = min((first[one] for one in members if one in first), default=(None, False))
    return Person(person_id, tuple(members), disqualified, handed_at, explored)
