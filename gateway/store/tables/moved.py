"""Forms that staff gave to another lead."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table

from gateway.store.tables.schema import Id, Json, Utc, metadata, site

relinks = Table(
    "relinks", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("submission_id", Id, nullable=False, index=True),
    Column("from_lead", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("to_lead", Id, ForeignKey("leads.id"), nullable=False, index=True),  # a record of the form's own
    Column("merge_id", Id, ForeignKey("merges.id")),  # what made that record another lead's; none: it stands alone
    Column("kept", Json, nullable=False),  # what it takes to put all back: ids and states, no values
    Column("at", Utc, nullable=False),
    Column("by", Id),
    Column("undone_at", Utc),
    Column("undone_by", Id),
)  # fmt: skip
