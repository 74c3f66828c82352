"""Points that are learnt from what became of leads."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from gateway.store.tables.schema import Id, Json, Utc, metadata, one_of, site

# A row each time that somebody asks, of a site its newest few (gateway/calibrating.py).
calibrations = Table(
    "calibrations", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("asked_at", Utc, nullable=False),
    Column("asked_by", Id),
    Column("status", String(8), nullable=False),
    Column("done", Integer, nullable=False),  # leads looked at
    Column("total", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("worked_at", Utc),  # the last sign of life of whoever is at it
    Column("finished_at", Utc),
    Column("digest", String(16)),  # of the rulebook that it was measured against
    Column("result", Json),  # counts and points: nothing of a single lead
    Column("problem", String(200)),  # where our fault was
    Column("version", Integer),  # of the rulebook that adopting it published
    Column("undone", Integer),  # of the one that took that back
    one_of("status", "waiting", "done", "failed"),
    Index(None, "site_id", "asked_at"),
)  # fmt: skip
