"""What importing a list would do, row by row. Writes nothing: the rows before count as if they were imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from gateway import matching
from gateway.clock import Clock
from gateway.importing.rows import Reader, Row
from gateway.importing.running import batches, load
from gateway.importing.whose import Known, compared, identifiers, whose
from gateway.matching.known import newcomer
from gateway.sheets import Sheet
from gateway.store.db import Database
from verification.matching.blocking import CAPS, key_number, keys
from verification.matching.frequencies import Counts
from verification.matching.judge import Context, Match, consider
from verification.matching.records import Record, pack, prepare, unpack

HERE = "row:"  # before the number of a row that would begin a lead
OUTCOME_OF: Mapping[str, str] = {"merge": "same", "link": "same", "show": "possible"}  # of the ladder


@dataclass(frozen=True)
class Foreseen:
    """What would become of a row: an outcome of the journal, or same or possible by weight, with whom, and why."""

    row: int
    outcome: str
    lead_id: str | None = None
    with_row: int | None = None
    match: Match | None = None
    notes: Sequence[str] = ()


@dataclass
class _Rows:
    """The rows before, as the matcher finds them: folded, some 200 bytes each."""

    counts: Counts
    _packed: dict[int, str] = field(default_factory=dict)
    _under: dict[int, list[int]] = field(default_factory=dict)

    def like(self, record: Record, context: Context) -> tuple[int, Match] | None:
        """The row that fits best, where one is the same or possibly."""
        best: tuple[int, Match] | None = None
        for number in self._sharing(record):
            match = consider(record, unpack(self._packed[number]), context)
            if match and match.decision != "different" and (best is None or _better(match, best[1])):
                best = number, match
        return best

    def add(self, number: int, record: Record) -> None:
        self._packed[number] = pack(record)
        self.counts.add(record.counted())
        for kind, value in keys(record):
            held = self._under.setdefault(key_number(kind, value), [])
            if len(held) <= CAPS[kind]:
                held.append(number)

    def _sharing(self, record: Record) -> set[int]:
        found: set[int] = set()
        for kind, value in keys(record):
            held = self._under.get(key_number(kind, value), ())
            if len(held) <= CAPS[kind]:
                found.update(held)
        return found


@dataclass
class Preview:
    """One look at one list."""

    db: Database
    clock: Clock
    site_id: str
    reader: Reader
    total: int
    _known: Known | None = None

    def rows(self, sheet: Sheet) -> Iterator[Foreseen]:
        """Raises SheetError."""
        with self.db.read() as conn:
            stored = _among(matching.context(conn, self.site_id, self.clock()), self.total)
        before = _Rows(Counts(self.total))
        before.counts.leads = stored.counts.leads
        for batch in batches(self.reader.read(number, cells) for number, cells in sheet.rows()):
            with self.db.read() as conn:
                known = self._with(load(conn, self.site_id, batch))
                for row in batch:
                    yield self._one(conn, row, known, (stored, before))

    def _with(self, stored: Known) -> Known:
        """The store's word on a batch, and what the rows before brought."""
        if self._known is not None:
            mine = self._known
            for key, holders in mine.owners.items():
                found = stored.owners.setdefault(key, [])
                found += [one for one in holders if one not in found]
            stored = replace(stored, carried={**stored.carried, **mine.carried}, names=mine.names)
        self._known = stored
        return stored

    def _one(self, conn: Connection, row: Row, known: Known, by: tuple[Context, _Rows]) -> Foreseen:
        if row.rejected:
            return Foreseen(row.number, "rejected", notes=[row.rejected])
        found = whose(row, known)
        if found.outcome == "rejected":
            return Foreseen(row.number, "rejected", notes=["no_identifier"])
        if found.lead_id is not None:
            known.take(found.lead_id, row, new=False)
            lead_id, with_row = _place(found.lead_id)
            return Foreseen(row.number, found.outcome, lead_id, with_row, notes=row.notes)
        known.take(f"{HERE}{row.number}", row, new=True)
        return self._weighed(conn, row, by)

    def _weighed(self, conn: Connection, row: Row, by: tuple[Context, _Rows]) -> Foreseen:
        """Whom a new lead would be linked with, or shown beside."""
        stored, before = by
        record = prepare(compared(row), self.reader.country)
        like = before.like(record, replace(stored, counts=before.counts))
        before.add(row.number, record)
        known = next(iter(matching.preview(conn, self._newcomer(row), self.site_id, stored)), None)
        if known and (like is None or _better(known.match, like[1])):
            outcome = OUTCOME_OF[known.then]
            return Foreseen(row.number, outcome, known.lead_id, None, known.match, row.notes)
        if like:
            return Foreseen(row.number, like[1].decision, None, like[0], like[1], row.notes)
        return Foreseen(row.number, "new", notes=row.notes)

    def _newcomer(self, row: Row) -> matching.Known:
        carried: dict[str, list[str]] = {}
        for kind, value in identifiers(row):
            carried.setdefault(kind, []).append(value)
        return newcomer(compared(row), row.at or self.clock(), carried=carried)


def _among(context: Context, more: int) -> Context:
    """The same among so many leads more: the prior falls with them."""
    counts = copy(context.counts)
    counts.leads += more
    return replace(context, counts=counts)


def _better(match: Match, than: Match) -> bool:
    return (match.decision == "same", match.weight) > (than.decision == "same", than.weight)


def _place(lead_id: str) -> tuple[str | None, int | None]:
    """Lead, or the row that would begin it."""
    here = lead_id.removeprefix(HERE)
    return (lead_id, None) if here == lead_id else (None, int(here))
