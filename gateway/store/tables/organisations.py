"""Organisations: people of one mail domain or company name, seen together. A person stays a lead of their own."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from gateway.store.tables.schema import Id, Utc, metadata, one_of, site

# What a line of their list shows is kept with each: counted anew when one of its people changes.
organisations = Table(
    "organisations", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("key", String(260), nullable=False),  # the domain, or "=" and the folded name
    Column("domain", String(253)),
    Column("name", String(200)),  # as most of its people write it
    Column("folded", String(200)),  # what it is called, as names are compared; none: its people do not agree
    Column("people", Integer, nullable=False),
    Column("grade", String(1)),  # the best cell; none: all of its people are disqualified
    Column("interest", Integer),
    Column("score", Integer, nullable=False),  # the highest
    Column("active_at", Utc, nullable=False),
    Column("search", Text, nullable=False),
    UniqueConstraint("site_id", "key"),
    Index(None, "site_id", "active_at"),
    Index(None, "site_id", "people"),
    Index(None, "site_id", "score"),
    Index(None, "site_id", "folded"),
)  # fmt: skip

# The record under which a person stands, and why it is of this organisation.
organisation_people = Table(
    "organisation_people", metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    site(),
    Column("organisation_id", Id, ForeignKey("organisations.id"), nullable=False),
    Column("basis", String(6), nullable=False),
    Column("company", String(200)),  # what they say, folded
    Column("said", String(200)),  # as they wrote it
    Column("firm", Boolean, nullable=False),  # their address is confirmed or better
    Column("active_at", Utc, nullable=False),
    one_of("basis", "domain", "name"),
    Index(None, "site_id", "organisation_id", "active_at"),
    Index(None, "site_id", "company"),
)  # fmt: skip

# Leads of which something changed that an organisation shows: they wait to be grouped anew.
ungrouped = Table(
    "ungrouped", metadata,
    Column("lead_id", Id, ForeignKey("leads.id"), primary_key=True),
    site(),
    Column("at", Utc, nullable=False, index=True),
)  # fmt: skip
