"""The feed of changes: a position for each lead's last change, and leads that were taken back"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

UNNUMBERED = sa.text("feed_version != version")


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_feeds_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_feeds")),
    )
    op.create_table(
        "dropped_leads",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("feed_position", sa.BigInteger(), nullable=True),
        sa.Column("feed_version", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_dropped_leads_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dropped_leads")),
    )
    op.add_column("leads", sa.Column("feed_position", sa.BigInteger(), nullable=True))
    op.add_column("leads", sa.Column("feed_version", sa.Integer(), server_default="0", nullable=False))
    # Those that are there already stand in the order of their times.
    op.execute(
        "UPDATE leads SET feed_position = numbered.position, feed_version = version FROM"
        " (SELECT id AS lead, row_number() OVER (PARTITION BY site_id ORDER BY updated_at, id) AS position"
        " FROM leads WHERE version > 0) AS numbered WHERE leads.id = numbered.lead"
    )
    op.execute(
        "INSERT INTO feeds (site_id, position) SELECT site_id, max(feed_position) FROM leads"
        " WHERE feed_position IS NOT NULL GROUP BY site_id"
    )
    for table in ("leads", "dropped_leads"):
        op.create_index(f"ix_{table}_site_id_feed_position", table, ["site_id", "feed_position"], unique=True)
        op.create_index(
            f"ix_{table}_unnumbered",
            table,
            ["site_id", "updated_at", "id"],
            unique=False,
            sqlite_where=UNNUMBERED,
            postgresql_where=UNNUMBERED,
        )
