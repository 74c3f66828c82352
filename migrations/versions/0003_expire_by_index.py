"""Expire by index: what was forgotten is marked, and what may have to be is indexed"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_submissions_forgotten_at_received_at"), ["forgotten_at", "received_at"], unique=False
        )
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_verdicts_forgotten_at_at"), ["forgotten_at", "at"], unique=False)
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_received_at"),
            ["received_at"],
            unique=False,
            sqlite_where=sa.text("lead_id IS NULL"),
            postgresql_where=sa.text("lead_id IS NULL"),
        )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attempts_at"),
            ["at"],
            unique=False,
            sqlite_where=sa.text("reply IS NOT NULL"),
            postgresql_where=sa.text("reply IS NOT NULL"),
        )
