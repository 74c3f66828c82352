"""The list of leads: found, filtered and sorted for the console and the API, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, or_, select

from forms.text import fold
from gateway.records import Fact
from gateway.store import keyset
from gateway.store.keyset import Order
from gateway.store.leads import fact_of, in_force
from gateway.store.pairs import within
from gateway.store.tables import facts, leads, segment_members, submissions

Sort = Literal["recent", "score", "newest"]
SHOWN = ("first_name", "last_name", "name", "email", "phone", "company")  # the facts a line of the list shows
_SORTS: Mapping[str, tuple[Any, type]] = {
    "recent": (leads.c.updated_at, datetime),
    "score": (leads.c.score, int),
    "newest": (leads.c.created_at, datetime),
}
SORTS = tuple(_SORTS)
MAX_WORDS = 8  # of a search; each is one more LIKE
MAX_SEARCH = 200  # characters; SQLite refuses patterns of 50,000


@dataclass(frozen=True)
class Filter:
    """What to show; empty means all. `since`: changed at or after (API). `cells`: as the matrix counts them, so that
    whoever is kept out of the funnel is in none."""

    text: str = ""
    cells: tuple[str, ...] = ()  # "A1" … "–4"
    stages: tuple[str, ...] = ()
    form_id: str = ""
    segment: str = ""  # its key
    test: bool = False  # show marketers' own tests too (rule 38)
    since: datetime | None = None
    sort: Sort = "recent"


@dataclass(frozen=True)
class LeadLine:
    """One line of the list."""

    id: str
    grade: str
    interest: int
    score: int
    stage: str | None
    created_at: datetime
    updated_at: datetime
    contact_requested: bool
    disqualified: str | None
    test: bool
    facts: Mapping[str, Any]  # those of SHOWN that are known


@dataclass(frozen=True)
class LeadPage:
    lines: Sequence[LeadLine]
    cursor: str | None  # of the next page


def page(conn: Connection, site_id: str, wanted: Filter, *, cursor: str = "", limit: int = 25) -> LeadPage:
    """A page of the list. Raises keyset.CursorError for a cursor that is none of this sort's."""
    sort, kind = _SORTS[wanted.sort]
    query, order = _filtered(select(leads), site_id, wanted), Order(sort, kind, leads.c.id)
    shown, following = keyset.page(conn, query, order, cursor=cursor, limit=limit)
    ids = [row.id for row in shown]
    known, asked = _facts(conn, ids), _merged_that_asked(conn, ids)
    return LeadPage([_line(row, known.get(row.id, {}), row.id in asked) for row in shown], following)


def of_ids(conn: Connection, site_id: str, ids: Sequence[str]) -> list[LeadLine]:
    """The lines of these people of the site, in no order."""
    rows = conn.execute(select(leads).where(leads.c.id.in_(ids), within(leads.c.site_id) == site_id)).all()
    known, asked = _facts(conn, ids), _merged_that_asked(conn, ids)
    return [_line(row, known.get(row.id, {}), row.id in asked) for row in rows]


def count(conn: Connection, site_id: str, wanted: Filter) -> int:
    found: int = conn.execute(_filtered(select(func.count(leads.c.id)), site_id, wanted)).scalar_one()
    return found


def ids(conn: Connection, site_id: str, wanted: Filter, *, after: str = "") -> list[str]:
    """All that the filter shows, whatever its order: by id, which is by time of their beginning; those behind the id
    `after`. A hundred thousand of them are some ten megabytes."""
    query = _filtered(select(leads.c.id), site_id, wanted).where(leads.c.id > after).order_by(leads.c.id)
    return list(conn.execute(query).scalars())


def fitting(conn: Connection, site_id: str, wanted: Filter, these: Sequence[str]) -> set[str]:
    """Which of these leads the filter shows."""
    query = _filtered(select(leads.c.id), site_id, wanted).where(leads.c.id.in_(these))
    return set(conn.execute(query).scalars())


def _filtered(query: Select[Any], site_id: str, wanted: Filter) -> Select[Any]:
    query = query.where(leads.c.site_id == site_id, leads.c.merged_into.is_(None), leads.c.erased_at.is_(None))
    if not wanted.test:
        query = query.where(leads.c.test.is_(False))
    for word in fold(wanted.text[:MAX_SEARCH]).split()[:MAX_WORDS]:
        query = query.where(leads.c.search.contains(_as_kept(word), autoescape=True))
    if wanted.cells:
        pairs = [(leads.c.grade == cell[:1]) & (leads.c.interest == int(cell[1:])) for cell in wanted.cells]
        query = query.where(or_(*pairs), leads.c.disqualified.is_(None) | leads.c.test)
    if wanted.stages:
        query = query.where(leads.c.stage.in_(wanted.stages))
    if wanted.segment:
        belongs = (segment_members.c.site_id == site_id) & (segment_members.c.segment == wanted.segment)
        query = query.join(segment_members, (segment_members.c.lead_id == leads.c.id) & belongs)
    if wanted.since is not None:
        query = query.where(leads.c.updated_at >= wanted.since)
    if wanted.form_id:
        member = leads.alias()
        sent = select(func.coalesce(member.c.merged_into, member.c.id)).join(
            submissions, submissions.c.lead_id == member.c.id
        )
        query = query.where(
            leads.c.id.in_(sent.where(submissions.c.site_id == site_id, submissions.c.form_id == wanted.form_id))
        )
    return query


def records_found(site_id: str, text: str) -> Select[Any]:
    """The ids of all records of the people that this search finds, for `IN`."""
    words = [leads.c.search.contains(_as_kept(word), autoescape=True) for word in fold(text[:MAX_SEARCH]).split()]
    people = select(leads.c.id).where(leads.c.site_id == site_id, *words[:MAX_WORDS])
    mine = or_(leads.c.id.in_(people), leads.c.merged_into.in_(people))
    return select(leads.c.id).where(leads.c.site_id == site_id, mine)


def _as_kept(word: str) -> str:
    """A phone number is kept as +98912…; people type 0912… or 0098912…."""
    digits = word.replace("-", "").replace("(", "").replace(")", "")
    if digits.isascii() and digits.isdigit() and digits.startswith("0") and len(digits) > 3:
        return digits[2:] if digits.startswith("00") else digits[1:]
    return word


def _facts(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is shown of each: the values in force of the person that stands under it."""
    member = leads.alias()
    under = func.coalesce(member.c.merged_into, member.c.id).label("under")
    query = (
        select(facts, under)
        .join(member, member.c.id == facts.c.lead_id)
        .where(or_(member.c.id.in_(ids), member.c.merged_into.in_(ids)))
        .where(facts.c.state == "current", facts.c.field.in_(SHOWN))
        .order_by(member.c.created_at, member.c.id)
    )
    found: dict[str, list[Fact]] = {}
    for row in conn.execute(query):
        found.setdefault(row.under, []).append(fact_of(row))
    return {name: {fact.field: fact.value for fact in in_force(own).values()} for name, own in found.items()}


def _merged_that_asked(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Those of them into which somebody was merged who asked to be contacted."""
    query = select(leads.c.merged_into).where(leads.c.merged_into.in_(ids), leads.c.contact_requested)
    return set(conn.execute(query).scalars())


def _line(row: Row[Any], known: Mapping[str, Any], merged_asked: bool) -> LeadLine:
    return LeadLine(
        id=row.id,
        grade=row.grade,
        interest=row.interest,
        score=row.score,
        stage=row.stage,
        created_at=row.created_at,
        updated_at=row.updated_at,
        contact_requested=row.contact_requested or merged_asked,
        disqualified=row.disqualified,
        test=row.test,
        facts=known,
    )
