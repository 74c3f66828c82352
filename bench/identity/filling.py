"""Fills a site with leads of made-up people, straight into the tables, as edge and worker would have written what
linking and matching read: each person's one submission and browser, the link, facts, identifiers and the matcher's
keys. A test holds the rows to the service's own (tests/bench/test_identity_online.py)."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

import psycopg
from sqlalchemy import make_url

from bench.identity.people import People, Person
from bench.identity.world import World, written
from forms.text import fold
from gateway.ids import new_id
from gateway.matching.candidates import numbers
from gateway.matching.known import record_of
from gateway.records import Fact
from gateway.store.leads import SEARCHED
from verification.addresses import canonical_email
from verification.matching.records import pack

DRAWN = 20_000  # people whose names, firms and towns are put together anew: drawing a million takes an hour
CHUNK = 5_000  # leads
PLACE_BITS = 24  # of a key beside the number of its lead
STAMP = "%Y-%m-%d %H:%M:%S.%f"  # as SQLite's driver keeps a time; PostgreSQL is told that it is UTC
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
Row = tuple[Any, ...]
Write = Callable[[str, Sequence[str], Iterable[Row]], None]  # table, columns, rows

COLUMNS = {
    "visitors": ("id", "site_id", "created_at", "lineage", "lead_id"),
    "submissions": ("id", "site_id", "form_id", "form_version", "status", "received_at", "processed_at", "channel",
                    "lang", "answers", "typed", "asked", "page", "facts", "visitor_id", "lead_id", "test"),
    "leads": ("id", "site_id", "created_at", "updated_at", "version", "test", "grade", "interest", "score",
              "contact_requested", "customer", "deal_open", "search"),
    "facts": ("lead_id", "field", "value", "strength", "origin", "at", "state"),
    "identifiers": ("site_id", "kind", "value", "lead_id", "at"),
    "identity_links": ("site_id", "lead_id", "submission_id", "visitor_id", "basis", "strength", "at"),
    "touches": ("site_id", "visitor_id", "lead_id", "submission_id", "at", "params"),
    "lead_keys": ("site_id", "key", "lead_id"),
    "lead_records": ("lead_id", "packed"),
}  # fmt: skip

# Name and statement of each index that is not the table's key.
_TABLES = ", ".join(f"'{table}'" for table in COLUMNS)
SQLITE_INDEXES = f"""SELECT name, sql FROM sqlite_master
    WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({_TABLES})"""
POSTGRESQL_INDEXES = """SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename = ANY(%(tables)s)
    AND indexname NOT IN (SELECT conname FROM pg_constraint)"""


@dataclass(frozen=True)
class One:
    """A lead as it came: what its form said."""

    lead_id: str
    submission_id: str
    visitor_id: str
    at: datetime
    stamp: str  # `at`, as both databases take it
    answers: dict[str, str]


@dataclass(frozen=True)
class Place:
    """Where the leads come to."""

    site_id: str
    form_id: str
    lang: str


class Crowd:
    """People without end, each put together from the parts of drawn ones."""

    def __init__(self, lang: str, seed: str) -> None:
        self.lang, self.dice = lang, Random(seed)
        people = People(World(lang, DRAWN * 5, self.dice), self.dice)
        self._drawn: Sequence[Person] = [people.draw() for _ in range(DRAWN)]
        self._world = people.world
        self._number = 0

    def go_on(self, number: int) -> None:
        """Draw others than those that so many draws gave."""
        self.dice.seed(f"{self.lang} from {number}")
        self._number = number

    def draw(self) -> dict[str, str]:
        """The answers of somebody new."""
        first, last, work = (self._drawn[int(self.dice.random() * DRAWN)] for _ in range(3))
        self._number += 1
        local = f"{first.latin[0]}{self.dice.choice(('.', '', '_'))}{last.latin[1]}".lower().replace(" ", "")
        own = self.dice.random() < 0.45
        domain = work.jobs[0].company.domain if own else self.dice.choice(("gmail.com", "yahoo.com", "outlook.com"))
        return {
            "email": f"{local}{self._number}@{domain}",
            "first_name": first.first.written,
            "last_name": last.last.written,
            "phone": written(self.lang, self._world.mobile(self.dice), 0),
            "company": work.jobs[0].company.name,
            "job_title": work.jobs[0].title,
            "city": work.homes[0].city,
        }


def fill(url: str, place: Place, crowd: Crowd, leads: int) -> None:
    """So many leads, the last of them the newest, into an empty site."""
    keys, ids = array("Q"), list[str]()
    with _Writing(url) as write:
        made = _made(crowd, leads)
        while chunk := list(islice(made, CHUNK)):
            packed: list[Row] = []
            for one in chunk:
                record = _record(one)
                packed.append((one.lead_id, pack(record)))
                keys.extend(number << PLACE_BITS | len(ids) for number in numbers(record, test=False))
                ids.append(one.lead_id)
            for table, rows in ROWS.items():
                write(table, COLUMNS[table], (row for one in chunk for row in rows(place, one)))
            write("lead_records", COLUMNS["lead_records"], packed)
        mask = (1 << PLACE_BITS) - 1
        found = ((place.site_id, key >> PLACE_BITS, ids[key & mask]) for key in sorted(keys))
        write("lead_keys", COLUMNS["lead_keys"], found)


def _made(crowd: Crowd, leads: int) -> Iterator[One]:
    for number in range(leads):
        at = FIRST_DAY + timedelta(seconds=20 * number)
        browser = f"{crowd.dice.getrandbits(128):032x}"
        yield One(new_id("lead", at), new_id("sub", at), browser, at, at.strftime(STAMP), crowd.draw())


def _record(one: One) -> Any:
    said = [Fact(name, value, "typed", "", one.at) for name, value in one.answers.items()]
    carried = {"email": [canonical_email(one.answers["email"])], "phone": [one.answers["phone"]]}
    return record_of(said, carried, one.at)


def _visitor(place: Place, one: One) -> Iterator[Row]:
    yield (one.visitor_id, place.site_id, one.stamp, "[]", one.lead_id)


def _submission(place: Place, one: One) -> Iterator[Row]:
    what = (one.submission_id, place.site_id, place.form_id, 1, "accepted", one.stamp, one.stamp, "hosted", place.lang)
    said = (json.dumps(one.answers), "{}", json.dumps(list(one.answers)), "{}", '{"ticket_use": 1}')
    yield (*what, *said, one.visitor_id, one.lead_id, False)


def _lead(place: Place, one: One) -> Iterator[Row]:
    search = fold(" ".join(dict.fromkeys(value for name, value in one.answers.items() if name in SEARCHED)))
    yield (one.lead_id, place.site_id, one.stamp, one.stamp, 1, False, "–", 4, 0, False, False, False, search)


def _facts(_: Place, one: One) -> Iterator[Row]:
    for name, value in one.answers.items():
        yield (one.lead_id, name, json.dumps(value), "typed", one.submission_id, one.stamp, "current")


def _identifiers(place: Place, one: One) -> Iterator[Row]:
    yield (place.site_id, "email", canonical_email(one.answers["email"]), one.lead_id, one.stamp)
    yield (place.site_id, "phone", one.answers["phone"], one.lead_id, one.stamp)


def _link(place: Place, one: One) -> Iterator[Row]:
    yield (place.site_id, one.lead_id, one.submission_id, one.visitor_id, "new", "typed", one.stamp)


def _touch(place: Place, one: One) -> Iterator[Row]:
    yield (place.site_id, one.visitor_id, one.lead_id, one.submission_id, one.stamp, "{}")


# In the order in which rows point at each other.
ROWS: dict[str, Callable[[Place, One], Iterator[Row]]] = {
    "visitors": _visitor,
    "submissions": _submission,
    "leads": _lead,
    "facts": _facts,
    "identifiers": _identifiers,
    "identity_links": _link,
    "touches": _touch,
}


class _Writing:
    """A way to write many rows at once, past what the service pays for each: `with _Writing(url) as write`. Indexes are
    taken away meanwhile, and made again as they stood."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    def __enter__(self) -> Write:
        if self._url.get_backend_name() == "sqlite":
            self._lite = sqlite3.connect(str(self._url.database), isolation_level=None)
            for pragma in ("synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
                self._lite.execute(f"PRAGMA {pragma}")
            self._indexes = dict(self._lite.execute(SQLITE_INDEXES).fetchall())
            for name in self._indexes:
                self._lite.execute(f"DROP INDEX {name}")
            return self._to_sqlite
        host = str(self._url.query.get("host", self._url.host or ""))
        self._pg = psycopg.connect(host=host, user=self._url.username, dbname=self._url.database, autocommit=True)
        self._pg.execute("SET timezone = 'UTC'")
        self._pg.execute("SET session_replication_role = replica")  # foreign keys are right as they are made
        self._indexes = dict(self._pg.execute(POSTGRESQL_INDEXES, {"tables": list(COLUMNS)}).fetchall())
        for name in self._indexes:
            self._pg.execute(f"DROP INDEX {name}")
        return self._to_postgresql

    def __exit__(self, *_: object) -> None:
        if self._url.get_backend_name() == "sqlite":
            for statement in self._indexes.values():
                self._lite.execute(statement)
            self._lite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._lite.close()
            return
        for statement in self._indexes.values():
            self._pg.execute(statement)
        self._pg.execute(f"VACUUM ANALYZE {', '.join(COLUMNS)}")
        self._pg.close()

    def _to_sqlite(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self._lite.execute("BEGIN IMMEDIATE")
        self._lite.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
        self._lite.execute("COMMIT")

    def _to_postgresql(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        with self._pg.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
