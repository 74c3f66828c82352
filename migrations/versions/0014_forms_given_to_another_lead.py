"""Forms that staff gave to another lead; find pairs that were put aside by when"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relinks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("from_lead", sa.String(length=40), nullable=False),
        sa.Column("to_lead", sa.String(length=40), nullable=False),
        sa.Column("merge_id", sa.String(length=40), nullable=True),
        sa.Column("kept", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["from_lead"], ["leads.id"], name=op.f("fk_relinks_from_lead_leads")),
        sa.ForeignKeyConstraint(["merge_id"], ["merges.id"], name=op.f("fk_relinks_merge_id_merges")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_relinks_site_id_sites")),
        sa.ForeignKeyConstraint(["to_lead"], ["leads.id"], name=op.f("fk_relinks_to_lead_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relinks")),
    )
    op.create_index(
        op.f("ix_duplicates_site_id_aside_at_id"), "duplicates", ["site_id", "aside_at", "id"], unique=False
    )
    for column in ("submission_id", "from_lead", "to_lead"):
        op.create_index(op.f(f"ix_relinks_{column}"), "relinks", [column], unique=False)
