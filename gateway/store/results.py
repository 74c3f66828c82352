"""What people answered to a form, for its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from gateway.store import persons
from gateway.store.counted import COUNTED
from gateway.store.tables import events, leads, submissions

AT_ONCE = 500  # rows in memory


class Answered(NamedTuple):
    """person: the lead that it is counted under; without one, the submission, or the one that it corrects."""

    person: str
    version: int
    answers: Mapping[str, Any]


class Reached(NamedTuple):
    """One result of a lead: the form's key, the band's key, the share in whole per cent, when."""

    form: str
    band: str
    share: int
    at: datetime


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


def of_lead(conn: Connection, site_id: str, lead_id: str) -> list[Reached]:
    """The results of this person's assessments, the newest first."""
    query = (
        select(events.c.params, events.c.at)
        .where(
            events.c.site_id == site_id,
            events.c.lead_id.in_(persons.members(lead_id)),
            events.c.type == "assessment",
            events.c.source.in_(("form", "api")),
        )
        .order_by(events.c.at.desc(), events.c.id.desc())
    )
    found = [(row.params, row.at) for row in conn.execute(query)]
    return [Reached(one["form"], one["band"], one["share"], at) for one, at in found if _whole(one)]


def _whole(params: Mapping[str, Any]) -> bool:
    """The API may tell that an assessment was completed, and no result."""
    return all(isinstance(params.get(name), kind) for name, kind in (("form", str), ("band", str), ("share", int)))
