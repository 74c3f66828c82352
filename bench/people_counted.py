"""How long the report by person takes where a site has many submissions: a month and a whole year of them.

A made-up year: two of three submissions bring somebody new, the others come from those of the last weeks; a tenth is
held; 3 % of the records stand under another one. Written straight into the three tables that the report reads.
Example: python -m bench.people_counted --arrivals 1000000 --db sqlite --into /var/tmp
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Table, event

from bench.identity.online import _postgresql
from gateway.store import by_person, sites
from gateway.store.by_person import Period, Touch
from gateway.store.db import Database
from gateway.store.migrate import migrate
from gateway.store.tables import arrivals, beginnings, leads
from tests.support import postgres

YEAR = timedelta(days=365)
END = datetime(2026, 11, 1, tzinfo=UTC)
CHUNK = 10_000
NEW, HELD, FOLDED = 2 / 3, 0.1, 0.03  # shares of submissions, submissions and records
RECENT = 50_000  # records that may come again
FORMS = [f"form_{number}" for number in range(6)]
CAMPAIGNS = [None, *(f"campaign {number}" for number in range(40))]
STAGES = ("IQL", "IQL", "IQL", "MQL", "MQL", "SQL", None)
Row = Mapping[str, Any]


def main() -> None:
    options = _options()
    with _database(options) as url:
        migrate(url)
        db = Database(url)
        with db.write() as conn:
            site = sites.add(conn, "shop", "Shop", END)
        event.listen(db.engine, "connect", _without_keys)
        db.engine.dispose()
        fill(db, site.id, options.arrivals)
        for days in (30, 365):
            for touch in ("converting", "first"):
                _measure(db, site.id, days, touch)
        db.close()


def _measure(db: Database, site_id: str, days: int, touch: Touch) -> None:
    """Three times, the quickest told: processor time of this process beside the clock."""
    period, taken = Period(END - timedelta(days=days), END), []
    for _ in range(3):
        began, processor = time.perf_counter(), time.process_time()
        with db.read() as conn:
            found = by_person.report(conn, site_id, period, "campaign", touch=touch)
        taken.append((time.perf_counter() - began, time.process_time() - processor))
    clock, own = (min(times) for times in zip(*taken, strict=True))
    load = os.getloadavg()[0]
    print(f"{days} days, {touch} touch: {clock:.2f} s, {own:.2f} s of processor time; {found.total} (load {load:.1f})")


def _without_keys(driver: Any, _: object) -> None:
    """Nothing else is there that a foreign key could point at."""
    sqlite = isinstance(driver, sqlite3.Connection)
    driver.execute("PRAGMA foreign_keys = OFF" if sqlite else "SET session_replication_role = replica")
    driver.commit()


def fill(db: Database, site_id: str, count: int) -> None:
    """So many submissions over a year, the newest last."""
    dice, known = Random(f"{count} arrivals"), list[str]()
    for start in range(0, count, CHUNK):
        rows = [_come(dice, known, number, count) for number in range(start, min(start + CHUNK, count))]
        came, new = [row for row, _ in rows], [lead for _, lead in rows if lead]
        began = [
            {"lead_id": lead["id"], "at": lead["created_at"], "submission_id": lead["_by"], "campaign": lead["_from"],
             "touched_at": lead["created_at"]}
            for lead in new
        ]  # fmt: skip
        for table, made in ((leads, new), (beginnings, began), (arrivals, came)):
            _insert(db, table, [{**row, "site_id": site_id} for row in made])
        del known[:-RECENT]


def _come(dice: Random, known: list[str], number: int, count: int) -> tuple[Row, Row | None]:
    """A submission, and the record that it begins."""
    at = END - YEAR + YEAR * (number / count)
    held, campaign = dice.random() < HELD, dice.choice(CAMPAIGNS)
    row = {
        "submission_id": f"sub_{number:026}", "form_id": dice.choice(FORMS), "at": at, "accepted": not held,
        "lead_id": None, "opens": False, "campaign": campaign,
    }  # fmt: skip
    if held:
        return row, None
    if known and dice.random() > NEW:
        return {**row, "lead_id": dice.choice(known)}, None
    lead_id = f"lead_{number:026}"
    lead = {
        "id": lead_id, "created_at": at, "updated_at": at, "version": 1, "test": False, "grade": "C", "interest": 3,
        "score": 10, "contact_requested": False, "customer": dice.random() < 0.02, "deal_open": False, "search": "",
        "stage": dice.choice(STAGES), "_by": row["submission_id"], "_from": campaign,
        "same_as": dice.choice(known) if known and dice.random() < FOLDED else None,
    }  # fmt: skip
    known.append(lead_id)
    return {**row, "lead_id": lead_id, "opens": True}, lead


def _insert(db: Database, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    with db.write() as conn:
        conn.execute(table.insert(), [{key: row[key] for key in row if key[0] != "_"} for row in rows])


@contextmanager
def _database(options: argparse.Namespace) -> Iterator[str]:
    """The URL of an empty one, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=options.into, prefix="people-counted-") as folder:
        if options.db == "sqlite":
            yield f"sqlite:///{folder}/people.db"
            return
        with _postgresql(Path(folder)):
            yield postgres.url(Path(folder), "postgres")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arrivals", default=1_000_000, type=int)
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--into", default=tempfile.gettempdir(), help="a folder on the disk that counts")
    return parser.parse_args()


if __name__ == "__main__":
    main()
