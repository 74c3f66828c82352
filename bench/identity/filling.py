"""Fills a site with leads of made-up people, straight into the tables, as the worker would have written them: facts,
identifiers and the matcher's keys."""

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
from gateway.ids import new_id
from gateway.matching.candidates import numbers
from gateway.matching.known import record_of
from gateway.records import Fact
from verification.addresses import canonical_email

DRAWN = 20_000  # people whose names, firms and towns are put together anew: drawing a million takes an hour
CHUNK = 5_000  # leads
PLACE_BITS = 24  # of a key beside the number of its lead
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
Row = tuple[Any, ...]
Write = Callable[[str, Sequence[str], Iterable[Row]], None]  # table, columns, rows

COLUMNS = {
    "leads": ("id", "site_id", "created_at", "updated_at", "version", "test", "grade", "interest", "score",
              "contact_requested", "customer", "deal_open", "search"),
    "facts": ("lead_id", "field", "value", "strength", "origin", "at", "state"),
    "identifiers": ("site_id", "kind", "value", "lead_id", "at"),
    "lead_keys": ("site_id", "key", "lead_id"),
}  # fmt: skip


@dataclass(frozen=True)
class One:
    """A lead as it came: what its form said."""

    lead_id: str
    at: datetime
    answers: dict[str, str]


class Crowd:
    """People without end, each put together from the parts of drawn ones."""

    def __init__(self, lang: str, seed: str) -> None:
        self.lang, self.dice = lang, Random(seed)
        people = People(World(lang, DRAWN * 5, self.dice), self.dice)
        self._drawn: Sequence[Person] = [people.draw() for _ in range(DRAWN)]
        self._world = people.world
        self._number = 0

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


def fill(url: str, site_id: str, crowd: Crowd, leads: int) -> list[One]:
    """So many more leads, the last of them the newest; returns a thousand of them, spread evenly."""
    kept: list[One] = []
    keys, ids = array("Q"), list[str]()
    with _Writing(url) as write:
        made = _made(crowd, leads)
        while chunk := list(islice(made, CHUNK)):
            for one in chunk:
                record = _record(one)
                keys.extend(number << PLACE_BITS | len(ids) for number in numbers(record, test=False))
                ids.append(one.lead_id)
                if len(ids) % max(leads // 1000, 1) == 0:
                    kept.append(one)
            for table in ("leads", "facts", "identifiers"):
                write(table, COLUMNS[table], _rows(table, site_id, chunk))
        mask = (1 << PLACE_BITS) - 1
        write(
            "lead_keys", COLUMNS["lead_keys"], ((site_id, key >> PLACE_BITS, ids[key & mask]) for key in sorted(keys))
        )
    return kept


def _made(crowd: Crowd, leads: int) -> Iterator[One]:
    for number in range(leads):
        at = FIRST_DAY + timedelta(seconds=20 * (crowd._number + number % 2))
        yield One(new_id("lead", at), at, crowd.draw())


def _record(one: One) -> Any:
    said = [Fact(name, value, "typed", "", one.at) for name, value in one.answers.items()]
    carried = {"email": [canonical_email(one.answers["email"])], "phone": [one.answers["phone"]]}
    return record_of(said, carried, one.at)


def _rows(table: str, site_id: str, chunk: Iterable[One]) -> Iterator[Row]:
    for one in chunk:
        at, answers = one.at, one.answers
        if table == "leads":
            yield (one.lead_id, site_id, at, at, 1, False, "–", 4, 0, False, False, False, answers["email"])
        elif table == "facts":
            for name, value in answers.items():
                yield (one.lead_id, name, json.dumps(value, ensure_ascii=False), "typed", "sub_made_up", at, "current")
        else:
            yield (site_id, "email", canonical_email(answers["email"]), one.lead_id, at)
            yield (site_id, "phone", answers["phone"], one.lead_id, at)


class _Writing:
    """A way to write many rows at once, past what the service pays for each: `with _Writing(url) as write`."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    def __enter__(self) -> Write:
        if self._url.get_backend_name() == "sqlite":
            self._lite = sqlite3.connect(str(self._url.database), isolation_level=None)
            for pragma in ("synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
                self._lite.execute(f"PRAGMA {pragma}")
            return self._to_sqlite
        host = str(self._url.query.get("host", self._url.host or ""))
        self._pg = psycopg.connect(host=host, user=self._url.username, dbname=self._url.database)
        self._pg.execute(
            "SET session_replication_role = replica"
        )  # keys that point elsewhere are right by construction
        return self._to_postgresql

    def __exit__(self, *_: object) -> None:
        if self._url.get_backend_name() == "sqlite":
            self._lite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._lite.close()
            return
        self._pg.commit()
        self._pg.autocommit = True
        self._pg.execute("VACUUM ANALYZE leads, facts, identifiers, lead_keys")
        self._pg.close()

    def _to_sqlite(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self._lite.execute("BEGIN IMMEDIATE")
        self._lite.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
            (tuple(_plain(value) for value in row) for row in rows),
        )
        self._lite.execute("COMMIT")

    def _to_postgresql(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        with self._pg.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _plain(value: Any) -> Any:
    """As the service's own driver keeps it."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value
