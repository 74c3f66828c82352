"""What came before people were counted is counted by the migrations that brought the counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from gateway.store.db import Database
from gateway.store.migrate import SCRIPTS, migrate
from tests.support.rows import AT, fill

BEFORE, COUNTED = "0008", "0009"
ONE, OTHER = "lead_1", "lead_2"
# (id, hours after the first one, status, lead, is a test, campaign of its page), by id.
SENT: Sequence[tuple[str, int, str, str | None, bool, str | None]] = (
    ("sub_1", 2, "accepted", ONE, False, None),
    ("sub_2", 3, "held", None, False, "of_the_page"),
    ("sub_3", 4, "accepted", ONE, False, "of_the_page"),
    ("sub_4", 5, "accepted", OTHER, False, None),
    ("sub_5", 6, "accepted", None, False, None),
    ("sub_6", 7, "rejected", None, False, None),
    ("sub_7", 8, "accepted", ONE, True, None),
    ("sub_8", 9, "pending", None, False, None),
    ("sub_9", 0, "accepted", OTHER, False, None),  # the other lead's first one has the last id
)
TOUCHES = ((ONE, 1, {"utm_campaign": "spring", "utm_source": "telegram"}), (ONE, 3, {"utm_campaign": "autumn"}))
DIRECT = ((OTHER, 0, {}),)
ARRIVALS = {
    "sub_1": (True, ONE, "spring", "telegram", True),
    "sub_2": (False, None, "of_the_page", None, False),
    "sub_3": (True, ONE, "autumn", None, False),
    "sub_4": (True, OTHER, None, None, False),
    "sub_5": (True, None, None, None, False),
    "sub_6": (False, None, None, None, False),
    "sub_9": (True, OTHER, None, None, True),
}
BEGINNINGS = {ONE: ("sub_1", "spring", True), OTHER: ("sub_9", None, False)}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_came_before_is_counted_as_what_comes_now(kind: str, clean_database: Callable[[str], str]) -> None:
    url = clean_database(kind)
    migrate(url, BEFORE)
    database = Database(url)
    with database.write() as conn:
        store(conn)
    migrate(url, COUNTED)
    with database.write() as conn:
        whole = counted(conn)
        for table in ("beginnings", "arrivals"):
            conn.execute(sa.text(f"DELETE FROM {table}"))
        fill_in_batches(conn, 2)
        assert counted(conn) == whole
    migrate(url)
    with database.read() as conn:
        arrivals, beginnings = counted(conn)
    database.close()
    said = ("accepted", "lead_id", "campaign", "source", "opens")
    assert {name: tuple(row[column] for column in said) for name, row in arrivals.items()} == ARRIVALS
    assert {
        name: (row["submission_id"], row["campaign"], row["touched_at"] is not None) for name, row in beginnings.items()
    } == BEGINNINGS


def fill_in_batches(conn: sa.Connection, rows: int) -> None:
    """As the migration does, so many rows at once: a lead's then stand in several batches."""
    script = ScriptDirectory(str(SCRIPTS)).get_revision(COUNTED)
    assert script is not None
    vars(script.module)["AT_ONCE"] = rows  # a module of its own, loaded for this
    script.module._fill(conn)


def store(conn: sa.Connection) -> None:
    """What a database of that day would hold, beside a row of each table."""
    fill(conn)
    for lead_id in (ONE, OTHER):
        copy(conn, "leads", {"id": lead_id})
    for name, hours, status, lead_id, test, campaign in SENT:
        page = {"utm": {"utm_campaign": campaign}} if campaign else {}
        came = {"id": name, "status": status, "lead_id": lead_id, "test": test, "page": page}
        copy(conn, "submissions", {**came, "received_at": later(conn, hours)})
    for number, (lead_id, hours, params) in enumerate((*TOUCHES, *DIRECT), start=2):
        copy(conn, "touches", {"id": number, "lead_id": lead_id, "at": later(conn, hours), "params": params})


def copy(conn: sa.Connection, name: str, changed: Mapping[str, Any]) -> None:
    """One more row like the first one, but for what is named."""
    table = sa.Table(name, sa.MetaData(), autoload_with=conn)
    row = conn.execute(sa.select(table).limit(1)).mappings().one()
    conn.execute(table.insert().values({**row, **changed}))


def later(conn: sa.Connection, hours: int) -> datetime:
    """SQLite's columns, as they are found there, have no zone."""
    at = AT + timedelta(hours=hours)
    return at if conn.dialect.name == "postgresql" else at.replace(tzinfo=None)


def counted(conn: sa.Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both tables by key, without the row that each table has."""
    rows = []
    for name, key in (("arrivals", "submission_id"), ("beginnings", "lead_id")):
        table = sa.Table(name, sa.MetaData(), autoload_with=conn)
        rows.append({row[key]: dict(row) for row in conn.execute(sa.select(table)).mappings() if row[key] != "x"})
    return rows[0], rows[1]
