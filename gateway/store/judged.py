"""Past submissions with how they were judged, and on what evidence: what a replay reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.records import Submission
from gateway.store import keyset, submissions
from gateway.store.tables import submissions as table
from gateway.store.tables import verdicts
from gateway.store.verdicts import OutcomeOfVerdict

CHUNK = 500  # rows in memory at once


@dataclass(frozen=True)
class Wanted:
    """Which submissions: a site's, received since then, of one form or of all; the newest `limit`."""

    site_id: str
    since: datetime
    form_id: str | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Judged:
    submission: Submission
    outcome: OutcomeOfVerdict | None  # the pipeline's last; none: not judged yet
    evidence: Mapping[str, Any] | None  # kept with it; none: forgotten (180 days), or older than its keeping
    decided: OutcomeOfVerdict | None  # what staff or the visitor made of it afterwards


def stream(conn: Connection, wanted: Wanted) -> Iterator[Judged]:
    """The newest first, in chunks, so that a year fits into memory."""
    query = submissions.selected().where(table.c.site_id == wanted.site_id, table.c.received_at >= wanted.since)
    if wanted.form_id is not None:
        query = query.where(table.c.form_id == wanted.form_id)
    query = query.order_by(table.c.received_at.desc(), table.c.id.desc())
    left, place = wanted.limit, None
    while left is None or left > 0:
        size = CHUNK if left is None else min(CHUNK, left)
        behind = query if place is None else keyset.after(query, table.c.received_at, table.c.id, place)
        rows = conn.execute(behind.limit(size)).all()
        yield from _judged(conn, rows)
        if len(rows) < size:
            return
        left = None if left is None else left - size
        place = (rows[-1].received_at, rows[-1].id)


def _judged(conn: Connection, rows: Sequence[Row[Any]]) -> Iterator[Judged]:
    columns = (verdicts.c.submission_id, verdicts.c.outcome, verdicts.c.evidence, verdicts.c.decided_by)
    query = select(*columns).where(verdicts.c.submission_id.in_([row.id for row in rows])).order_by(verdicts.c.id)
    found: dict[str, list[Any]] = {}
    for verdict in conn.execute(query):
        found.setdefault(verdict.submission_id, []).append(verdict)
    for row in rows:
        given = found.get(row.id, [])
        ours = next((one for one in reversed(given) if one.decided_by is None), None)
        last = given[-1] if given else None
        yield Judged(
            submissions.record(row),
            ours.outcome if ours else None,
            ours.evidence if ours else None,
            last.outcome if last and last.decided_by is not None else None,
        )
