"""By which rulebook each lead stands, its segments, and rules that are being changed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("leads", sa.Column("scored_by", sa.String(length=16), nullable=True))
    op.add_column("leads", sa.Column("segments", JSON, nullable=True))
    op.create_index(op.f("ix_leads_site_id_scored_by"), "leads", ["site_id", "scored_by"], unique=False)
    op.create_table(
        "rescorings",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_rescorings_site_id_sites")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_rescorings")),
    )
    op.create_table(
        "rulebook_drafts",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_rulebook_drafts_site_id_sites")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_rulebook_drafts")),
    )
    op.create_table(
        "segment_members",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("segment", sa.String(length=40), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_segment_members_lead_id_leads")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_segment_members_site_id_sites")),
        sa.PrimaryKeyConstraint("site_id", "segment", "lead_id", name=op.f("pk_segment_members")),
    )
    op.create_index(op.f("ix_segment_members_lead_id"), "segment_members", ["lead_id"], unique=False)
