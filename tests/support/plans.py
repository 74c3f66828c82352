"""Which tables SQLite reads whole for what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from gateway.store.db import Database


@contextmanager
def read_whole(db: Database, *tables: str) -> Iterator[list[str]]:
    """Filled at the block's end: the plans' lines that scan one of these tables."""
    found: list[str] = []
    with planned(db, *tables) as lines:
        yield found
    found += [line for line in lines if line.startswith(tuple(f"SCAN {table}" for table in tables))]


@contextmanager
def planned(db: Database, *tables: str) -> Iterator[list[str]]:
    """Filled at the block's end: the lines of all plans for statements that name one of these tables."""
    asked: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        statement, params, many = given[2], given[3], given[5]
        asked.append((statement, params[0] if many else params))

    found: list[str] = []
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    asked = [one for one in asked if any(f" {table}" in one[0] for table in tables) and "INSERT" not in one[0]]
    assert asked, "nothing was asked of them"
    with db.read() as conn:
        for sql, params in asked:
            found += [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", params)]
