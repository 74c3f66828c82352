"""Where people leave a form: shown and not sent, and the same counted"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unsent",
        sa.Column("form_id", sa.String(length=40), nullable=False),
        sa.Column("visitor_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=80), nullable=False),
        sa.Column("asked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_unsent_form_id_forms")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_unsent_site_id_sites")),
        sa.PrimaryKeyConstraint("form_id", "visitor_id", "day", name=op.f("pk_unsent")),
    )
    with op.batch_alter_table("unsent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unsent_at"), ["at"], unique=False)
    op.create_table(
        "unsent_counts",
        sa.Column("form_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_unsent_counts_form_id_forms")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_unsent_counts_site_id_sites")),
        sa.PrimaryKeyConstraint("form_id", "day", "form_version", "field", name=op.f("pk_unsent_counts")),
    )
