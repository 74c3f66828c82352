"""Leads, what is known of them, and how they are scored."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.store.tables.feeding import UNNUMBERED
from gateway.store.tables.schema import Id, Json, Serial, Utc, metadata, one_of, site

# Written alike in index and query, or SQLite would not go by it.
OUTCOMES = "type IN ('bad', 'customer', 'lost', 'won')"

leads = Table(
    "leads", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("test", Boolean, nullable=False),
    Column("stage", String(8)),
    Column("grade", String(1), nullable=False),
    Column("interest", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("score_changes_at", Utc),
    Column("scored_by", String(16)),  # the digest of the rulebook that it stands by; none: of an earlier release
    Column("segments", Json),  # keys of those it belongs to (segment_members finds them); none: no
    Column("contact_requested", Boolean, nullable=False),
    Column("customer", Boolean, nullable=False),
    Column("deal_open", Boolean, nullable=False),
    Column("disqualified", String(40)),
    Column("owner", String(200)),
    Column("waits", Boolean),  # a list brought it: it is forwarded once something newer comes; none: no
    Column("merged_into", Id),  # the oldest of the person's leads (gateway/store/persons.py)
    Column("same_as", Id, index=True),  # the oldest record that it is counted as one with (gateway/store/counted.py)
    Column("stage_apart", String(8)),  # the stage it had when it was first merged: where it goes on once it is apart
    Column("erased_at", Utc),
    Column("fingerprint", String(32)),  # of all that a version counts (rule 26)
    Column("search", Text, nullable=False),  # folded name, e-mail, phone, company: what the console's search reads
    Column("feed_position", BigInteger),  # where it stands in the feed (gateway/store/feed.py), of this version:
    Column("feed_version", Integer, nullable=False, server_default="0"),
    one_of("grade", "A", "B", "C", "D", "E", "–"),
    one_of("stage", "IQL", "MQL", "SQL", "PQL", "SeQL", "customer", "lost"),
    Index(None, "site_id", "updated_at"),
    Index(None, "site_id", "score_changes_at"),
    Index(None, "site_id", "scored_by"),
    Index(None, "site_id", "grade", "interest"),
    Index(None, "merged_into"),
    Index(None, "site_id", "feed_position", unique=True),
    Index("ix_leads_unnumbered", "site_id", "updated_at", "id",
          sqlite_where=text(UNNUMBERED), postgresql_where=text(UNNUMBERED)),
)  # fmt: skip

# That two leads are one person: an edge, so that merges can be undone in any order.
merges = Table(
    "merges", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("one", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("other", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("by", Id),  # a user; none: a command on the server
    Column("undone_at", Utc),
    Column("undone_by", Id),
)  # fmt: skip

facts = Table(
    "facts", metadata,
    Column("id", Serial, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("field", String(60), nullable=False),
    Column("value", Json, nullable=False),
    Column("strength", String(10), nullable=False),
    Column("origin", String(80), nullable=False),
    Column("at", Utc, nullable=False),
    Column("state", String(8), nullable=False),
    one_of("strength", "browser", "typed", "import", "confirmed", "crm", "staff"),
    one_of("state", "current", "former", "proposed"),
    Index(None, "lead_id", "state"),
)  # fmt: skip

# What candidates are found by (rule 9): several leads may share a phone, never an e-mail's canonical form.
identifiers = Table(
    "identifiers", metadata,
    Column("site_id", Id, primary_key=True),
    Column("kind", String(6), primary_key=True),
    Column("value", String(254), primary_key=True),  # canonical e-mail, E.164 phone, CRM id
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("at", Utc, nullable=False),
    one_of("kind", "email", "phone", "crm"),
    Index("uq_identifiers_email", "site_id", "value", unique=True,
          sqlite_where=Column("kind") == "email", postgresql_where=Column("kind") == "email"),
    Index(None, "lead_id"),
)  # fmt: skip

# Under which keys the matcher finds a lead: nobody is anybody by one of them alone, unlike by an identifier.
lead_keys = Table(
    "lead_keys", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("key", BigInteger, primary_key=True),  # verification.matching.blocking.key_number
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Index(None, "lead_id"),
    sqlite_with_rowid=False,
)  # fmt: skip

# What the matcher compares of a lead, folded already: reading sixty by their facts cost forty times as much. Written
# where the keys are, and as old as they are.
lead_records = Table(
    "lead_records", metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("packed", Text, nullable=False),  # verification.matching.records.pack
)  # fmt: skip

# What a site learnt of its own people (sarnakh weights learn): by which weights the matcher holds its leads together.
site_weights = Table(
    "site_weights", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("model", Text, nullable=False),  # Splink's model file
    Column("at", Utc, nullable=False),
)  # fmt: skip

# Leads of which something changed that tells who they are: they wait to be held against the others.
unweighed = Table(
    "unweighed", metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    site(),
    Column("at", Utc, nullable=False, index=True),
    Column("tries", Integer, nullable=False),  # after a fault
)  # fmt: skip

# Leads whose score could not be counted, by a fault of ours: they stand as they stood, and are tried again.
unscored = Table(
    "unscored", metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    site(),
    Column("at", Utc, nullable=False, index=True),  # of the next try
    Column("tries", Integer, nullable=False),
)  # fmt: skip

# That two leads may be one person: what the matcher weighed, and what staff said of it.
duplicates = Table(
    "duplicates", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("older", Id, ForeignKey("leads.id"), nullable=False),
    Column("younger", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("decision", String(8), nullable=False),
    Column("weight", Float, nullable=False),  # log2 odds
    Column("parts", Json, nullable=False),  # [[field, level, bits], …]: no values
    Column("at", Utc, nullable=False),  # when it was weighed last
    Column("answer", String(6)),  # none: nobody said yet
    Column("answered_at", Utc),
    Column("answered_by", Id),  # a user; none: the ladder merged them
    Column("aside_at", Utc),  # put aside for later, until something new is known of either
    one_of("decision", "same", "possible"),
    one_of("answer", "merged", "apart"),
    UniqueConstraint("older", "younger"),
    Index("ix_duplicates_open", "site_id", "answer", "decision", "weight", "id"),
    Index(None, "site_id", "answered_at", "id"),
    Index(None, "site_id", "aside_at", "id"),
)  # fmt: skip

identity_links = Table(
    "identity_links", metadata,
    Column("id", Serial, primary_key=True),
    site(),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("submission_id", Id),
    Column("visitor_id", Id),
    Column("basis", String(20), nullable=False),  # new, email, phone, browser, browser+email, browser+phone, staff …
    Column("strength", String(10), nullable=False),
    Column("at", Utc, nullable=False),
    Column("undone_at", Utc),
    Index(None, "lead_id"),
    Index(None, "submission_id"),
)  # fmt: skip

events = Table(
    "events", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("id", String(80), primary_key=True),  # the sender's: the same id counts once
    Column("lead_id", Id),
    Column("visitor_id", Id),
    Column("type", String(60), nullable=False),
    Column("name", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("source", String(7), nullable=False),
    Column("human", Boolean, nullable=False),
    Column("params", Json, nullable=False),
    one_of("source", "browser", "form", "api", "staff", "crm"),
    Index(None, "site_id", "lead_id", "at"),
    Index(None, "site_id", "visitor_id", "at"),
    Index("ix_events_outcomes", "site_id", "lead_id",  # what became of leads: few, among many events
          sqlite_where=text(OUTCOMES), postgresql_where=text(OUTCOMES)),
    Index(None, "received_at",  # nobody's, which go after 30 days
          sqlite_where=Column("lead_id").is_(None), postgresql_where=Column("lead_id").is_(None)),
)  # fmt: skip

touches = Table(
    "touches", metadata,
    Column("id", Serial, primary_key=True),
    site(),
    Column("visitor_id", Id),
    Column("lead_id", Id),
    Column("submission_id", Id),  # set on the converting touch
    Column("at", Utc, nullable=False),
    Column("params", Json, nullable=False),  # utm_*, click ids, referrer's host, landing page
    Index(None, "site_id", "visitor_id"),
    Index(None, "lead_id"),
)  # fmt: skip

stage_moves = Table(
    "stage_moves", metadata,
    Column("id", Serial, primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("from_stage", String(8)),
    Column("to_stage", String(8), nullable=False),
    Column("code", String(60), nullable=False),
    Column("params", Json, nullable=False),
)  # fmt: skip

consents = Table(
    "consents", metadata,
    Column("id", Id, primary_key=True),  # the receipt
    site(),
    Column("lead_id", Id),
    Column("submission_id", Id),
    Column("purpose", String(20), nullable=False),
    Column("legal_basis", String(40), nullable=False),
    Column("text", Text, nullable=False),  # exactly as shown
    Column("lang", String(2), nullable=False),
    Column("state", String(9), nullable=False),
    Column("at", Utc, nullable=False),
    Column("evidence", Json, nullable=False),  # form, version, page, address block
    one_of("state", "claimed", "confirmed", "withdrawn"),
    Index(None, "lead_id"),
)  # fmt: skip
