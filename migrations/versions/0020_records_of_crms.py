"""Under which id a destination has a lead"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_records",
        sa.Column("destination_id", sa.String(length=40), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=200), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name=op.f("fk_crm_records_destination_id_destinations")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_crm_records_lead_id_leads")),
        sa.PrimaryKeyConstraint("destination_id", "lead_id", name=op.f("pk_crm_records")),
    )
    op.create_index(op.f("ix_crm_records_lead_id"), "crm_records", ["lead_id"], unique=False)
