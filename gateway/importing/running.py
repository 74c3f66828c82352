"""A list, batch by batch: a short transaction each, with its journal, so that a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from forms.records import Field
from gateway.clock import Clock
from gateway.ids import new_id
from gateway.importing.beginning import Listed, begin_all
from gateway.importing.columns import Plan, plan
from gateway.importing.joining import Joined, join
from gateway.importing.rows import Reader, Row, asked_by
from gateway.importing.whose import Known, identifiers, names_of, whose
from gateway.records import Site
from gateway.sheets import Sheet
from gateway.store import forms, imports, leads, persons
from gateway.store.db import Database, lock_names
from gateway.store.imports import Done, FoundBy, Import, NewImport
from verification.matching.records import HOME, Record

NEW_AT_ONCE = 50  # rows a transaction: some 20 ms of SQLite's one writer
HOLD_SECONDS = 0.025  # rows that join cost more each: the rest of the batch waits for the next transaction
PAUSE = 0.003  # seconds between two of them, in which a visitor's post gets the writer's lock
Progress = Callable[[int], object]


class TakenError(Exception):
    """Another process is importing this list."""


@dataclass(frozen=True)
class Options:
    """What is asked of an import, beside its file. named: what a column is → its heading. source: whose ids its rows
    carry. country: of phone numbers that are written without one (ISO code). without: headings of columns that are
    not to be imported, though it is known what they hold."""

    named: Mapping[str, str]
    source: str = "crm"
    country: str = HOME
    without: Sequence[str] = ()

    def kept(self) -> dict[str, Any]:
        told = {"named": dict(self.named), "source": self.source, "country": self.country}
        return {**told, "without": list(self.without)} if self.without else told

    def plan(self, header: Sequence[str]) -> Plan:
        """What the columns are. Raises ColumnsError."""
        return plan(["" if one in self.without else one for one in header], self.named)


@dataclass(frozen=True)
class Task:
    """A list for a site, and how it is to be read."""

    site: Site
    sheet: Sheet
    options: Options


def digest(task: Task) -> str:
    """The same for the same content and options, whatever the file is called."""
    said = hashlib.sha256(json.dumps(task.options.kept(), sort_keys=True).encode())
    with task.sheet.opened() as file:
        while block := file.read(1 << 20):
            said.update(block)
    return said.hexdigest()


def reader(conn: Connection, task: Task, now: datetime) -> Reader:
    """Raises ColumnsError, SheetError."""
    site, header, options = task.site, task.sheet.header, task.options
    columns, zone = options.plan(header), ZoneInfo(site.timezone)
    return Reader(columns, header, options.source, options.country, zone, now, asked(conn, site.id))


def asked(conn: Connection, site_id: str) -> dict[str, Field]:
    """The questions of the site's published forms."""
    rows = [row for row in forms.of_site(conn, site_id) if row.published_version]
    versions = (forms.version(conn, row.id, row.published_version or 0) for row in rows)
    return asked_by(chain.from_iterable(form.fields for form in versions))


def begin(conn: Connection, task: Task, size: tuple[str, int], now: datetime) -> Import:
    """The import of this file: the one that stands, or a new one. size: its digest and how many rows it has, which
    are found outside of any transaction."""
    said, total = size
    lock_names(conn, f"import:{said}")
    found = imports.of_file(conn, task.site.id, said)
    if found is not None:
        return found
    new = NewImport(task.site.id, task.sheet.name[:200], task.options.source, said, task.options.kept(), total)
    return imports.add(conn, new, now)


@dataclass(frozen=True)
class Run:
    """One process at work on one list. kept: what its row keeps of the file once all is imported."""

    db: Database
    clock: Clock
    listed: Listed
    reader: Reader
    kept: Callable[[], Mapping[str, Any]] = dict

    @property
    def site_id(self) -> str:
        return self.listed.found.site_id

    def go(self, sheet: Sheet, progress: Progress, seconds: float = float("inf")) -> bool:
        """Import what is not imported yet, for so long at most; true when all is. Raises SheetError, and TakenError
        where another process goes on with it."""
        until = time.monotonic() + seconds
        found = self.listed.found
        progress(found.position)
        for rows in batches(self._rest(sheet)):
            left = rows
            while left:
                found, count = self._write(found, left)
                progress(count)
                left = left[count:]
                time.sleep(PAUSE)
            if time.monotonic() > until:
                return False
        kept = self.kept()
        with self.db.write() as conn:
            imports.move(conn, found, "done", finished_at=self.clock(), content=None, worked_at=None, **kept)
        return True

    def _rest(self, sheet: Sheet) -> Iterator[Row]:
        """The rows from where it stood on."""
        rows = islice(sheet.rows(), self.listed.found.position, None)
        return (self.reader.read(number, cells) for number, cells in rows)

    def _write(self, found: Import, rows: Sequence[Row]) -> tuple[Import, int]:
        """One transaction; returns how far the import is now, and how many rows it took."""
        now = self.clock()
        with self.db.write() as conn:
            wanted = {key for row in rows for key in identifiers(row)}
            lock_names(conn, *(f"{self.site_id}:{value}" for _, value in sorted(wanted)))  # as links are locked
            if not self.db.sqlite:  # its writer is alone
                hold(conn, self.site_id, rows)
            batch = Batch(conn, self.listed, load(conn, self.site_id, rows), now)
            done = batch.write(rows)
            position = found.position + len(done)
            if not imports.take(conn, found, position):
                raise TakenError
            imports.add_rows(conn, found.id, done)
        return replace(found, position=position), len(done)


@dataclass
class Batch:
    """Rows of one transaction. Those that begin leads are written together, before one of them is joined."""

    conn: Connection
    listed: Listed
    known: Known
    now: datetime
    _new: dict[str, Row] = field(default_factory=dict)

    def write(self, rows: Sequence[Row]) -> list[Done]:
        """As many as fit the time."""
        done, started = [], time.monotonic()
        for row in rows:
            done.append(self._one(row))
            if time.monotonic() - started > HOLD_SECONDS:
                break
        self._flush()
        return done

    def _one(self, row: Row) -> Done:
        if row.rejected:
            return Done(row.number, "rejected", self.now, notes=[row.rejected])
        found = whose(row, self.known)
        if found.outcome == "rejected":
            return Done(row.number, "rejected", self.now, notes=["no_identifier"])
        if found.lead_id is None:
            lead_id = new_id("lead", self.now)
            self._new[lead_id] = row
            self.known.take(lead_id, row, new=True)
            return Done(row.number, "new", self.now, lead_id, True, row.notes)
        return self._join(row, found.outcome, found.lead_id)

    def _join(self, row: Row, outcome: FoundBy, lead_id: str) -> Done:
        if lead_id in self._new:
            self._flush()
        lead = leads.alone(self.conn, self.listed.found.site_id, lead_id)
        assert lead is not None
        self.known.take(lead_id, row, new=False)
        return join(self.conn, self.listed, Joined(row, outcome, lead), self.now)

    def _flush(self) -> None:
        if self._new:
            begin_all(self.conn, self.listed, list(self._new.items()), self.now)
        self._new.clear()


def hold(conn: Connection, site_id: str, rows: Sequence[Row]) -> None:
    """All people that these rows may be of, at once and in one order: a drain or a merge may hold some of them too."""
    found = imports.owners(conn, site_id, {key for row in rows for key in identifiers(row)})
    owners = {lead_id for holders in found.values() for lead_id in holders}
    persons.hold(conn, *owners, *(row.own for row in rows if row.own))


def load(conn: Connection, site_id: str, rows: Sequence[Row]) -> Known:
    """What the site knows of these rows' identifiers."""
    found = imports.owners(conn, site_id, {key for row in rows for key in identifiers(row)})
    holders = {lead_id for owners in found.values() for lead_id in owners}
    own = {row.own for row in rows if row.own}
    return Known(
        record=lambda lead_id: _names(conn, lead_id),
        people=persons.survivors(conn, holders) if holders else {},
        owners=found,
        carried=imports.carried(conn, sorted(holders)),
        standing=frozenset(one for one in own if leads.alone(conn, site_id, one)),
    )


def _names(conn: Connection, lead_id: str) -> Record:
    return names_of({fact.field: fact.value for fact in leads.all_facts(conn, lead_id) if fact.state == "current"})


def batches(read: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(read, NEW_AT_ONCE)):
        yield batch
