"""What is counted by person: each judged submission with where it came from, and how each lead began."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, false

from gateway.store.tables.schema import Id, Utc, metadata, site

# A line for each judged submission that is no test: narrow, since a report reads thousands of them.
arrivals = Table(
    "arrivals", metadata,
    Column("submission_id", Id, ForeignKey("submissions.id"), primary_key=True),
    site(),
    Column("form_id", Id, nullable=False),
    Column("at", Utc, nullable=False),  # when it was received
    Column("accepted", Boolean, nullable=False),
    Column("lead_id", Id),  # the very record that it came to
    Column("opens", Boolean, nullable=False, server_default=false()),  # the record's first one: as `beginnings` says
    Column("campaign", String(120)),  # of its converting touch (rule 28); until it is accepted, of its own page
    Column("source", String(120)),
    Column("medium", String(120)),
    Index(None, "site_id", "at"),
    Index(None, "site_id", "lead_id"),
)  # fmt: skip

# How each record of a person began. Of those that are one person the earliest counts, so undoing a merge moves nothing.
beginnings = Table(
    "beginnings", metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    site(),
    Column("submission_id", Id, nullable=False),  # its first accepted one
    Column("at", Utc, nullable=False),
    Column("touched_at", Utc),  # its first touch; none: it always came direct
    Column("campaign", String(120)),
    Column("source", String(120)),
    Column("medium", String(120)),
)  # fmt: skip
