"""A site's deliveries, all or those of one status, the newest first, without sorting them"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

EVERY = "ix_deliveries_site_id_created_at_id"
OF_STATUS = "ix_deliveries_site_id_status_created_at_id"
BEFORE = "ix_deliveries_site_id_status_created_at"


def upgrade() -> None:
    op.create_index(EVERY, "deliveries", ["site_id", "created_at", "id"], unique=False)
    op.create_index(OF_STATUS, "deliveries", ["site_id", "status", "created_at", "id"], unique=False)
    op.drop_index(BEFORE, "deliveries")


def downgrade() -> None:
    op.create_index(BEFORE, "deliveries", ["site_id", "status", "created_at"], unique=False)
    op.drop_index(OF_STATUS, "deliveries")
    op.drop_index(EVERY, "deliveries")
