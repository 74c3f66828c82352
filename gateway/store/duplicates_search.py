"""The queue of pairs that may be one person: which wait, page by page, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Connection, Select, func, literal, select
from sqlalchemy.sql.selectable import NamedFromClause

from gateway.store import keyset
from gateway.store.duplicates import Duplicate, duplicate_of
from gateway.store.keyset import Order
from gateway.store.tables import duplicates, leads

Tab = Literal["possible", "same", "later", "answered"]
TABS: tuple[Tab, ...] = ("possible", "same", "later", "answered")
MOST_COUNTED = 100  # whoever reads it learns no more from a larger number, and every page of the console asks


@dataclass(frozen=True)
class DuplicatesPage:
    pairs: Sequence[Duplicate]
    cursor: str | None


def page(conn: Connection, site_id: str, tab: Tab, *, cursor: str = "", limit: int) -> DuplicatesPage:
    """Open pairs the likeliest first, those put aside or answered the last first. Raises CursorError."""
    sort, kind = _sort(tab)
    query = _those(select(duplicates), site_id, tab)
    shown, following = keyset.page(conn, query, Order(sort, kind, duplicates.c.id), cursor=cursor, limit=limit)
    return DuplicatesPage([duplicate_of(row) for row in shown], following)


def waiting(conn: Connection, site_id: str) -> int:
    """How many possible ones nobody has looked at; MOST_COUNTED stands for that many or more."""
    return _count(conn, site_id, "possible")


def counts(conn: Connection, site_id: str) -> dict[Tab, int]:
    """By tab, each as `waiting` counts."""
    return {tab: _count(conn, site_id, tab) for tab in TABS}


def _count(conn: Connection, site_id: str, tab: Tab) -> int:
    some = _those(select(literal(1)).select_from(duplicates), site_id, tab).limit(MOST_COUNTED).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()


def _sort(tab: Tab) -> tuple[Column[Any], type]:
    columns = {"answered": duplicates.c.answered_at, "later": duplicates.c.aside_at}
    return (columns[tab], datetime) if tab in columns else (duplicates.c.weight, float)


def _those(query: Select[Any], site_id: str, tab: Tab) -> Select[Any]:
    """What somebody may still say something of: two records that have become one person's by another way, and erased
    ones, are none."""
    here = query.where(duplicates.c.site_id == site_id)
    if tab == "answered":
        return here.where(duplicates.c.answered_at.is_not(None))
    older, younger = leads.alias("older_lead"), leads.alias("younger_lead")
    if tab == "later":  # few: found by that alone, and not by the index of the open ones
        here = here.where(duplicates.c.aside_at.is_not(None), func.coalesce(duplicates.c.answer, "") == "")
    else:
        aside = duplicates.c.aside_at.is_(None)
        here = here.where(duplicates.c.answer.is_(None), duplicates.c.decision == tab, aside)
    two = (older.c.id == duplicates.c.older, younger.c.id == duplicates.c.younger, _person(older) != _person(younger))
    return here.where(*two, older.c.erased_at.is_(None), younger.c.erased_at.is_(None))


def _person(lead: NamedFromClause[Any]) -> ColumnElement[str]:
    return func.coalesce(lead.c.merged_into, lead.c.id)
