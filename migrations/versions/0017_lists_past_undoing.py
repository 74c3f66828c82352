"""What a list replaced is kept for a while, and then it cannot be taken back"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("imports", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
