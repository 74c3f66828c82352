"""Clean databases, quickly: a copied file, or emptied tables."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from gateway.store.migrate import migrate
from gateway.store.tables import metadata


def sqlite_template(folder: Path) -> Path:
    """A migrated, empty SQLite file; its log is folded into it, so that copying one file is enough."""
    path = folder / "template.db"
    migrate(f"sqlite:///{path}")
    return path


def copied(template: Path, folder: Path) -> str:
    """The URL of a copy of `template` in `folder`."""
    path = folder / "sarnakh.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def empty(url: str) -> None:
    """Empty the PostgreSQL tables that hold rows, and end what an earlier test left connected.

    Deleting takes some 3 ms, truncating over 100, since the rows of sites take nearly every table along. But nobody
    sweeps up after deletions, so that now and then all is truncated."""
    engine = create_engine(url)
    with engine.begin() as conn:
        conn.execute(text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ))  # fmt: skip
        names = conn.scalars(text(_FILLED)).all()
        if names:
            clear = _truncate if next(_CALLS) % SWEEP == 0 else _delete
            clear(conn, names)
    engine.dispose()


def _truncate(conn: Connection, names: Sequence[str]) -> None:
    listed = ", ".join(f'"{name}"' for name in names)
    conn.execute(text(f"TRUNCATE {listed} RESTART IDENTITY CASCADE"))


def _delete(conn: Connection, names: Sequence[str]) -> None:
    conn.execute(text("SET LOCAL session_replication_role = replica"))  # all goes, so foreign keys need no look
    conn.execute(text("; ".join(f'DELETE FROM "{name}"' for name in names)))
    for name in names:
        column = metadata.tables[name].autoincrement_column
        if column is not None:
            conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', '{column.name}'), 1, false)"))


SWEEP = 50  # calls of one process
_CALLS = count(1)
_FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in metadata.tables)
