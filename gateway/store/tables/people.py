"""Sites, the people who look after them, and what they did."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from gateway.store.tables.schema import Id, Json, Serial, Utc, metadata, one_of, site

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
    Column("leads_keyed", Integer, nullable=False, server_default="0"),  # leads that stand in lead_keys
    Column("keys_version", Integer, nullable=False, server_default="0"),  # by which version of the keys they do
    one_of("cookies", "free", "ask"),
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
    one_of("role", "admin", "marketer", "viewer"),
)  # fmt: skip

one_time_links = Table(
    "one_time_links", metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("purpose", String(10), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
    one_of("purpose", "sign_in", "reset", "invite"),
)  # fmt: skip

api_tokens = Table(
    "api_tokens", metadata,
    Column("id", Id, primary_key=True),
    site(),
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
    site(),
    Column("user_id", Id),  # none: a command on the server
    Column("at", Utc, nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(60), nullable=False),
    Column("params", Json, nullable=False),
    Index(None, "site_id", "subject"),
    Index(None, "site_id", "at"),
)  # fmt: skip
