"""Points learnt from outcomes, and the outcomes by themselves"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OUTCOMES = sa.text("type IN ('bad', 'customer', 'lost', 'won')")


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=16), nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("undone", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'done', 'failed')", name=op.f("ck_calibrations_status")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_calibrations_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
    )
    op.create_index(op.f("ix_calibrations_site_id_asked_at"), "calibrations", ["site_id", "asked_at"], unique=False)
    op.create_index(
        "ix_events_outcomes",
        "events",
        ["site_id", "lead_id"],
        unique=False,
        sqlite_where=OUTCOMES,
        postgresql_where=OUTCOMES,
    )
