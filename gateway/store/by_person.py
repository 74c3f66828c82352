"""How many people came: submissions, people, new ones and duplicates of each form and campaign, over a period.

A person counts once, however many records of theirs were merged or are the same by all we know; and is new on one line
alone: that of their first accepted submission. So nothing here moves when a merge is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
)

from gateway.store.counted import COUNTED
from gateway.store.overview import QUALIFIED
from gateway.store.tables import arrivals, beginnings, forms, leads

By = Literal["form", "campaign", "source", "medium"]
Touch = Literal["first", "converting"]
BUYERS = ("customer", "SeQL")  # stages of those who bought
STANDS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "qualified": lambda record: record.c.stage.in_(QUALIFIED),
    "won": lambda record: or_(record.c.customer, record.c.stage.in_(BUYERS)),
}


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


def _counted(site_id: str, period: Period, by: By | None = None, touch: Touch = "converting") -> Select[Any]:
    """A line for each of what it is told apart by; without, one line. First each person of a line, then the lines."""
    name = _name(by, touch).label("name")
    each = (
        select(
            name,
            COUNTED.label("person"),
            func.count().label("sent"),
            func.count(case((arrivals.c.accepted, 1))).label("accepted"),
            func.sum(_opens()).label("new"),
            func.count(distinct(arrivals.c.lead_id)).label("records"),
            *(func.max(case((leads.c.merged_into.is_(None) & said(leads), 1))).label(name) for name, said in STANDS.items()),
        )
        .select_from(arrivals)
        .outerjoin(leads, leads.c.id == arrivals.c.lead_id)
        .outerjoin(beginnings, beginnings.c.lead_id == arrivals.c.lead_id)
        .where(arrivals.c.site_id == site_id, arrivals.c.at >= period.since, arrivals.c.at < period.until)
        .group_by(name, COUNTED)
        .subquery()
    )
    somebody = each.c.person.is_not(None)
    counted = select(
        each.c.name if by else null().label("name"),
        _sum(each.c.sent).label("sent"),
        _sum(each.c.accepted).label("accepted"),
        _sum(case((somebody, each.c.sent), else_=0)).label("known"),
        func.count(each.c.person).label("people"),
        _sum(each.c.new).label("new"),
        _sum(each.c.records).label("records"),
        *(
            func.count(case((each.c[name] == 1, 1), (_several(each.c.person), _stands(each.c.person, said)))).label(
                name
            )
            for name, said in STANDS.items()
        ),
    ).select_from(each)
    return counted.group_by(each.c.name) if by else counted


def _name(by: By | None, touch: Touch) -> ColumnElement[Any]:
    if by is None:
        return literal("")
    if by == "form":
        return arrivals.c.form_id
    if touch == "converting":
        return arrivals.c[by]
    return case(
        (arrivals.c.lead_id.is_(None), arrivals.c[by]),
        (_several(COUNTED), _first_touch(by)),
        else_=beginnings.c[by],
    )


def _first_touch(by: By) -> ColumnElement[Any]:
    """Of all the person's records the one that was touched first (rule 28)."""
    began = beginnings.alias("came")
    earliest = (began.c.touched_at.is_(None), began.c.touched_at, began.c.lead_id)
    theirs = select(began.c[by]).where(began.c.lead_id.in_(_records()))
    return theirs.order_by(*earliest).limit(1).correlate(leads).scalar_subquery()


def _opens() -> ColumnElement[int]:
    """1 where a submission is the first accepted one of its person: of its record, and no other record began before."""
    began = beginnings.alias("began")
    before = or_(
        began.c.at < beginnings.c.at,
        and_(began.c.at == beginnings.c.at, began.c.submission_id < beginnings.c.submission_id),
    )
    sooner = select(began.c.lead_id).where(began.c.lead_id.in_(_records()), before).correlate(leads, beginnings)
    first = arrivals.c.submission_id == beginnings.c.submission_id
    return case((~first, 0), (_several(COUNTED) & sooner.exists(), 0), (first, 1), else_=0)


def _several(person: ColumnElement[str]) -> ColumnElement[bool]:
    """That somebody is kept as several records: most people are not, and need no further look."""
    other = leads.alias("under")
    return or_(
        *(select(other.c.id).where(column == person).exists() for column in (other.c.merged_into, other.c.same_as))
    )


def _records() -> Select[Any]:
    """The ids of all records of the person of this row, by the three indexes that tell them."""
    record = leads.alias("record")
    theirs = or_(record.c.id == COUNTED, record.c.merged_into == COUNTED, record.c.same_as == COUNTED)
    return select(record.c.id).where(theirs).correlate(leads)


def _stands(person: ColumnElement[str], said: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[int | None]:
    """1 where one of the records under which this person stands says so, else nothing."""
    own = leads.alias("own")
    standing = or_(own.c.id == person, own.c.same_as == person) & own.c.merged_into.is_(None)
    return select(literal(1)).where(standing, said(own)).limit(1).scalar_subquery()


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), Integer)


def _line(row: Row[Any]) -> Line:
    return Line(
        row.name, row.sent, row.accepted, row.known, row.people, row.new, row.records, row.qualified, row.won
    )  # fmt: skip
