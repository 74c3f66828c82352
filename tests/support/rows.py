"""One made-up row in each table as a database has it, whatever its columns: for tests of migrations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def fill(conn: sa.Connection) -> None:
    """A row in each table, parents first; closed lists give their first word."""
    reflected = _reflected(conn)
    for table in reflected.sorted_tables:
        checks = {str(check["name"]): check["sqltext"] for check in sa.inspect(conn).get_check_constraints(table.name)}
        conn.execute(table.insert().values({column.name: _value(column, checks) for column in table.columns}))


def read_all(conn: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(row) for row in conn.execute(sa.select(table)).mappings()]
        for table in _reflected(conn).sorted_tables
    }


def _reflected(conn: sa.Connection) -> sa.MetaData:
    metadata = sa.MetaData()
    metadata.reflect(conn)
    metadata.remove(metadata.tables["alembic_version"])
    return metadata


def _value(column: sa.Column[Any], checks: dict[str, str]) -> Any:
    listed = next((sql for name, sql in checks.items() if name == f"ck_{column.table.name}_{column.name}"), None)
    if listed is not None:
        return listed.split("'")[1]
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer | sa.Float):
        return 1
    if isinstance(kind, sa.DateTime):
        return AT if kind.timezone else AT.replace(tzinfo=None)
    if isinstance(kind, sa.JSON):
        return {}
    return b"x" if isinstance(kind, sa.LargeBinary) else "x"
