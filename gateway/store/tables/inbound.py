"""What destinations tell us back: the keys they show, what was heard of them, and whom they ask to forget."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from gateway.store.tables.schema import Id, Utc, metadata, one_of, site

inbound_keys = Table(
    "inbound_keys", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("destination_id", Id, ForeignKey("destinations.id"), nullable=False, index=True),
    Column("way", String(9), nullable=False),
    Column("secret", Text, nullable=False),  # a signature's sealed, since it has to be read; of a bearer the hash
    Column("made_at", Utc, nullable=False),
    Column("ends_at", Utc),  # none: in force; later than now: a newer one is, and both count until then
    one_of("way", "signature", "bearer"),
)  # fmt: skip

# The last of each message and of each reason for refusing one; never what it said.
heard_messages = Table(
    "heard_messages", metadata,
    Column("destination_id", Id, ForeignKey("destinations.id"), primary_key=True),
    Column("message", String(40), primary_key=True),  # a digest of its id; of those nobody signed: the reason
    site(),
    Column("at", Utc, nullable=False, index=True),
    Column("what", String(20), nullable=False),  # an outcome, erasure; empty: it could not be read
    Column("result", String(8), nullable=False),
    Column("reason", String(40)),  # why it was refused
    Column("lead_id", Id),
    one_of("result", "new", "known", "nobody", "refused"),
    Index(None, "destination_id", "at"),
)  # fmt: skip

erasure_requests = Table(
    "erasure_requests", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False, index=True),
    Column("asked_at", Utc, nullable=False),
    Column("asked_by", Id, nullable=False),  # a destination or an API token
    Column("answer", String(6)),  # none: it waits
    Column("answered_at", Utc),
    Column("answered_by", Id),
    one_of("answer", "erased", "aside"),
    Index(None, "site_id", "answer", "asked_at"),
)  # fmt: skip
