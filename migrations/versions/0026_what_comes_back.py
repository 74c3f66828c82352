"""What comes back from destinations: their keys, what was heard, and whom they ask to forget"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment, name = sa.DateTime(timezone=True), sa.String(length=40)
    op.create_table(
        "inbound_keys",
        sa.Column("id", name, nullable=False),
        sa.Column("site_id", name, nullable=False),
        sa.Column("destination_id", name, nullable=False),
        sa.Column("way", sa.String(length=9), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=True),
        sa.CheckConstraint("way IN ('signature', 'bearer')", name=op.f("ck_inbound_keys_way")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_inbound_keys_site_id")),
        sa.ForeignKeyConstraint(["destination_id"], ["destinations.id"], name=op.f("fk_inbound_keys_destination_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_keys")),
    )
    op.create_index("ix_inbound_keys_destination_id", "inbound_keys", ["destination_id"], unique=False)
    op.create_table(
        "heard_messages",
        sa.Column("destination_id", name, nullable=False),
        sa.Column("message", name, nullable=False),
        sa.Column("site_id", name, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("result", sa.String(length=8), nullable=False),
        sa.Column("reason", name, nullable=True),
        sa.Column("lead_id", name, nullable=True),
        sa.CheckConstraint("result IN ('new', 'known', 'nobody', 'refused')", name=op.f("ck_heard_messages_result")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_heard_messages_site_id")),
        sa.ForeignKeyConstraint(["destination_id"], ["destinations.id"], name=op.f("fk_heard_messages_destination_id")),
        sa.PrimaryKeyConstraint("destination_id", "message", name=op.f("pk_heard_messages")),
    )
    op.create_index("ix_heard_messages_at", "heard_messages", ["at"], unique=False)
    op.create_index("ix_heard_messages_destination_id_at", "heard_messages", ["destination_id", "at"], unique=False)
    op.create_table(
        "erasure_requests",
        sa.Column("id", name, nullable=False),
        sa.Column("site_id", name, nullable=False),
        sa.Column("lead_id", name, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("asked_by", name, nullable=False),
        sa.Column("answer", sa.String(length=6), nullable=True),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answered_by", name, nullable=True),
        sa.CheckConstraint("answer IN ('erased', 'aside')", name=op.f("ck_erasure_requests_answer")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_erasure_requests_site_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_erasure_requests_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    op.create_index("ix_erasure_requests_lead_id", "erasure_requests", ["lead_id"], unique=False)
    op.create_index(
        "ix_erasure_requests_site_id_answer_asked_at",
        "erasure_requests",
        ["site_id", "answer", "asked_at"],
        unique=False,
    )
    op.create_index("ix_crm_records_destination_id_record", "crm_records", ["destination_id", "record"], unique=False)
