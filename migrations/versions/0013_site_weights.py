"""The matcher's weights that a site learnt for itself"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_weights",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_weights_site_id_sites")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_weights")),
    )
