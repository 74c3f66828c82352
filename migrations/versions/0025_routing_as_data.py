"""Routing as data: rules in order instead of one row a tick, a fallback a site, and why each delivery was made"""

import secrets
from collections import defaultdict
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WHY = (
    ("chosen", sa.String(length=10)),
    ("rule_id", sa.String(length=40)),
    ("rule_position", sa.Integer()),
    ("rule_title", sa.String(length=80)),
    ("not_before", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for name, kind in WHY:
        op.add_column("deliveries", sa.Column(name, kind, nullable=True))
    op.create_table(
        "routing",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("fallback", sa.String(length=40), nullable=True),
        sa.Column("explore_percent", sa.Integer(), nullable=False),
        sa.Column("explore_to", sa.String(length=40), nullable=True),
        sa.Column("explore_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["explore_to"], ["destinations.id"], name=op.f("fk_routing_explore_to")),
        sa.ForeignKeyConstraint(["fallback"], ["destinations.id"], name=op.f("fk_routing_fallback")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_routing_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_routing")),
    )
    op.create_table(
        "routing_rules",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("asks", JSON, nullable=False),
        sa.Column("destinations", JSON, nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=True),
        sa.Column("hours", JSON, nullable=True),
        sa.Column("owners", JSON, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_routing_rules_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rules")),
    )
    op.create_index(op.f("ix_routing_rules_site_id_position"), "routing_rules", ["site_id", "position"], unique=False)
    op.create_table(
        "routing_dealt",
        sa.Column("rule_id", sa.String(length=40), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_routing_dealt_lead_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["routing_rules.id"], name=op.f("fk_routing_dealt_rule_id")),
        sa.PrimaryKeyConstraint("rule_id", "lead_id", name=op.f("pk_routing_dealt")),
    )
    op.create_index(op.f("ix_routing_dealt_lead_id"), "routing_dealt", ["lead_id"], unique=False)
    op.create_index(op.f("ix_routing_dealt_rule_id_day"), "routing_dealt", ["rule_id", "day"], unique=False)
    _translate()
    op.drop_table("routes")


def _translate() -> None:
    """What one row ticked, joined by OR, becomes a rule each, in the same order; each spoke, so none stops."""
    conn, old = op.get_bind(), _table("routes")
    sites = defaultdict(list)
    for row in conn.execute(sa.select(old).order_by(old.c.site_id, old.c.position)):
        sites[row.site_id].append(row)
    for site_id, rows in sites.items():
        fallback = next((row.destination_id for row in rows if row.kind == "fallback"), None)
        conn.execute(
            _table("routing").insert().values(
                site_id=site_id, fallback=fallback, explore_percent=0, explore_to=None,
                explore_key=secrets.token_hex(16),
            )
        )  # fmt: skip
        asked = [(asks, row.destination_id) for row in rows for asks in _asks(row)]
        for position, (asks, destination_id) in enumerate(asked, 1):
            conn.execute(
                _table("routing_rules").insert().values(
                    id=_id(position), site_id=site_id, position=position, title="", asks=[asks],
                    destinations=[destination_id], stop=False, owners=[], turn=0,
                )
            )  # fmt: skip


def _asks(row: sa.Row) -> list[dict]:
    if row.kind == "contact":
        return [{"contact": True}]
    if row.kind == "fallback":
        return []
    listed = {"stages": row.stages, "cells": row.cells, "segments": row.segments}
    return [{key: list(values)} for key, values in listed.items() if values]


def _table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())


def _id(position: int) -> str:
    """Shaped as the program's own (gateway/ids.py), which may change while this stays."""
    letters = "0123456789abcdefghijklmnopqrstuv"
    now = int(datetime.now(UTC).timestamp() * 1000)
    value = now << 82 | position << 60 | secrets.randbits(60)
    return "rule_" + "".join(letters[value >> 5 * place & 31] for place in reversed(range(26)))
