"""How many people came: submissions, people, new ones and duplicates of each form and campaign, over a period.

A person counts once, however many records of theirs were merged or are the same by all we know; and is new on one line
alone: that of their first accepted submission. So nothing here moves when a merge is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CTE, ColumnElement, Connection, Row, Select, case, distinct, func, null, or_, select, union

from gateway.store.counted import COUNTED
from gateway.store.overview import QUALIFIED
from gateway.store.tables import arrivals, beginnings, forms, leads

By = Literal["form", "campaign", "source", "medium"]
Touch = Literal["first", "converting"]
BUYERS = ("customer", "SeQL")  # stages of those who bought


@dataclass(frozen=True)
class Period:
    """From `since` until before `until`, by when a form was received."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Line:
    """One form or campaign. name: none for those without; of a form its key."""

    name: str | None
    sent: int  # judged submissions
    accepted: int
    known: int  # of them, those that came to somebody: the others carry no identifier
    people: int
    new: int  # people whose first accepted submission is among these
    records: int  # leads that these people are kept as
    qualified: int  # people who stand at a stage for sales now
    won: int  # people who bought

    @property
    def returning(self) -> int:
        return self.people - self.new

    @property
    def duplicates(self) -> int:
        """Accepted submissions that brought nobody new."""
        return self.known - self.new

    @property
    def folded(self) -> int:
        """Leads that turned out to be somebody who was there."""
        return self.records - self.people


def total(conn: Connection, site_id: str, period: Period) -> Line:
    """All of the site's in one line: people who came by two forms count once."""
    return _line(conn.execute(_counted(site_id, period)).one())


def lines(
    conn: Connection, site_id: str, period: Period, by: By, *, touch: Touch = "converting", limit: int = 100
) -> Sequence[Line]:
    """A line each, those with most submissions first. touch: by what campaigns are told apart, the visit before this
    very submission or the first one of all (rule 28); of the latter each person has one."""
    counted = _counted(site_id, period, by, touch).subquery()
    name = counted.c.name if by != "form" else forms.c.key.label("name")
    query = select(*(name if column.name == "name" else column for column in counted.c))
    if by == "form":
        query = query.select_from(counted.join(forms, forms.c.id == counted.c.name))
    return [_line(row) for row in conn.execute(query.order_by(counted.c.sent.desc(), name).limit(limit))]


def _people(site_id: str) -> CTE:
    """Records that count as one person with another (gateway/store/counted.py): (record, person) with how that person
    began and stands."""
    pairs = _several(site_id)
    theirs: Mapping[str, Any] = {"partition_by": pairs.c.person}
    began, came = beginnings.c.at, beginnings.c.touched_at
    first: Mapping[str, Any] = {**theirs, "order_by": (began.is_(None), began, beginnings.c.submission_id)}
    origin: Mapping[str, Any] = {**theirs, "order_by": (came.is_(None), came, pairs.c.record)}
    marks = {name: beginnings.c[name] for name in ("campaign", "source", "medium")}
    stands, own = _stands(), leads.c.merged_into.is_(None)
    return (
        select(
            pairs.c.record,
            pairs.c.person,
            func.first_value(beginnings.c.submission_id).over(**first).label("opener"),
            *(func.first_value(column).over(**origin).label(name) for name, column in marks.items()),
            *(func.max(case((own, column), else_=0)).over(**theirs).label(name) for name, column in stands.items()),
        )
        .join(leads, leads.c.id == pairs.c.record)
        .outerjoin(beginnings, beginnings.c.lead_id == pairs.c.record)
        .cte("people")
    )


def _several(site_id: str) -> CTE:
    """(record, person) of people with several records, the one that they count under among them."""
    joined = [
        select(leads.c.id.label("record"), COUNTED.label("person")).where(leads.c.site_id == site_id, column > "")
        for column in (leads.c.merged_into, leads.c.same_as)  # SQLite goes by the index for `>`, not for IS NOT NULL
    ]
    found = union(*joined).cte("joined")
    return found.select().union(select(found.c.person, found.c.person)).cte("pairs")


def _stands() -> dict[str, ColumnElement[int]]:
    """1 where a record says so."""
    qualified = leads.c.stage.in_(QUALIFIED)
    won = or_(leads.c.customer, leads.c.stage.in_(BUYERS))
    return {"qualified": case((qualified, 1), else_=0), "won": case((won, 1), else_=0)}


def _counted(site_id: str, period: Period, by: By | None = None, touch: Touch = "converting") -> Select[Any]:
    """A line for each of what it is told apart by; without, one line."""
    people = _people(site_id)
    name = _name(people, by, touch)
    person = func.coalesce(people.c.person, arrivals.c.lead_id)
    opener = func.coalesce(people.c.opener, beginnings.c.submission_id)
    several = people.c.record.is_not(None)
    stands = {name: case((several, people.c[name]), else_=alone) for name, alone in _stands().items()}
    each = (
        select(
            name.label("name"),
            arrivals.c.accepted,
            arrivals.c.lead_id,
            person.label("person"),
            (arrivals.c.submission_id == opener).label("new"),
            *(column.label(name) for name, column in stands.items()),
        )
        .select_from(arrivals)
        .outerjoin(people, people.c.record == arrivals.c.lead_id)
        .outerjoin(beginnings, beginnings.c.lead_id == arrivals.c.lead_id)
        .outerjoin(leads, leads.c.id == arrivals.c.lead_id)
        .where(arrivals.c.site_id == site_id, arrivals.c.at >= period.since, arrivals.c.at < period.until)
        .subquery()
    )
    counted = select(
        each.c.name if by else null().label("name"),
        func.count().label("sent"),
        func.count(case((each.c.accepted, 1))).label("accepted"),
        func.count(each.c.person).label("known"),
        func.count(distinct(each.c.person)).label("people"),
        func.count(case((each.c.new, 1))).label("new"),
        func.count(distinct(each.c.lead_id)).label("records"),
        *(func.count(distinct(case((each.c[name] == 1, each.c.person)))).label(name) for name in stands),
    ).select_from(each)
    return counted.group_by(each.c.name) if by else counted


def _name(people: CTE, by: By | None, touch: Touch) -> ColumnElement[Any]:
    if by is None:
        return null()
    if by == "form":
        return arrivals.c.form_id
    if touch == "converting":
        return arrivals.c[by]
    nobodys = (arrivals.c.lead_id.is_(None), arrivals.c[by])
    return case(nobodys, (people.c.record.is_not(None), people.c[by]), else_=beginnings.c[by])


def _line(row: Row[Any]) -> Line:
    return Line(
        row.name, row.sent, row.accepted, row.known, row.people, row.new, row.records, row.qualified, row.won
    )  # fmt: skip
