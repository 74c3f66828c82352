"""Where leads go, what is owed there, and mail that is due."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from gateway.store.tables.schema import Id, Json, Serial, Utc, metadata, one_of, site

destinations = Table(
    "destinations", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("settings", Text, nullable=False),  # JSON, encrypted with a key derived from SECRET_KEY
    Column("sends", String(5), nullable=False),
    Column("purpose", String(20)),
    Column("status", String(8), nullable=False),
    Column("paused_reason", String(200)),
    Column("refusals", Integer, nullable=False),  # 401, 403 and 404 in a row (rule 30)
    Column("failing_since", Utc),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row, of whatever sort
    Column("rests_until", Utc),  # nothing is sent before: it asked for rest, or failed too often
    Column("paced_until", Utc),  # the rate budget: when the next one may go (gateway/delivery/pacing.py)
    Column("per_second", Float),  # deliveries, as staff have set; 0: no limit; none: as the kind brings
    Column("paused_at", Utc),
    Column("created_at", Utc, nullable=False),
    one_of("sends", "all", "rules"),
    one_of("status", "active", "paused", "disabled"),
    Index(None, "site_id"),
)  # fmt: skip

deliveries = Table(
    "deliveries", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("lead_id", Id, ForeignKey("leads.id"), nullable=False),
    Column("destination_id", Id, ForeignKey("destinations.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", String(20), nullable=False),
    Column("status", String(10), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("claimed_until", Utc),
    Column("claim", String(40)),  # whose lease it is: an answer that comes after it expired is recorded by nobody
    Column("tries", Integer, nullable=False),
    Column("payload", Text),
    Column("finished_at", Utc),
    Column("reason", String(200)),  # why it was parked
    Column("chosen", String(10)),  # why the destination gets the lead; none: made by an earlier release
    Column("rule_id", Id),  # of the rule that chose it, with its place and title then: rules come and go
    Column("rule_position", Integer),
    Column("rule_title", String(80)),
    Column("not_before", Utc),  # office hours, or the cap of a day
    one_of("status", "due", "delivered", "parked", "superseded"),
    UniqueConstraint("lead_id", "destination_id", "version"),
    Index(None, "status", "due_at"),
    Index(None, "site_id", "status", "created_at", "id"),
    Index(None, "site_id", "created_at", "id"),
    Index(None, "destination_id", "status", "due_at"),
)  # fmt: skip

attempts = Table(
    "attempts", metadata,
    Column("id", Serial, primary_key=True),
    Column("delivery_id", Id, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("destination_id", Id),  # its delivery's, so that a destination's last day is read by index
    Column("at", Utc, nullable=False),
    Column("ms", Float, nullable=False),
    Column("http_status", Integer),
    Column("error", String(200)),
    Column("reply", Text),  # its first 2 KB; none from private hosts (rule 32)
    Index(None, "destination_id", "at"),
    Index(None, "at", sqlite_where=Column("reply").is_not(None), postgresql_where=Column("reply").is_not(None)),
)  # fmt: skip

# Under which id a destination has a lead: what the next update is for.
crm_records = Table(
    "crm_records", metadata,
    Column("destination_id", Id, ForeignKey("destinations.id"), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True, index=True),
    Column("record", String(200), nullable=False),
    Column("made", Boolean, nullable=False),  # we began it there, so it is ours to take away
    Column("at", Utc, nullable=False),
    Index(None, "destination_id", "record"),
)  # fmt: skip

# Mails and text messages that are due; sent by the worker, so that no page waits for a mail server.
mails = Table(
    "mails", metadata,
    Column("id", Serial, primary_key=True),
    Column("key", String(120), nullable=False, unique=True),  # one mail a reason: running twice queues once
    Column("recipient", String(254), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("template", String(60), nullable=False),
    Column("params", Json, nullable=False),
    Column("due_at", Utc, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("sent_at", Utc),
    Column("error", String(200)),
)  # fmt: skip
