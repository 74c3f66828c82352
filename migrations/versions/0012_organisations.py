"""People of one organisation together; those who stand already wait to be grouped"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=260), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("folded", sa.String(length=200), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=True),
        sa.Column("interest", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_organisations_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("site_id", "key", name=op.f("uq_organisations_site_id_key")),
    )
    for column in ("active_at", "people", "score", "folded"):
        name = op.f(f"ix_organisations_site_id_{column}")
        op.create_index(name, "organisations", ["site_id", column], unique=False)
    op.create_table(
        "organisation_people",
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=6), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("said", sa.String(length=200), nullable=True),
        sa.Column("firm", sa.Boolean(), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("basis IN ('domain', 'name')", name=op.f("ck_organisation_people_basis")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_organisation_people_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_people_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_organisation_people_site_id_sites")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_organisation_people")),
    )
    op.create_index(
        op.f("ix_organisation_people_site_id_organisation_id_active_at"),
        "organisation_people",
        ["site_id", "organisation_id", "active_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_organisation_people_site_id_company"), "organisation_people", ["site_id", "company"], unique=False
    )
    op.create_table(
        "ungrouped",
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_ungrouped_lead_id_leads")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_ungrouped_site_id_sites")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_ungrouped")),
    )
    op.create_index(op.f("ix_ungrouped_at"), "ungrouped", ["at"], unique=False)
    op.execute(
        "INSERT INTO ungrouped (lead_id, site_id, at)"
        " SELECT id, site_id, created_at FROM leads WHERE erased_at IS NULL AND merged_into IS NULL"
    )
