"""Every table once. Closed lists stand beside their column; keys begin with the site (rule 35).

The same schema serves SQLite and PostgreSQL; `migrations/` brings a database to it and a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only
Id = String(40)


class Utc(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _site() -> Column[str]:
    return Column("site_id", Id, ForeignKey("sites.id"), nullable=False)


# --- sites and people -------------------------------------------------------------------------------------------

sites = Table(
    "sites", metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("origins", Json, nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("cookies", String(4), nullable=False),
    Column("settings", Json, nullable=False),  # declared events and pages, kiosk, notify addresses
    Column("created_at", Utc, nullable=False),
    _one_of("cookies", "free", "ask"),
)  # fmt: skip

users = Table(
    "users", metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("password_hash", String(200)),  # argon2; none until the first link was used
    Column("lang", String(2), nullable=False),
    Column("session_epoch", Integer, nullable=False),  # raised by a new password: ends every open session
    Column("created_at", Utc, nullable=False),
    Column("disabled_at", Utc),
)  # fmt: skip

memberships = Table(
    "memberships", metadata,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True),
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("role", String(10), nullable=False),
    _one_of("role", "admin", "marketer", "viewer"),
)  # fmt: skip

one_time_links = Table(
    "one_time_links", metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("purpose", String(10), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
    _one_of("purpose", "sign_in", "reset", "invite"),
)  # fmt: skip

api_tokens = Table(
    "api_tokens", metadata,
    Column("id", Id, primary_key=True),
    _site(),
    Column("name", String(200), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("last_used_at", Utc),
    Column("revoked_at", Utc),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("id", Serial, primary_key=True),
    _site(),
    Column("user_id", Id),  # none: a command on the server
    Column("at", Utc, nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(60), nullable=False),
    Column("params", Json, nullable=False),
    Index(None, "site_id", "subject"),
)  # fmt: skip

# --- forms --------------------------------------------------------------------------------------------------------

forms = Table(
    "forms", metadata,
    Column("id", Id, primary_key=True),
    _site(),
    Column("key", String(60), nullable=False, unique=True),  # rule 35: unique in the installation
    Column("draft", Text, nullable=False),  # TOML
    Column("published_version", Integer),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index(None, "site_id"),
)  # fmt: skip

form_versions = Table(
    "form_versions", metadata,
    Column("form_id", Id, ForeignKey("forms.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),  # TOML; never changed
    Column("published_at", Utc, nullable=False),
    Column("published_by", Id),
)  # fmt: skip

# --- intake -------------------------------------------------------------------------------------------------------

visitors = Table(
    "visitors", metadata,
    Column("id", Id, primary_key=True),  # the cookie's 128 random bits; its signature is not kept
    _site(),
    Column("created_at", Utc, nullable=False),
    Column("lineage", Json, nullable=False),  # earlier ids of this browser, newest first (rule 8)
    Column("lead_id", Id),
    Index(None, "site_id", "lead_id"),
)  # fmt: skip

submissions = Table(
    "submissions", metadata,
    Column("id", Id, primary_key=True),
    _site(),
    Column("form_id", Id, ForeignKey("forms.id"), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("processed_at", Utc),
    Column("channel", String(6), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("answers", Json, nullable=False),
    Column("typed", Json, nullable=False),
    Column("asked", Json, nullable=False),
    Column("page", Json, nullable=False),
    Column("facts", Json, nullable=False),
    Column("visitor_id", Id),
    Column("lead_id", Id),
    Column("corrects", Id),
    Column("test", Boolean, nullable=False),
    Column("block_hash", String(32)),  # keyed daily hash of the /24 or /64 (rule 37)
    Column("content_hash", String(32)),  # of the free text, folded
    _one_of("status", "pending", "accepted", "held", "rejected", "stuck", "erased"),
    _one_of("channel", "hosted", "embed", "frame", "api"),
    Index(None, "site_id", "status", "received_at"),
    Index(None, "site_id", "lead_id"),
    Index(None, "site_id", "visitor_id"),
    Index(None, "site_id", "block_hash", "received_at"),
    Index(None, "site_id", "content_hash", "received_at"),
)  # fmt: skip

# The truth of what is still to be processed; the queue is only a doorbell.
outbox = Table(
    "outbox", metadata,
    Column("id", Serial, primary_key=True),
    Column("submission_id", Id, ForeignKey("submissions.id"), nullable=False, unique=True),
    Column("due_at", Utc, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("error", Text),  # of the last try: the exception's type and place, no personal data
)  # fmt: skip

# Used tickets and idempotency keys (rule 10): a small table of its own, kept longer than tickets live.
nonces = Table(
    "nonces", metadata,
    Column("nonce", String(80), primary_key=True),
    Column("site_id", Id, primary_key=True),
    Column("digest", String(64), primary_key=True),  # of the cleaned answers
    Column("submission_id", Id, nullable=False),
    Column("use", Integer, nullable=False),  # 1 the first, 2–3 corrections, 4 and on replays
    Column("at", Utc, nullable=False, index=True),
)  # fmt: skip

verdicts = Table(
    "verdicts", metadata,
    Column("id", Serial, primary_key=True),
    Column("submission_id", Id, ForeignKey("submissions.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("outcome", String(6), nullable=False),
    Column("weight", Integer, nullable=False),
    Column("findings", Json, nullable=False),
    Column("decided_by", Id),  # the user who released or rejected; none: the pipeline
    _one_of("outcome", "accept", "hold", "reject"),
)  # fmt: skip

# --- leads --------------------------------------------------------------------------------------------------------

leads = Table(
    "leads", metadata,
    Column("id", Id, primary_key=True),
    _site(),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
    Column("test", Boolean, nullable=False),
    Column("stage", String(8)),
    Column("grade", String(1), nullable=False),
    Column("interest", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("score_changes_at", Utc),
    Column("contact_requested", Boolean, nullable=False),
    Column("customer", Boolean, nullable=False),
    Column("deal_open", Boolean, nullable=False),
    Column("disqualified", String(40)),
    Column("owner", String(200)),
    Column("merged_into", Id),
    Column("erased_at", Utc),
    Column("fingerprint", String(32)),  # of all that a version counts (rule 26)
    Column("search", Text, nullable=False),  # folded name, e-mail, phone, company: what the console's search reads
    _one_of("grade", "A", "B", "C", "D", "E", "–"),
    _one_of("stage", "IQL", "MQL", "SQL", "PQL", "SeQL", "customer", "lost"),
    Index(None, "site_id", "updated_at"),
    Index(None, "site_id", "score_changes_at"),
    Index(None, "site_id", "grade", "interest"),
    Index(None, "merged_into"),
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
    _one_of("strength", "browser", "typed", "import", "confirmed", "crm", "staff"),
    _one_of("state", "current", "former", "proposed"),
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
    _one_of("kind", "email", "phone", "crm"),
    Index("uq_identifiers_email", "site_id", "value", unique=True,
          sqlite_where=Column("kind") == "email", postgresql_where=Column("kind") == "email"),
    Index(None, "lead_id"),
)  # fmt: skip

identity_links = Table(
    "identity_links", metadata,
    Column("id", Serial, primary_key=True),
    _site(),
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
    _one_of("source", "browser", "form", "api", "staff", "crm"),
    Index(None, "site_id", "lead_id", "at"),
    Index(None, "site_id", "visitor_id", "at"),
)  # fmt: skip

touches = Table(
    "touches", metadata,
    Column("id", Serial, primary_key=True),
    _site(),
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
    _site(),
    Column("lead_id", Id),
    Column("submission_id", Id),
    Column("purpose", String(20), nullable=False),
    Column("legal_basis", String(40), nullable=False),
    Column("text", Text, nullable=False),  # exactly as shown
    Column("lang", String(2), nullable=False),
    Column("state", String(9), nullable=False),
    Column("at", Utc, nullable=False),
    Column("evidence", Json, nullable=False),  # form, version, page, address block
    _one_of("state", "claimed", "confirmed", "withdrawn"),
    Index(None, "lead_id"),
)  # fmt: skip

rulebooks = Table(
    "rulebooks", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),  # TOML: points, profiles, stages
    Column("published_at", Utc, nullable=False),
    Column("published_by", Id),
)  # fmt: skip

# --- forwarding ---------------------------------------------------------------------------------------------------

destinations = Table(
    "destinations", metadata,
    Column("id", Id, primary_key=True),
    _site(),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("settings", Text, nullable=False),  # JSON, encrypted with a key derived from SECRET_KEY
    Column("sends", String(5), nullable=False),
    Column("purpose", String(20)),
    Column("status", String(8), nullable=False),
    Column("paused_reason", String(200)),
    Column("refusals", Integer, nullable=False),  # 401, 403 and 404 in a row (rule 30)
    Column("failing_since", Utc),
    Column("created_at", Utc, nullable=False),
    _one_of("sends", "all", "rules"),
    _one_of("status", "active", "paused", "disabled"),
    Index(None, "site_id"),
)  # fmt: skip

routes = Table(
    "routes", metadata,
    Column("id", Serial, primary_key=True),
    _site(),
    Column("position", Integer, nullable=False),
    Column("kind", String(8), nullable=False),  # rule: cells and stages; contact: asked for it; fallback: no rule spoke
    Column("cells", Json, nullable=False),
    Column("stages", Json, nullable=False),
    Column("destination_id", Id, ForeignKey("destinations.id"), nullable=False),
    _one_of("kind", "rule", "contact", "fallback"),
    UniqueConstraint("site_id", "position"),
)  # fmt: skip

deliveries = Table(
    "deliveries", metadata,
    Column("id", Id, primary_key=True),
    _site(),
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
    _one_of("status", "due", "delivered", "parked", "superseded"),
    UniqueConstraint("lead_id", "destination_id", "version"),
    Index(None, "status", "due_at"),
    Index(None, "site_id", "status", "created_at"),
    Index(None, "destination_id", "status"),
)  # fmt: skip

attempts = Table(
    "attempts", metadata,
    Column("id", Serial, primary_key=True),
    Column("delivery_id", Id, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("ms", Float, nullable=False),
    Column("http_status", Integer),
    Column("error", String(200)),
    Column("reply", Text),  # its first 2 KB; none from private hosts (rule 32)
)  # fmt: skip

# Mail to staff that is due; sent by the worker, so that no page waits for a mail server.
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
