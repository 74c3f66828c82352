"""How destinations fare: failures in a row, rests, rate budgets, tries by destination"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("destinations", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    for name in ("rests_until", "paced_until", "paused_at"):
        op.add_column("destinations", sa.Column(name, moment, nullable=True))
    op.add_column("destinations", sa.Column("per_second", sa.Float(), nullable=True))
    op.execute("UPDATE destinations SET failures = refusals")
    op.execute("UPDATE destinations SET failures = 1 WHERE failing_since IS NOT NULL AND failures = 0")
    op.add_column("attempts", sa.Column("destination_id", sa.String(40), nullable=True))
    op.execute(
        "UPDATE attempts SET destination_id ="
        " (SELECT destination_id FROM deliveries WHERE deliveries.id = attempts.delivery_id)"
    )
    op.create_index("ix_attempts_destination_id_at", "attempts", ["destination_id", "at"])
    op.drop_index("ix_deliveries_destination_id_status", "deliveries")
    op.create_index("ix_deliveries_destination_id_status_due_at", "deliveries", ["destination_id", "status", "due_at"])
