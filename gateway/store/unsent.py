"""Forms that were shown and not sent: noted a browser and day while their ticket lives, then counted by question.

What a page tells is a claim (rule 22): one row a visitor, form and day, for a ticket of ours, and the sums alone stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, tuple_, update

from forms.tickets import CLOCK_SKEW, GOOD_IN_ALL
from gateway.store.conflicts import add_up, insert_if_absent
from gateway.store.tables import nonces, unsent, unsent_counts

OPEN_FOR = GOOD_IN_ALL + CLOCK_SKEW  # until then the form may still be sent
AT_ONCE = 200  # rows counted in one transaction
WHOLE = ""  # stands for the form as a whole among the fields


@dataclass(frozen=True)
class Unsent:
    """A form on somebody's screen, when they turned away from it. field: where they were last; none: untouched."""

    site_id: str
    form_id: str
    version: int
    visitor_id: str
    nonce: str
    asked: Sequence[str]
    field: str | None
    at: datetime


@dataclass(frozen=True)
class Count:
    """asked: how many began that form and did not send it; left: how many of them were last here."""

    field: str
    asked: int
    left: int


def midnight(at: datetime) -> datetime:
    """Of its day, in UTC, which days are counted by."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def note_all(conn: Connection, batch: Sequence[Unsent]) -> list[None]:
    """Keep them, as `Database.grouped` asks. Who touched a question keeps that, whatever an untouched form beside it
    tells. In one order, so that two processes never wait for each other's rows crosswise."""
    for one in sorted(batch, key=lambda one: (one.form_id, one.visitor_id)):
        key = {"form_id": one.form_id, "visitor_id": one.visitor_id, "day": midnight(one.at)}
        told = {"form_version": one.version, "nonce": one.nonce, "asked": list(one.asked), "at": one.at}
        if insert_if_absent(conn, unsent, {**key, **told, "site_id": one.site_id, "field": one.field}) or not one.field:
            continue
        same = [unsent.c[name] == value for name, value in key.items()]
        conn.execute(update(unsent).where(*same).values(**told, field=one.field))
    return [None] * len(batch)


def withdraw(conn: Connection, form_id: str, visitor_id: str, now: datetime) -> None:
    """They are back and send it: what their browser told is taken back, as far as it is not counted yet."""
    since = midnight(now - OPEN_FOR)
    which = unsent.c.form_id == form_id, unsent.c.visitor_id == visitor_id, unsent.c.day >= since
    conn.execute(delete(unsent).where(*which))


def fold(conn: Connection, now: datetime) -> int:
    """Count rows whose ticket is over, some at a time, and drop them. Returns how many it took. Safe beside itself."""
    over = now - OPEN_FOR
    keys = [unsent.c.form_id, unsent.c.visitor_id, unsent.c.day]
    old = conn.execute(select(*keys).where(unsent.c.at < over).limit(AT_ONCE)).all()
    if not old:
        return 0
    which = tuple_(*keys).in_([tuple(key) for key in old]) & (unsent.c.at < over)
    taken = conn.execute(delete(unsent).where(which).returning(unsent)).all()
    asked: Counter[tuple[Any, ...]] = Counter()
    left: Counter[tuple[Any, ...]] = Counter()
    for row in _never_sent(conn, taken):
        for count in _counts(row):
            key = (row.form_id, row.day, row.form_version, count.field, row.site_id)
            asked[key] += count.asked
            left[key] += count.left
    names = ("form_id", "day", "form_version", "field", "site_id")
    rows = [{**dict(zip(names, key, strict=True)), "asked": asked[key], "left": left[key]} for key in sorted(asked)]
    add_up(conn, unsent_counts, rows, ("asked", "left"))
    return len(taken)


def counts(conn: Connection, form_id: str, since: datetime, versions: Sequence[int] | None = None) -> list[Count]:
    """By field, those of the last day among them; of these versions, or of all."""
    table = unsent_counts
    query = select(table.c.field, table.c.asked, table.c.left).where(
        table.c.form_id == form_id, table.c.day >= since, *_of(table.c.form_version, versions)
    )
    found = [Count(row.field, row.asked, row.left) for row in conn.execute(query)]
    recent = select(unsent).where(unsent.c.form_id == form_id, unsent.c.day >= since)
    rows = conn.execute(recent.where(*_of(unsent.c.form_version, versions))).all()
    found += [count for row in _never_sent(conn, rows) for count in _counts(row)]
    asked, left = Counter[str](), Counter[str]()
    for one in found:
        asked[one.field] += one.asked
        left[one.field] += one.left
    return [Count(name, asked[name], left[name]) for name in asked]


def _counts(row: Row[Any]) -> Iterator[Count]:
    """A form nobody touched says nothing of its questions."""
    yield Count(WHOLE, 1, int(row.field is None))
    if row.field is not None:
        yield from (Count(name, 1, int(name == row.field)) for name in row.asked)


def _never_sent(conn: Connection, rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    """Those whose ticket was not used."""
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        used = set(conn.scalars(select(nonces.c.nonce).where(nonces.c.nonce.in_([row.nonce for row in some]))))
        yield from (row for row in some if row.nonce not in used)


def _of(column: ColumnElement[int], versions: Iterable[int] | None) -> tuple[ColumnElement[bool], ...]:
    return () if versions is None else (column.in_(list(versions)),)
