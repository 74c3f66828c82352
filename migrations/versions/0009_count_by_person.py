"""Count by person: a line for each judged submission and each lead's beginning; back-filled from what is stored"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 5000  # rows
MARKS = ("campaign", "source", "medium")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
at = sa.DateTime(timezone=True)
submissions = sa.table(
    "submissions",
    *(sa.column(name) for name in ("id", "site_id", "form_id", "status", "lead_id", "test")),
    sa.column("received_at", at),
    sa.column("page", json),
)
touches = sa.table("touches", sa.column("id"), sa.column("lead_id"), sa.column("at", at), sa.column("params", json))
arrivals = sa.table(
    "arrivals",
    *(sa.column(name) for name in ("submission_id", "site_id", "form_id", "accepted", "lead_id", *MARKS)),
    sa.column("at", at),
)
beginnings = sa.table(
    "beginnings",
    *(sa.column(name) for name in ("lead_id", "site_id", "submission_id", *MARKS)),
    sa.column("at", at),
    sa.column("touched_at", at),
)


def upgrade() -> None:
    marks = [sa.Column(name, sa.String(length=120), nullable=True) for name in MARKS]
    op.create_table(
        "arrivals",
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("form_id", sa.String(length=40), nullable=False),
        sa.Column("at", at, nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=True),
        *marks,
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_arrivals_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_arrivals_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_arrivals")),
    )
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_arrivals_site_id_at"), ["site_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_arrivals_site_id_lead_id"), ["site_id", "lead_id"], unique=False)
    op.create_table(
        "beginnings",
        sa.Column("lead_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("at", at, nullable=False),
        sa.Column("touched_at", at, nullable=True),
        *(sa.Column(name, sa.String(length=120), nullable=True) for name in MARKS),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_beginnings_lead_id_leads")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_beginnings_site_id_sites")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_beginnings")),
    )
    _fill(op.get_bind())


def _fill(conn: sa.Connection) -> None:
    """In the order of the key, which an index gives: each row is read once, however many there are."""
    judged = sa.select(submissions).where(
        sa.not_(submissions.c.test), submissions.c.status.in_(("accepted", "held", "rejected", "erased"))
    )
    after = ""
    while rows := conn.execute(judged.where(submissions.c.id > after).order_by(submissions.c.id).limit(AT_ONCE)).all():
        after = rows[-1].id
        came = _touches(conn, {row.lead_id for row in rows if row.lead_id})
        conn.execute(arrivals.insert(), [_arrival(row, came.get(row.lead_id, [])) for row in rows])
        _begin(conn, [row for row in rows if row.lead_id], came)


def _touches(conn: sa.Connection, lead_ids: Iterable[str]) -> dict[str, list[Any]]:
    """Of each lead those that did not come direct, oldest first."""
    found: dict[str, list[Any]] = {}
    ids = sorted(lead_ids)
    for start in range(0, len(ids), 500):
        theirs = sa.select(touches).where(touches.c.lead_id.in_(ids[start : start + 500]))
        for row in conn.execute(theirs.order_by(touches.c.at, touches.c.id)):
            if row.params:
                found.setdefault(row.lead_id, []).append(row)
    return found


def _arrival(row: Any, came: Sequence[Any]) -> dict[str, Any]:
    accepted = row.status == "accepted"
    before = [touch.params for touch in came if touch.at <= row.received_at]
    params = (before[-1] if before else {}) if row.lead_id else (row.page or {}).get("utm") or {}
    return {
        "submission_id": row.id,
        "site_id": row.site_id,
        "form_id": row.form_id,
        "at": row.received_at,
        "accepted": accepted,
        "lead_id": row.lead_id,
        **_marks(params),
    }


def _begin(conn: sa.Connection, rows: Iterable[Any], came: Mapping[str, Sequence[Any]]) -> None:
    """The earliest of each lead; a lead may go on in the next batch."""
    first: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: (row.received_at, row.id)):
        first.setdefault(row.lead_id, row)
    known: dict[str, Any] = {}
    ids = sorted(first)
    for start in range(0, len(ids), 500):
        found = sa.select(beginnings).where(beginnings.c.lead_id.in_(ids[start : start + 500]))
        known |= {row.lead_id: row.at for row in conn.execute(found)}
    new = []
    for lead_id, row in first.items():
        earliest = {"submission_id": row.id, "at": row.received_at}
        if lead_id not in known:
            touch = came[lead_id][0] if lead_id in came else None
            said = {"touched_at": touch.at if touch else None, **_marks(touch.params if touch else {})}
            new.append({"lead_id": lead_id, "site_id": row.site_id, **earliest, **said})
        elif row.received_at < known[lead_id]:
            conn.execute(beginnings.update().where(beginnings.c.lead_id == lead_id).values(earliest))
    if new:
        conn.execute(beginnings.insert(), new)


def _marks(params: Mapping[str, Any]) -> dict[str, str | None]:
    said = (params.get("utm_campaign"), params.get("utm_source") or params.get("referrer"), params.get("utm_medium"))
    return {name: str(value or "").strip()[:120] or None for name, value in zip(MARKS, said, strict=True)}
