"""Imported lists and the journal of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, func, or_, select, update

from gateway.ids import new_id
from gateway.store import persons
from gateway.store.expiring import Expiring
from gateway.store.pairs import among
from gateway.store.tables import events, facts, identifiers, identity_links, import_rows, imports, leads

Status = Literal["uploaded", "previewed", "running", "done", "undoing", "undone", "failed"]
Blob = Literal["content", "foreseen", "rejected"]  # of an upload, compressed
FoundBy = Literal["new", "id", "crm", "email", "phone", "rejected"]
ORIGIN = "import:"  # before an import's id: where a fact came from
WORKING = ("uploaded", "running", "undoing")  # statuses in which a worker has something to do
DEAD = timedelta(seconds=60)  # a worker that said nothing for so long is gone: another one goes on
NEWER = ("confirmed", "crm", "staff")  # strengths of facts that no list brings


@dataclass(frozen=True)
class Import:
    id: str
    site_id: str
    name: str
    source: str
    digest: str
    options: Mapping[str, Any]
    status: Status
    position: int  # rows that are done, from the first on
    total: int
    created_at: datetime
    finished_at: datetime | None = None
    undone_at: datetime | None = None
    by: str | None = None
    preview: Mapping[str, Any] | None = None
    forgotten_at: datetime | None = None  # what its rows set aside went
    uploaded: bool = False  # its file is here

    @property
    def origin(self) -> str:
        return f"{ORIGIN}{self.id}"


_COLUMNS: Select[Any] = select(
    *(imports.c[name] for name in Import.__dataclass_fields__ if name != "uploaded"),
    imports.c.content.is_not(None).label("uploaded"),
)


@dataclass(frozen=True)
class Done:
    """What became of a row. notes: codes without values. before: of a lead that was there, what else was set."""

    row: int
    outcome: FoundBy
    at: datetime
    lead_id: str | None = None
    changed: bool = False
    notes: Sequence[str] = ()
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewImport:
    """digest: of content and options. content: compressed, of an upload."""

    site_id: str
    name: str
    source: str
    digest: str
    options: Mapping[str, Any]
    total: int
    status: Status = "running"
    by: str | None = None
    content: bytes | None = None


def add(conn: Connection, new: NewImport, now: datetime) -> Import:
    import_id = new_id("imp", now)
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    conn.execute(imports.insert().values(**values, id=import_id, position=0, created_at=now))
    found = get(conn, new.site_id, import_id)
    assert found is not None
    return found


def get(conn: Connection, site_id: str, import_id: str) -> Import | None:
    row = conn.execute(_COLUMNS.where(imports.c.id == import_id, imports.c.site_id == site_id)).first()
    return _import(row) if row else None


def of_file(conn: Connection, site_id: str, digest: str) -> Import | None:
    """The import of this file with these options that stands, the latest of several."""
    mine = (imports.c.site_id == site_id) & (imports.c.digest == digest) & imports.c.status.in_(("running", "done"))
    row = conn.execute(_COLUMNS.where(mine).order_by(imports.c.created_at.desc()).limit(1)).first()
    return _import(row) if row else None


def of_site(conn: Connection, site_id: str, limit: int) -> list[Import]:
    """The newest first."""
    query = _COLUMNS.where(imports.c.site_id == site_id).order_by(imports.c.created_at.desc(), imports.c.id)
    return [_import(row) for row in conn.execute(query.limit(limit))]


def waiting(conn: Connection, now: datetime, limit: int = 1) -> list[Import]:
    """What a worker has to look at, to go on with or to take back, and none is at."""
    query = _COLUMNS.where(_to_work(), _left(now)).order_by(imports.c.created_at)
    return [_import(row) for row in conn.execute(query.limit(limit))]


def hold(conn: Connection, found: Import, now: datetime) -> bool:
    """Say that this process is at it; false where another one is, or it moved on."""
    mine = (imports.c.id == found.id) & (imports.c.status == found.status) & _left(now)
    return conn.execute(update(imports).where(mine).values(worked_at=now)).rowcount == 1


def keep_at(conn: Connection, found: Import, now: datetime, **columns: Any) -> bool:
    """This process is still at it; false where it moved on meanwhile."""
    mine = (imports.c.id == found.id) & (imports.c.status == found.status)
    return conn.execute(update(imports).where(mine).values(worked_at=now, **columns)).rowcount == 1


def leave(conn: Connection, found: Import) -> None:
    """This process is not at it any more, and it may wait for another."""
    mine = (imports.c.id == found.id) & (imports.c.status == found.status)
    conn.execute(update(imports).where(mine).values(worked_at=None))


def blob(conn: Connection, import_id: str, name: Blob) -> bytes | None:
    found: bytes | None = conn.execute(select(imports.c[name]).where(imports.c.id == import_id)).scalar()
    return found


def drop(conn: Connection, found: Import) -> bool:
    """An upload that was never imported; false where somebody began it."""
    mine = (imports.c.id == found.id) & imports.c.status.in_(("uploaded", "previewed", "failed"))
    return conn.execute(delete(imports).where(mine)).rowcount == 1


def forget(conn: Connection, before: datetime) -> int:
    """Uploads from before that moment: those never imported go, of the others what their files held."""
    old = imports.c.created_at < before
    gone = conn.execute(delete(imports).where(old, imports.c.status.in_(("uploaded", "previewed", "failed"))))
    ended = imports.c.status.in_(("done", "undoing", "undone"))
    held = or_(*(imports.c[name].is_not(None) for name in get_args(Blob)))
    emptied = update(imports).where(old, ended, held).values(content=None, foreseen=None, rejected=None)
    return gone.rowcount + conn.execute(emptied).rowcount


def former_values(before: datetime) -> Expiring:
    """What rows of lists that were finished before that moment had set aside."""
    theirs = import_rows.c.import_id.in_(select(imports.c.id).where(_past(before)))
    return Expiring(import_rows, theirs & (import_rows.c.before != {}), {"before": {}})


def past_undoing(before: datetime, now: datetime) -> Expiring:
    """Those lists themselves: they cannot be taken back any more."""
    return Expiring(imports, _past(before), {"forgotten_at": now})


def _past(before: datetime) -> ColumnElement[bool]:
    ended = imports.c.status.in_(("done", "undone"))
    return and_(ended, imports.c.finished_at < before, imports.c.forgotten_at.is_(None))


def _to_work() -> ColumnElement[bool]:
    """A list that a command imports has no file here: the command goes on with it."""
    return imports.c.status.in_(WORKING) & (imports.c.content.is_not(None) | (imports.c.status == "undoing"))


def _left(now: datetime) -> ColumnElement[bool]:
    return imports.c.worked_at.is_(None) | (imports.c.worked_at < now - DEAD)


def take(conn: Connection, found: Import, position: int) -> bool:
    """Move on from where it stood to `position`; false where another process has."""
    mine = (imports.c.id == found.id) & (imports.c.position == found.position) & (imports.c.status == "running")
    return conn.execute(update(imports).where(mine).values(position=position)).rowcount == 1


def set_columns(conn: Connection, import_id: str, **columns: Any) -> None:
    conn.execute(update(imports).where(imports.c.id == import_id).values(**columns))


def move(conn: Connection, found: Import, status: Status, **columns: Any) -> bool:
    """From the status that it was found in to this one; false where somebody was quicker."""
    mine = (imports.c.id == found.id) & (imports.c.status == found.status)
    return conn.execute(update(imports).where(mine).values(status=status, **columns)).rowcount == 1


# --- rows -----------------------------------------------------------------------------------------------------------


def add_rows(conn: Connection, import_id: str, done: Iterable[Done]) -> None:
    written = [
        {"import_id": import_id, **{name: getattr(one, name) for name in Done.__dataclass_fields__}} for one in done
    ]
    if written:
        conn.execute(import_rows.insert(), [{**row, "notes": list(row["notes"])} for row in written])


def rows(conn: Connection, import_id: str) -> list[Done]:
    """The whole journal, in the list's order."""
    query = select(import_rows).where(import_rows.c.import_id == import_id)
    return [_done(found) for found in conn.execute(query.order_by(import_rows.c.row))]


def rows_before(conn: Connection, import_id: str, row: int | None, *, began: bool, limit: int) -> list[Done]:
    """Those before this one, the last first: that began a lead, or that joined one."""
    kind = import_rows.c.outcome == "new" if began else import_rows.c.outcome.not_in(("new", "rejected"))
    query = select(import_rows).where(import_rows.c.import_id == import_id, kind)
    if row is not None:
        query = query.where(import_rows.c.row < row)
    return [_done(found) for found in conn.execute(query.order_by(import_rows.c.row.desc()).limit(limit))]


def rejected(conn: Connection, import_id: str) -> dict[int, str]:
    """Row → why."""
    mine = (import_rows.c.import_id == import_id) & (import_rows.c.outcome == "rejected")
    return {row.row: row.notes[0] for row in conn.execute(select(import_rows.c.row, import_rows.c.notes).where(mine))}


def counts(conn: Connection, import_id: str) -> dict[str, int]:
    """How many rows of each outcome; `changed`: of those that joined a lead, how many brought it something."""
    joined = (import_rows.c.outcome != "new") & import_rows.c.changed
    query = select(import_rows.c.outcome, func.count(), func.count().filter(joined))
    found = conn.execute(query.where(import_rows.c.import_id == import_id).group_by(import_rows.c.outcome)).all()
    return {**{row[0]: row[1] for row in found}, "changed": sum(row[2] for row in found)}


def notes(conn: Connection, import_id: str) -> dict[str, int]:
    """Note → of how many rows it was made, rejected ones aside."""
    mine = (import_rows.c.import_id == import_id) & (import_rows.c.outcome != "rejected")
    query = select(import_rows.c.notes).where(mine)
    found: dict[str, int] = {}
    for made in conn.execute(query.execution_options(yield_per=1000)).scalars():
        for note in made:
            found[note] = found.get(note, 0) + 1
    return found


def sources(conn: Connection, site_id: str, origins: Iterable[str]) -> dict[str, str]:
    """Origin of a fact → the source of the import that it names."""
    ids = [origin.removeprefix(ORIGIN) for origin in origins if origin.startswith(ORIGIN)]
    query = select(imports.c.id, imports.c.source).where(imports.c.id.in_(ids), imports.c.site_id == site_id)
    return {f"{ORIGIN}{row.id}": row.source for row in conn.execute(query)} if ids else {}


def waiting_leads(conn: Connection, import_id: str, limit: int) -> list[str]:
    """Leads that this import began and that wait for something newer."""
    theirs = leads.join(import_rows, import_rows.c.lead_id == leads.c.id)
    query = select(leads.c.id).select_from(theirs).where(import_rows.c.import_id == import_id, leads.c.waits)
    return list(conn.execute(query.where(import_rows.c.outcome == "new").order_by(leads.c.id).limit(limit)).scalars())


# --- whose rows are -------------------------------------------------------------------------------------------------


def owners(conn: Connection, site_id: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """(kind, value) → the leads that carry it, the oldest first. A query a kind: for triples SQLite reads all."""
    values: dict[str, list[str]] = {}
    for kind, value in wanted:
        values.setdefault(kind, []).append(value)
    found: dict[tuple[str, str], list[str]] = {}
    for kind, named in values.items():
        mine = (identifiers.c.site_id == site_id) & (identifiers.c.kind == kind) & identifiers.c.value.in_(named)
        query = select(identifiers).where(mine).order_by(identifiers.c.at, identifiers.c.lead_id)
        for row in conn.execute(query):
            found.setdefault((kind, row.value), []).append(row.lead_id)
    return found


def carried(conn: Connection, lead_ids: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Lead → kind → values, each record's own."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    query = select(identifiers).where(identifiers.c.lead_id.in_(lead_ids)).order_by(identifiers.c.at)
    for row in conn.execute(query) if lead_ids else ():
        own = found.setdefault(row.lead_id, {})
        own[row.kind] = (*own.get(row.kind, ()), row.value)
    return found


def something_newer(conn: Connection, site_id: str, lead_id: str) -> bool:
    """Did anything come to this person that no list brought: a submission, an event, a word of staff or a CRM?"""
    mine, places = persons.members(lead_id, site_id), persons.places(lead_id, site_id)
    linked = identity_links.c.lead_id.in_(mine) & identity_links.c.submission_id.is_not(None)
    said = facts.c.lead_id.in_(mine) & facts.c.strength.in_(NEWER)
    did = among(events.c.lead_id, places)
    return bool(conn.execute(select(or_(*(exists().where(one) for one in (linked, said, did))))).scalar())


def _import(row: Row[Any]) -> Import:
    return Import(**{name: getattr(row, name) for name in Import.__dataclass_fields__})


def _done(row: Row[Any]) -> Done:
    return Done(**{name: getattr(row, name) for name in Done.__dataclass_fields__})
