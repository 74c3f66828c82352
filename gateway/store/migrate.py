"""Bring a database to the schema of tables.py. Forward only; safe when several processes start at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, event

from gateway.store.db import Database, lock_names

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


class MigrationError(Exception):
    """The database could not be brought to the newest schema; nothing was changed."""


def migrate(database_url: str, revision: str = "head") -> None:
    """Upgrade to `revision` in one transaction; a database that is there already is left alone.

    SQLite's writers are kept out by `Database`'s file lock, PostgreSQL's other migrators by an advisory lock.
    Raises MigrationError where rows would point at nothing afterwards, or a later version made the schema.
    """
    database = Database(database_url)
    if database.sqlite:
        event.listen(database.engine, "connect", _without_foreign_keys)
    try:
        with database.write() as conn:
            lock_names(conn, "sarnakh migrations")
            _upgrade(conn, revision)
            if database.sqlite:
                _check_foreign_keys(conn)
    finally:
        database.close()


def at_head(database: Database) -> bool:
    """Whether the database has this version's schema. Raises SQLAlchemy's errors where it does not answer."""
    with database.read() as conn:
        return MigrationContext.configure(conn).get_current_revision() == _newest()


@cache
def _newest() -> str | None:
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


def _upgrade(conn: Connection, revision: str) -> None:
    try:
        command.upgrade(_alembic(conn), revision)
    except CommandError as error:
        raise MigrationError(f"the database cannot be brought to this version's schema ({error})") from error


def _alembic(conn: Connection) -> Config:
    config = Config(attributes={"connection": conn})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def _without_foreign_keys(dbapi_connection: Any, _record: Any) -> None:
    """SQLite changes a table by making a new one and dropping the old, which would delete its children."""
    dbapi_connection.execute("PRAGMA foreign_keys=OFF")


def _check_foreign_keys(conn: Connection) -> None:
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        names = sorted({str(row[0]) for row in broken})
        raise MigrationError(f"after the migration, rows point at nothing in: {', '.join(names)}")
