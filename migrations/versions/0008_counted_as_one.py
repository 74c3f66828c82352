"""Count leads as one that are the same by all we know; note which wait to be held against the others"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unweighed",
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_unweighed_lead_id_leads")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_unweighed_site_id_sites")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_unweighed")),
    )
    op.create_index(op.f("ix_unweighed_at"), "unweighed", ["at"], unique=False)
    op.add_column("leads", sa.Column("same_as", sa.String(length=40), nullable=True))
    op.create_index(op.f("ix_leads_same_as"), "leads", ["same_as"], unique=False)
    op.add_column("sites", sa.Column("leads_keyed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sites", sa.Column("keys_version", sa.Integer(), server_default="0", nullable=False))
