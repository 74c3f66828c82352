"""Which arrival is a record's first one stands on the arrival itself"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

arrivals = sa.table("arrivals", sa.column("submission_id"), sa.column("opens", sa.Boolean()))
beginnings = sa.table("beginnings", sa.column("submission_id"))


def upgrade() -> None:
    op.add_column("arrivals", sa.Column("opens", sa.Boolean(), server_default=sa.false(), nullable=False))
    first = sa.select(beginnings.c.submission_id)
    op.execute(sa.update(arrivals).where(arrivals.c.submission_id.in_(first)).values(opens=True))
