"""Lists of submissions with the verdict in force: the review page's and the API's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.store import keyset
from gateway.store.keyset import Order
from gateway.store.pairs import within
from gateway.store.submissions import theirs
from gateway.store.tables import forms, submissions, verdicts

_NEWEST = Order(submissions.c.received_at, datetime, submissions.c.id)


@dataclass(frozen=True)
class SubmissionLine:
    id: str
    status: str
    received_at: datetime
    form_key: str
    channel: str
    test: bool
    lead_id: str | None
    wants_contact: bool
    answers: Mapping[str, Any]
    typed: Mapping[str, str]  # as typed, where cleaning changed it: a phone's extension stands here alone
    page: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]  # the pipeline's, even where staff decided later
    weight: int
    decided_by: str | None  # the user who decided last; none: the pipeline
    decided_at: datetime | None


@dataclass(frozen=True)
class SubmissionPage:
    lines: Sequence[SubmissionLine]
    cursor: str | None


def page(
    conn: Connection,
    site_id: str,
    statuses: Sequence[str],
    *,
    cursor: str = "",
    limit: int = 25,
    tests: bool = True,
) -> SubmissionPage:
    """The newest first; no statuses: all of them. Raises keyset.CursorError."""
    query = select(submissions, forms.c.key.label("form_key")).join(forms, forms.c.id == submissions.c.form_id)
    query = query.where(submissions.c.site_id == site_id)
    if statuses:
        query = query.where(submissions.c.status.in_(statuses))
    if not tests:
        query = query.where(submissions.c.test.is_(False))
    shown, following = keyset.page(conn, query, _NEWEST, cursor=cursor, limit=limit)
    decided = _verdicts(conn, [row.id for row in shown])
    return SubmissionPage([_line(row, decided.get(row.id, [])) for row in shown], following)


def lines(conn: Connection, site_id: str, ids: Sequence[str]) -> dict[str, SubmissionLine]:
    """Those of the site with these ids, by id."""
    query = select(submissions, forms.c.key.label("form_key")).join(forms, forms.c.id == submissions.c.form_id)
    rows = conn.execute(query.where(within(submissions.c.site_id) == site_id, submissions.c.id.in_(ids))).all()
    decided = _verdicts(conn, [row.id for row in rows])
    return {row.id: _line(row, decided.get(row.id, [])) for row in rows}


def of_lead(conn: Connection, site_id: str, lead_id: str) -> list[SubmissionLine]:
    """The lead's submissions, oldest first."""
    query = select(submissions, forms.c.key.label("form_key")).join(forms, forms.c.id == submissions.c.form_id)
    query = query.where(theirs(site_id, lead_id))
    rows = conn.execute(query.order_by(submissions.c.received_at, submissions.c.id)).all()
    decided = _verdicts(conn, [row.id for row in rows])
    return [_line(row, decided.get(row.id, [])) for row in rows]


def counts(conn: Connection, site_id: str) -> dict[str, int]:
    """Status → number; a status that nothing has is left out."""
    query = select(submissions.c.status, func.count()).where(submissions.c.site_id == site_id)
    return {row[0]: row[1] for row in conn.execute(query.group_by(submissions.c.status))}


def oldest(conn: Connection, site_id: str, status: str) -> datetime | None:
    query = select(func.min(submissions.c.received_at))
    return conn.execute(query.where(submissions.c.site_id == site_id, submissions.c.status == status)).scalar()


def _verdicts(conn: Connection, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Submission → its verdicts, oldest first."""
    query = select(verdicts).where(verdicts.c.submission_id.in_(ids)).order_by(verdicts.c.id)
    found: dict[str, list[Any]] = {}
    for row in conn.execute(query):
        found.setdefault(row.submission_id, []).append(row)
    return found


def _line(row: Any, decided: Sequence[Any]) -> SubmissionLine:
    ours = next((one for one in reversed(decided) if one.decided_by is None), None)
    last = decided[-1] if decided else None
    return SubmissionLine(
        id=row.id,
        status=row.status,
        received_at=row.received_at,
        form_key=row.form_key,
        channel=row.channel,
        test=row.test,
        lead_id=row.lead_id,
        wants_contact=bool(row.wants_contact),
        answers=row.answers,
        typed=row.typed,
        page=row.page,
        findings=ours.findings if ours else [],
        weight=ours.weight if ours else 0,
        decided_by=last.decided_by if last else None,
        decided_at=last.at if last else None,
    )
