"""What may not be kept longer, found without the writer's lock and dropped by key, a few rows a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, select, tuple_, update

Keys = Sequence[Row[Any]]


@dataclass(frozen=True)
class Expiring:
    """Rows of one table. `old` is asked again when they are dropped, and must be false of a row from then on."""

    table: Table
    old: ColumnElement[bool]
    emptied: Mapping[str, Any] | None = None  # what the row becomes; none: it goes
    also: Callable[[Connection, Keys], object] | None = None  # what goes with these rows, in the same transaction


def find(conn: Connection, what: Expiring, limit: int) -> Keys:
    """The keys of at most so many."""
    return conn.execute(select(*what.table.primary_key.columns).where(what.old).limit(limit)).all()


def drop(conn: Connection, what: Expiring, keys: Keys) -> int:
    """Empty or delete those that are still old; returns how many."""
    which = what.old & _among(what.table, keys)
    change = delete(what.table) if what.emptied is None else update(what.table).values(**what.emptied)
    done = conn.execute(change.where(which)).rowcount
    if what.also is not None:
        what.also(conn, keys)
    return done


def _among(table: Table, keys: Keys) -> ColumnElement[bool]:
    columns = list(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_([tuple(key) for key in keys])
