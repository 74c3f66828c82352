"""Verification in depth: confirmations, renewed lists, lessons, and the evidence of verdicts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "list_versions",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_list_versions")),
    )
    with op.batch_alter_table("list_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_versions_name_fetched_at"), ["name", "fetched_at"], unique=False)

    op.create_table(
        "mail_stops",
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.CheckConstraint("reason IN ('not_me', 'bounced')", name=op.f("ck_mail_stops_reason")),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_mail_stops")),
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=4), nullable=False),
        sa.Column(
            "words",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("label IN ('spam', 'ham')", name=op.f("ck_lessons_label")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_lessons_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
    )
    with op.batch_alter_table("lessons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lessons_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "word_counts",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_word_counts_site_id")),
        sa.PrimaryKeyConstraint("site_id", "word", name=op.f("pk_word_counts")),
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("form_id", sa.String(length=40), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=5), nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("block_hash", sa.String(length=32), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_back", sa.String(length=20), nullable=True),
        sa.Column("failed", sa.String(length=40), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visitor_id", sa.String(length=40), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "evidence",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint("channel IN ('email', 'phone')", name=op.f("ck_confirmations_channel")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_confirmations_form_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_confirmations_site_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_confirmations_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    with op.batch_alter_table("confirmations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_confirmations_block_hash_created_at"), ["block_hash", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_confirmations_form_id_created_at"), ["form_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_confirmations_mailbox_created_at"), ["mailbox", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_confirmations_site_id_visitor_id"), ["site_id", "visitor_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_confirmations_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "samples",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=5), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint("answer IN ('right', 'wrong')", name=op.f("ck_samples_answer")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_samples_site_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_samples_submission_id")),
        sa.PrimaryKeyConstraint("site_id", "week", "submission_id", name=op.f("pk_samples")),
    )
    op.create_table(
        "outside_answers",
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.CheckConstraint(
            "answer IN ('good', 'doubtful', 'bad', 'unknown', 'missing', 'silent')",
            name=op.f("ck_outside_answers_answer"),
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_outside_answers_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "name", name=op.f("pk_outside_answers")),
    )
    with op.batch_alter_table("outside_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_answers_asked_at"), ["asked_at"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_site_id_at"), ["site_id", "at"], unique=False)

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("content_print", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("email_domain", sa.String(length=253), nullable=True))
        batch_op.add_column(sa.Column("proof", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("wants_contact", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_submissions_form_id_received_at"), ["form_id", "received_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_submissions_proof"), ["proof"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_submissions_site_id_email_domain_received_at"),
            ["site_id", "email_domain", "received_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_submissions_site_id_received_at"), ["site_id", "received_at"], unique=False
        )

    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "evidence",
                sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
                nullable=True,
            )
        )
