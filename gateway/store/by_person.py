"""How many people came: submissions, people, new ones and duplicates of each form and campaign, over a period.

A person counts once, however many records of theirs were merged or are the same by all we know; and is new on one line
alone: that of their first accepted submission. So nothing here moves when a merge is undone.

The database reads the period's submissions once, person by person; they are counted here as they come. Only people who
are kept as several records are looked at twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, null, or_, select

from gateway.store.counted import COUNTED
from gateway.store.overview import QUALIFIED as FOR_SALES
from gateway.store.tables import arrivals, beginnings, forms, leads

By = Literal["form", "campaign", "source", "medium"]
Mark = Literal["campaign", "source", "medium"]
Touch = Literal["first", "converting"]
BUYERS = ("customer", "SeQL")  # stages of those who bought
ACCEPTED, OPENS, QUALIFIED, WON, KNOWN, SEVERAL = (1 << bit for bit in range(6))  # what a row says, in one number
AT_ONCE = 5000  # rows fetched together
LOOKED_UP = 300  # people with several records looked up together

Key = tuple[str, str | None]  # which table's line, by its form or mark
ALL: Key = ("all", None)


@dataclass(frozen=True)
class Period:
    """From `since` until before `until`, by when a form was received."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Line:
    """One form or campaign. name: none for those without; of a form its key."""

    name: str | None
    sent: int = 0  # judged submissions
    accepted: int = 0
    known: int = 0  # of them, those that came to somebody: the others carry no identifier
    people: int = 0
    new: int = 0  # people whose first accepted submission is among these
    records: int = 0  # leads that these people are kept as
    qualified: int = 0  # people who stand at a stage for sales now
    won: int = 0  # people who bought

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


@dataclass(frozen=True)
class Report:
    """All of the site's in one line, where people who came by two forms count once; and a line for each form and for
    each campaign, source or medium, those with most submissions first."""

    total: Line
    forms: Sequence[Line]
    marks: Sequence[Line]


class Came(NamedTuple):
    """A submission. person: whom its record is counted under; none: it came to nobody."""

    person: str | None
    record: str | None
    form: str
    mark: str | None
    flags: int


class Person(NamedTuple):
    """What all records of somebody say together. opener: the record that began first; mark: of the first touch."""

    opener: str | None
    stands: int
    mark: str | None


Asked = tuple[Mark | None, Touch]
Tally = defaultdict[Key, list[int]]  # in the order of Line's figures


def report(conn: Connection, site_id: str, period: Period, mark: Mark, *, touch: Touch) -> Report:
    """touch: by what campaigns are told apart, the visit before this very submission or the first one of all (rule
    28); of the latter each person has one."""
    tally = _count(conn, site_id, period, (mark, touch))
    keys = {row[0]: row[1] for row in conn.execute(select(forms.c.id, forms.c.key).where(forms.c.site_id == site_id))}
    return Report(Line(None, *tally[ALL]), _lines(tally, "form", keys), _lines(tally, "mark"))


def total(conn: Connection, site_id: str, period: Period) -> Line:
    return Line(None, *_count(conn, site_id, period, (None, "converting"))[ALL])


def lines(
    conn: Connection, site_id: str, period: Period, by: By, *, touch: Touch = "converting", limit: int = 100
) -> Sequence[Line]:
    """The lines of one table of the report."""
    if by == "form":
        return report(conn, site_id, period, "campaign", touch=touch).forms[:limit]
    return report(conn, site_id, period, by, touch=touch).marks[:limit]


def _lines(tally: Tally, table: str, names: Mapping[str, str] | None = None) -> list[Line]:
    mine = [(name, figures) for (kind, name), figures in tally.items() if kind == table]
    found = [Line(names[name] if names and name else name, *figures) for name, figures in mine]
    return sorted(found, key=lambda line: (-line.sent, line.name is not None, line.name or ""))


def _count(conn: Connection, site_id: str, period: Period, asked: Asked) -> Tally:
    """Bounded by the number of lines, not by that of people: these come one after another."""
    tally: Tally = defaultdict(lambda: [0] * 8)
    alone: Counter[tuple[str, str | None, int]] = Counter()  # those of whom there is one submission: most
    several: dict[str, list[Came]] = {}
    for rows in _together(_came(conn, site_id, period, asked)):
        person, _, form, mark, flags = rows[0]
        if flags & SEVERAL:
            several[person] = [Came(*row) for row in rows]
            if len(several) == LOOKED_UP:
                _add_several(conn, tally, several, asked)
                several = {}
        elif len(rows) == 1:
            alone[form, mark, flags] += 1
        else:
            _add(tally, rows, flags)
    _add_several(conn, tally, several, asked)
    _add_alone(tally, alone)
    return tally


def _together(came: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows of each person; each of nobody's alone. `groupby` would take half as long again."""
    rows: list[Any] = []
    last = None
    for row in came:
        person = row[0]
        if person == last and person is not None:
            rows.append(row)
            continue
        if rows:
            yield rows
        rows, last = [row], person
    if rows:
        yield rows


def _add_alone(tally: Tally, alone: Mapping[tuple[str, str | None, int], int]) -> None:
    for (form, mark, flags), times in alone.items():
        known = bool(flags & KNOWN)
        says = [bool(flags & bit) for bit in (ACCEPTED, OPENS, QUALIFIED, WON)]
        figures = (1, says[0], known, known, says[1], known, says[2], says[3])
        for key in (ALL, ("form", form), ("mark", mark)):
            _sum(tally[key], [times * figure for figure in figures])


def _add(tally: Tally, rows: Iterable[Any], stands: int) -> None:
    """All submissions of one person, on each line where they have one."""
    on: dict[Key, list[Any]] = {ALL: list(rows)}
    for row in on[ALL]:
        on.setdefault(("form", row[2]), []).append(row)
        on.setdefault(("mark", row[3]), []).append(row)
    qualified, won = bool(stands & QUALIFIED), bool(stands & WON)
    for key, mine in on.items():
        flags = [row[4] for row in mine]
        accepted = sum(map(ACCEPTED.__and__, flags))
        new = any(map(OPENS.__and__, flags))
        records = len({row[1] for row in mine}) if len(mine) > 1 else 1
        _sum(tally[key], (len(mine), accepted, len(mine), 1, new, records, qualified, won))


def _sum(figures: list[int], more: Iterable[int]) -> None:
    figures[:] = map(int.__add__, figures, more)


def _add_several(conn: Connection, tally: Tally, several: Mapping[str, Sequence[Came]], asked: Asked) -> None:
    """People who are kept as several records: what one of them says alone is not the whole of it."""
    known = _people(conn, list(several), asked)
    for person, rows in several.items():
        whole = known[person]
        _add(tally, [_of(whole, row, asked) for row in rows], whole.stands)


def _of(whole: Person, row: Came, asked: Asked) -> Came:
    flags = row.flags if row.record == whole.opener else row.flags & ~OPENS
    return row._replace(flags=flags, mark=whole.mark if asked[1] == "first" else row.mark)


def _people(conn: Connection, persons: Sequence[str], asked: Asked) -> dict[str, Person]:
    """By the three indexes that tell all records of somebody. Of the marks the earliest touch's counts (rule 28)."""
    theirs = or_(*(column.in_(persons) for column in (leads.c.id, leads.c.merged_into, leads.c.same_as)))
    own = (COUNTED, leads.c.id, _stands(), beginnings.c.at, beginnings.c.submission_id, beginnings.c.touched_at)
    mark = beginnings.c[asked[0]] if asked[0] else null()
    joined = leads.outerjoin(beginnings, beginnings.c.lead_id == leads.c.id)
    query = select(*own, mark).select_from(joined).where(theirs) if persons else None
    records: dict[str, list[Any]] = {}
    for row in conn.execute(query) if query is not None else ():
        records.setdefault(row[0], []).append(row)
    return {person: _as_one(records[person]) for person in persons}


def _as_one(records: Sequence[Any]) -> Person:
    """records: (person, id, stands, began at, first submission, touched at, mark) each."""
    stands = 0
    for record in records:
        stands |= record[2]
    began = [record for record in records if record[3] is not None]
    touched = [record for record in began if record[5] is not None]
    opener = min(began, key=itemgetter(3, 4), default=None)
    first = min(touched, key=itemgetter(5, 1), default=None)
    return Person(opener[1] if opener else None, stands, first[6] if first else None)


def _came(conn: Connection, site_id: str, period: Period, asked: Asked) -> Iterator[Any]:
    """Rows as Came names them, those of one person together."""
    sqlite = conn.dialect.name == "sqlite"
    query = _query(site_id, period, asked, _others_in_list() if sqlite else _others_exist())
    order = COUNTED if sqlite else COUNTED.collate("C")  # bytes sort the quickest
    return iter(conn.execute(query.order_by(order).execution_options(yield_per=AT_ONCE)))


def _query(site_id: str, period: Period, asked: Asked, others: ColumnElement[bool]) -> Select[Any]:
    """others: that records stand under this one."""
    mark, touch = asked
    named: ColumnElement[Any] = arrivals.c[mark] if mark else null()
    if mark and touch == "first":
        named = case((arrivals.c.lead_id.is_(None), named), else_=beginnings.c[mark])
    several = or_(leads.c.merged_into.is_not(None), leads.c.same_as.is_not(None), others)
    flags = (
        _bit(arrivals.c.accepted, ACCEPTED)
        + _bit(arrivals.c.opens, OPENS)
        + _stands()
        + _bit(leads.c.id.is_not(None), KNOWN)
        + _bit(several, SEVERAL)
    )
    joined = arrivals.outerjoin(leads, leads.c.id == arrivals.c.lead_id)
    if mark and touch == "first":
        joined = joined.outerjoin(beginnings, beginnings.c.lead_id == arrivals.c.lead_id)
    return (
        select(COUNTED.label("person"), leads.c.id, arrivals.c.form_id, named.label("mark"), flags.label("flags"))
        .select_from(joined)
        .where(arrivals.c.site_id == site_id, arrivals.c.at >= period.since, arrivals.c.at < period.until)
    )


def _others_in_list() -> ColumnElement[bool]:
    """For SQLite, which makes each list once, of an index alone; a look for each record takes it far longer."""
    under = leads.alias("under")
    columns = (under.c.merged_into, under.c.same_as)
    return or_(*(arrivals.c.lead_id.in_(select(column).where(column.is_not(None))) for column in columns))


def _others_exist() -> ColumnElement[bool]:
    """For PostgreSQL, which would go through a list that outgrows its memory again for each row."""
    under = leads.alias("under")
    columns = (under.c.merged_into, under.c.same_as)
    return or_(*(select(under.c.id).where(column == leads.c.id).exists() for column in columns))


def _stands() -> ColumnElement[int]:
    """What a record says of its person's stage: nothing, once it was merged into another one."""
    own = leads.c.merged_into.is_(None)
    bought = or_(leads.c.customer, leads.c.stage.in_(BUYERS))
    return _bit(and_(own, leads.c.stage.in_(FOR_SALES)), QUALIFIED) + _bit(and_(own, bought), WON)


def _bit(said: ColumnElement[bool], bit: int) -> ColumnElement[int]:
    return case((said, bit), else_=0)
