"""Lists that were imported, and what became of each of their rows."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from gateway.store.tables.schema import Id, Json, Utc, metadata, one_of, site

imports = Table(
    "imports", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("name", String(200), nullable=False),  # the file's, without folders
    Column("source", String(40), nullable=False),  # whose ids its rows carry: hubspot, salesforce …
    Column("digest", String(64), nullable=False),  # of content and options: the same file again is the same import
    Column("options", Json, nullable=False),
    Column("status", String(9), nullable=False),
    Column("position", Integer, nullable=False),  # rows that are done, from the first on
    Column("total", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("undone_at", Utc),
    Column("by", Id),  # a user; none: a command on the server
    # Of an upload, all compressed, and gone within a day: the file until it is imported, what would become of its rows
    # until then, and of those that were rejected the cells.
    Column("content", LargeBinary),
    Column("foreseen", LargeBinary),
    Column("rejected", LargeBinary),
    Column("preview", Json),  # counts of what an upload would do, why it failed, or what taking it back left
    Column("worked_at", Utc),  # a worker is at it, and was so then
    Column("forgotten_at", Utc),  # what its rows set aside went: it cannot be taken back any more
    one_of("status", "uploaded", "previewed", "running", "done", "undoing", "undone", "failed"),
    Index(None, "site_id", "digest"),
    Index(None, "status"),
)  # fmt: skip

# The journal: a row each, so that a killed run goes on after the last one and an import can be undone as a whole.
import_rows = Table(
    "import_rows", metadata,
    Column("import_id", Id, ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True),  # from 1, the header apart
    Column("outcome", String(8), nullable=False),
    Column("lead_id", Id),
    Column("changed", Boolean, nullable=False),  # it brought the lead something
    Column("notes", Json, nullable=False),  # why it was rejected, or what of it was left out: codes, no values
    Column("before", Json, nullable=False),  # of a lead that was there: what else was set, so that it can be taken back
    Column("at", Utc, nullable=False),
    one_of("outcome", "new", "id", "crm", "email", "phone", "rejected"),
    Index(None, "lead_id"),
)  # fmt: skip
