"""What may not be kept longer, found without the writer's lock and dropped by key, a few rows a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, select, tuple_, update

Keys = Sequence[Row[Any]]
Also = Callable[[Connection, Keys], Callable[[Connection], object]]


@dataclass(frozen=True)
class Expiring:
    """Rows of one table. `old` is asked again when they are dropped, and must be false of a row from then on."""

    table: Table
    old: ColumnElement[bool]
    emptied: Mapping[str, Any] | None = None  # what the row becomes; none: it goes
    # What goes with these rows, in the same transaction; made ready before, while nobody waits for the writer's lock.
    also: Also | None = None


def find(conn: Connection, what: Expiring, limit: int) -> Keys:
    """The keys of at most so many."""
    return conn.execute(select(*what.table.primary_key.columns).where(what.old).limit(limit)).all()


def make_ready(conn: Connection, what: Expiring, keys: Keys) -> Callable[[Connection], int]:
    """What drops them: it empties or deletes those that are still old and returns how many."""
    also = what.also(conn, keys) if what.also is not None else None

    def drop(writing: Connection) -> int:
        done = _drop(writing, what, keys)
        if also is not None:
            also(writing)
        return done

    return drop


def _drop(conn: Connection, what: Expiring, keys: Keys) -> int:
    which = what.old & _among(what.table, keys)
    change = delete(what.table) if what.emptied is None else update(what.table).values(**what.emptied)
    return conn.execute(change.where(which)).rowcount


def _among(table: Table, keys: Keys) -> ColumnElement[bool]:
    columns = list(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_([tuple(key) for key in keys])
