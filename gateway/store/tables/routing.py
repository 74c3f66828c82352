"""Which lead goes where, as data (gateway/routing)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table

from gateway.store.tables.schema import Id, Json, Utc, metadata, site

# One row a site: who gets what no rule takes, and the share for exploration (gateway/routing).
routing = Table(
    "routing", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("fallback", Id, ForeignKey("destinations.id")),
    Column("explore_percent", Integer, nullable=False),
    Column("explore_to", Id, ForeignKey("destinations.id")),
    Column("explore_key", String(64), nullable=False),  # of the draw; nobody outside can foresee it
)  # fmt: skip

routing_rules = Table(
    "routing_rules", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("position", Integer, nullable=False),  # from 1; the order in which they are asked
    Column("title", String(80), nullable=False),
    Column("asks", Json, nullable=False),  # a list of conditions (gateway/routing/reading.py); empty: every lead
    Column("destinations", Json, nullable=False),  # ids; none: nowhere
    Column("stop", Boolean, nullable=False),
    Column("per_day", Integer),
    Column("hours", Json),  # days, opens, closes
    Column("owners", Json, nullable=False),  # [known_as, name]
    Column("turn", Integer, nullable=False),  # how many leads were dealt to them
    Column("idle_since", Utc),  # it last held for a lead then, to within a day; else begun, or changed
    Column("removed_at", Utc),  # taken away; it can be put back for a while
    Column("removed_by", Id),
    Index(None, "site_id", "position"),
)  # fmt: skip

# Who has a place with a rule that has a cap, and on which day of the site.
routing_dealt = Table(
    "routing_dealt", metadata,
    Column("rule_id", Id, ForeignKey("routing_rules.id"), primary_key=True),
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    Column("day", Date, nullable=False),
    Index(None, "rule_id", "day"),
    Index(None, "lead_id"),
)  # fmt: skip
