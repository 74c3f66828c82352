"""Insert unless the key is there: the one statement that SQLite and PostgreSQL write alike but import apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_absent(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """True when the row is new; false when a row with its key was there, which then stays as it was."""
    return conn.execute(_insert_returning(conn.dialect.name, table), dict(values)).first() is not None


def insert_absent(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Several rows at once; those whose key is there stay as they were."""
    if rows:
        conn.execute(_insert(conn.dialect.name, table), list(rows))


@cache
def _insert(dialect: str, table: Table) -> Any:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing()


@cache
def _insert_returning(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).returning(*table.primary_key.columns)


def insert_or_set(conn: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """A row with this primary key and these values, whether it was there or not; it is this transaction's then."""
    set_all(conn, table, [{**key, **values}])


def set_all(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for several rows, all columns given."""
    if rows:
        conn.execute(_upsert(conn.dialect.name, table), list(rows))


@cache
def _upsert(dialect: str, table: Table) -> Any:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    own = [column.name for column in table.primary_key]
    others = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in own}
    return insert.on_conflict_do_update(index_elements=own, set_=others)


def add_up(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]], sums: Sequence[str]) -> None:
    """Several counters at once: a new key begins with its numbers, a known one grows by them."""
    if rows:
        conn.execute(_adding(conn.dialect.name, table, tuple(sums)), list(rows))


@cache
def _adding(dialect: str, table: Table, sums: tuple[str, ...]) -> Any:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    grown = {name: table.c[name] + insert.excluded[name] for name in sums}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=grown)
