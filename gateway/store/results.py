"""What people answered to a form, for its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from gateway.store.counted import COUNTED
from gateway.store.tables import leads, submissions

AT_ONCE = 500  # rows in memory


class Answered(NamedTuple):
    """person: the lead that it is counted under; without one, the submission, or the one that it corrects."""

    person: str
    version: int
    answers: Mapping[str, Any]


def answered(conn: Connection, form_id: str, since: datetime, *, most: int) -> Iterator[Answered]:
    """The newest accepted submissions of a form since then, at most so many, the newest first; no tests."""
    person = func.coalesce(COUNTED, submissions.c.corrects, submissions.c.id)
    query = (
        select(person, submissions.c.form_version, submissions.c.answers)
        .outerjoin(leads, leads.c.id == submissions.c.lead_id)
        .where(
            submissions.c.form_id == form_id,
            submissions.c.received_at >= since,
            submissions.c.status == "accepted",
            submissions.c.test.is_(False),
        )
        .order_by(submissions.c.received_at.desc(), submissions.c.id.desc())
        .limit(most)
    )
    rows = conn.execute(query.execution_options(yield_per=AT_ONCE))
    return (Answered(*row) for row in rows)
