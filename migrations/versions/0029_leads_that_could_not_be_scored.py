"""Leads whose score could not be counted stand apart, so that they hinder nobody else"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unscored",
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_unscored_lead_id_leads")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_unscored_site_id_sites")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_unscored")),
    )
    op.create_index(op.f("ix_unscored_at"), "unscored", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("unscored")
