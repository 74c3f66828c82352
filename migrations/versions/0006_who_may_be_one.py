"""Who may be one person: keys that the matcher finds leads by, and the pairs that it weighed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_keys",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_keys_lead_id_leads")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_lead_keys_site_id_sites")),
        sa.PrimaryKeyConstraint("site_id", "key", "lead_id", name=op.f("pk_lead_keys")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("lead_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_keys_lead_id"), ["lead_id"], unique=False)
    op.create_table(
        "duplicates",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("older", sa.String(length=40), nullable=False),
        sa.Column("younger", sa.String(length=40), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("parts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=6), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint("answer IN ('merged', 'apart')", name=op.f("ck_duplicates_answer")),
        sa.CheckConstraint("decision IN ('same', 'possible')", name=op.f("ck_duplicates_decision")),
        sa.ForeignKeyConstraint(["older"], ["leads.id"], name=op.f("fk_duplicates_older_leads")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_duplicates_site_id_sites")),
        sa.ForeignKeyConstraint(["younger"], ["leads.id"], name=op.f("fk_duplicates_younger_leads")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicates")),
        sa.UniqueConstraint("older", "younger", name=op.f("uq_duplicates_older_younger")),
    )
    with op.batch_alter_table("duplicates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duplicates_site_id_answer_weight"), ["site_id", "answer", "weight"])
        batch_op.create_index(batch_op.f("ix_duplicates_younger"), ["younger"], unique=False)
