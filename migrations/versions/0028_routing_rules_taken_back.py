"""Routing rules that were taken away can come back for a while, and know when they last held for a lead"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for name in ("idle_since", "removed_at"):
        op.add_column("routing_rules", sa.Column(name, moment, nullable=True))
    op.add_column("routing_rules", sa.Column("removed_by", sa.String(40), nullable=True))
    op.execute("UPDATE routing_rules SET idle_since = CURRENT_TIMESTAMP")  # from now on it is watched


def downgrade() -> None:
    op.execute("DELETE FROM routing_dealt WHERE rule_id IN (SELECT id FROM routing_rules WHERE removed_at IS NOT NULL)")
    op.execute("DELETE FROM routing_rules WHERE removed_at IS NOT NULL")
    for name in ("removed_by", "removed_at", "idle_since"):
        op.drop_column("routing_rules", name)
