"""By which rules leads are scored, and the segments that they fall into."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables.schema import Id, Json, Utc, metadata

rulebooks = Table(
    "rulebooks", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),  # TOML: points, profiles, stages
    Column("published_at", Utc, nullable=False),
    Column("published_by", Id),
)  # fmt: skip

# What a marketer is changing: one a site, so that nobody publishes what a colleague has half done without seeing it.
rulebook_drafts = Table(
    "rulebook_drafts", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("content", Text, nullable=False),  # TOML, which may have problems still
    Column("based_on", Integer, nullable=False),  # the version in force when it was begun; 0: the shipped one
    Column("revision", Integer, nullable=False),  # of two who save at once the second is told
    Column("changed_at", Utc, nullable=False),
    Column("changed_by", Id),
)  # fmt: skip

# Sites whose leads are being scored by new rules: the leads themselves say which of them still wait (`scored_by`).
rescorings = Table(
    "rescorings", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("begun_at", Utc, nullable=False),
    Column("leads", Integer, nullable=False),  # that waited at its beginning
)  # fmt: skip

# How often each answer was given of late, for forms that ask by value: words of forms and rules, none of people's own.
answer_counts = Table(
    "answer_counts", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("counts", Json, nullable=False),  # question → answer → how often
)  # fmt: skip

segment_members = Table(
    "segment_members", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("segment", String(40), primary_key=True),  # its key in the rulebook
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("since", Utc, nullable=False),
    Index(None, "lead_id"),
)  # fmt: skip
