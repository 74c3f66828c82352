"""How much like one submission came in around it: by address block, form, e-mail domain and text. Two statements,
each on an index and bounded, since a flood is when they are asked most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, ScalarSelect, func, literal, select

from gateway.records import Submission
from gateway.store.tables import submissions
from verification.spam.prints import near

WITHIN = timedelta(hours=1)
BURST = timedelta(minutes=5)
MOST = 1000  # counted of each; more would change no verdict
PRINTS = 300  # of the site's latest, compared one by one (0.1 ms)


@dataclass(frozen=True)
class Recent:
    """Others like this submission: within the hour before it, and since."""

    from_block: int = 0
    burst_from_block: int = 0  # within five minutes
    on_form: int = 0
    from_domain: int = 0
    same_content: int = 0
    near_content: int = 0


def around(conn: Connection, submission: Submission, *, domain: str | None) -> Recent:
    """domain: the e-mail domain to count; None counts none, as for free mail."""
    hour, minutes = submission.received_at - WITHIN, submission.received_at - BURST
    row = conn.execute(
        select(
            _others(submission, since=hour, block_hash=submission.block_hash).label("from_block"),
            _others(submission, since=minutes, block_hash=submission.block_hash).label("burst_from_block"),
            _others(submission, since=hour, form_id=submission.form_id).label("on_form"),
            _others(submission, since=hour, email_domain=domain).label("from_domain"),
            _others(submission, since=hour, content_hash=submission.content_hash).label("same_content"),
        )
    ).one()
    return Recent(**row._mapping, near_content=_near(conn, submission))


def _others(submission: Submission, *, since: object, **column: str | None) -> ScalarSelect[Any] | ColumnElement[int]:
    [(name, value)] = column.items()
    if value is None:
        return literal(0, Integer)
    found = select(submissions.c.id).where(
        submissions.c.site_id == submission.site_id,
        submissions.c[name] == value,
        submissions.c.received_at >= since,
        submissions.c.id != submission.id,
    )
    return select(func.count()).select_from(found.limit(MOST).subquery()).scalar_subquery()


def _near(conn: Connection, submission: Submission) -> int:
    mine = submission.content_print
    if mine is None:
        return 0
    latest = (
        select(submissions.c.content_print)
        .where(
            submissions.c.site_id == submission.site_id,
            submissions.c.received_at >= submission.received_at - WITHIN,
            submissions.c.id != submission.id,
        )
        .order_by(submissions.c.received_at.desc())
        .limit(PRINTS)
    )
    return sum(1 for (other,) in conn.execute(latest) if other is not None and near(mine, other))
