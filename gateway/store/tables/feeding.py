"""In which order a site's leads changed (gateway/store/feed.py)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, text

from gateway.store.tables.schema import Id, Utc, metadata

UNNUMBERED = "feed_version != version"  # a change without its position; written as the query has it

# The last position that was given; its row is the lock under which the next are.
feeds = Table(
    "feeds", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("position", BigInteger, nullable=False),
)  # fmt: skip

# Leads that were taken back with their list as if they had never been: whoever polls has read of them.
dropped_leads = Table(
    "dropped_leads", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey("sites.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("test", Boolean, nullable=False),
    Column("feed_position", BigInteger),
    Column("feed_version", Integer, nullable=False, server_default="0"),
    Index(None, "site_id", "feed_position", unique=True),
    Index("ix_dropped_leads_unnumbered", "site_id", "updated_at", "id",
          sqlite_where=text(UNNUMBERED), postgresql_where=text(UNNUMBERED)),
)  # fmt: skip
