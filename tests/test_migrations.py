"""The migrated schema is the one in tables.py, on both databases, and upgrading keeps what is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.store.db import Database
from gateway.store.migrate import SCRIPTS, MigrationError, at_head, migrate
from gateway.store.tables import metadata
from tests.support.rows import fill, read_all

CleanDatabase = Callable[[str], str]
MOVED = {"routes"}  # into routing and routing_rules: tests/delivery/test_routing_moved.py
both = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def revisions() -> list[str]:
    """From the first to the newest; one line of descent."""
    return [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()][::-1]


def constraints(conn: sa.Connection) -> dict[str, Any]:
    """What compare_metadata does not look at: checks, and the conditions of partial indexes."""
    look = sa.inspect(conn)
    return {
        name: (
            sorted((check["name"], check["sqltext"]) for check in look.get_check_constraints(name)),
            sorted(
                (index["name"], option, str(value))
                for index in look.get_indexes(name)
                for option, value in index["dialect_options"].items()
            ),
        )
        for name in metadata.tables
    }


def test_migrated_schema_equals_the_tables(db: Database) -> None:
    with db.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


@both
def test_migrated_checks_and_conditions_equal_the_tables(kind: str, clean_database: CleanDatabase) -> None:
    migrated, made = clean_database(kind), clean_database(kind)
    migrate(migrated)
    engines = sa.create_engine(migrated), sa.create_engine(made)
    metadata.create_all(engines[1])
    found = []
    for engine in engines:
        with engine.connect() as conn:
            found.append(constraints(conn))
        engine.dispose()
    assert found[0] == found[1]


@both
def test_an_empty_database_is_not_at_the_newest_schema(kind: str, clean_database: CleanDatabase) -> None:
    url = clean_database(kind)
    database = Database(url)
    assert not at_head(database)
    migrate(url)
    assert at_head(database)
    database.close()


@both
def test_a_schema_of_a_later_version_is_left_alone(kind: str, clean_database: CleanDatabase) -> None:
    url = clean_database(kind)
    migrate(url)
    database = Database(url)
    with database.write() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert not at_head(database)
    database.close()
    with pytest.raises(MigrationError, match="9999"):
        migrate(url)


@both
def test_upgrade_keeps_every_row_of_the_first_revision(kind: str, clean_database: CleanDatabase) -> None:
    url = clean_database(kind)
    migrate(url, revisions()[0])
    database = Database(url)
    with database.write() as conn:
        fill(conn)
        before = read_all(conn)
    migrate(url)
    with database.read() as conn:
        after = read_all(conn)
    database.close()
    assert before
    for table, rows in before.items():
        if table in MOVED:
            continue
        assert [{**new, **old} for old, new in zip(rows, after[table], strict=True)] == after[table]


@both
def test_starts_at_the_same_moment_migrate_once(kind: str, clean_database: CleanDatabase) -> None:
    url, errors = clean_database(kind), []

    def start() -> None:
        try:
            migrate(url)
        except Exception as error:  # noqa: BLE001  shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_second_migration_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    database = Database(database_url)
    with database.read() as conn:
        assert MigrationContext.configure(conn).get_current_revision() == revisions()[-1]
    database.close()


def test_rows_that_point_at_nothing_stop_the_migration(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as conn:
        conn.execute(sa.text("INSERT INTO memberships VALUES ('nobody', 'nowhere', 'admin')"))
    engine.dispose()
    with pytest.raises(MigrationError, match="memberships"):
        migrate(sqlite_url)
