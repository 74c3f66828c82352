"""Insert unless the key is there: the one statement that SQLite and PostgreSQL write alike but import apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_absent(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """True when the row is new; false when a row with its key was there, which then stays as it was."""
    statement = _insert(conn.dialect.name, table).returning(*table.primary_key.columns)
    return conn.execute(statement, dict(values)).first() is not None


def insert_absent(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Several rows at once; those whose key is there stay as they were."""
    if rows:
        conn.execute(_insert(conn.dialect.name, table), list(rows))


@cache
def _insert(dialect: str, table: Table) -> Any:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing()
