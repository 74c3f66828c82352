"""Forget confirmations by a mark, as submissions are: some never had the address block that was looked for"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("confirmations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_confirmations_forgotten_at_created_at"), ["forgotten_at", "created_at"], unique=False
        )
