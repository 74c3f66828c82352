"""Put a pair that may be one person aside; find open ones by what was decided, and answered ones by when"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("duplicates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("aside_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index(batch_op.f("ix_duplicates_site_id_answer_weight"))
        batch_op.create_index("ix_duplicates_open", ["site_id", "answer", "decision", "weight", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_duplicates_site_id_answered_at_id"), ["site_id", "answered_at", "id"], unique=False
        )
