"""Verdicts: each one kept with every finding, those of staff too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, bindparam, select, update

from gateway.store import persons
from gateway.store.expiring import Expiring, Keys
from gateway.store.pairs import among
from gateway.store.tables import submissions, verdicts

OutcomeOfVerdict = Literal["accept", "hold", "reject"]


@dataclass(frozen=True)
class VerdictRow:
    submission_id: str
    at: datetime
    outcome: OutcomeOfVerdict
    weight: int
    findings: Sequence[dict[str, Any]]  # as Finding's fields
    decided_by: str | None  # a user's id, "command" or "visitor"; none: the pipeline
    evidence: Mapping[str, Any] | None = None  # the pipeline's: what it looked at beyond the row (gateway.replay)


def add(conn: Connection, row: VerdictRow) -> None:
    conn.execute(
        verdicts.insert().values(
            submission_id=row.submission_id,
            at=row.at,
            outcome=row.outcome,
            weight=row.weight,
            findings=list(row.findings),
            decided_by=row.decided_by,
            evidence=None if row.evidence is None else dict(row.evidence),
        )
    )


def forgettable(before: datetime, now: datetime) -> Expiring:
    """Of older verdicts is kept which findings there were and what they weighed, not what was seen."""
    old = and_(verdicts.c.forgotten_at.is_(None), verdicts.c.at < before)
    return Expiring(verdicts, old, {"evidence": None, "forgotten_at": now}, also=_bare_findings)


def forget(conn: Connection, submission_ids: Sequence[str], now: datetime) -> None:
    """The same at once, of these submissions."""
    mine = verdicts.c.submission_id.in_(submission_ids)
    _bare_findings(conn, conn.execute(select(verdicts.c.id).where(mine)).all())(conn)
    conn.execute(update(verdicts).where(mine).values(evidence=None, forgotten_at=now))


def _bare_findings(conn: Connection, keys: Keys) -> Callable[[Connection], None]:
    """Findings never change once they are stored, so they may be read before."""
    query = select(verdicts.c.id, verdicts.c.findings).where(verdicts.c.id.in_([key.id for key in keys]))
    seen = [row for row in conn.execute(query) if any(finding.get("params") for finding in row.findings)]
    bare = [{"key": row.id, "bare": [{**finding, "params": {}} for finding in row.findings]} for row in seen]
    change = update(verdicts).where(verdicts.c.id == bindparam("key")).values(findings=bindparam("bare"))

    def drop(writing: Connection) -> None:
        if bare:
            writing.execute(change, bare)

    return drop


def of_submission(conn: Connection, submission_id: str) -> list[VerdictRow]:
    """Oldest first: the pipeline's, then those of staff."""
    query = select(verdicts).where(verdicts.c.submission_id == submission_id).order_by(verdicts.c.id)
    return [_row(row) for row in conn.execute(query)]


_LATEST = (
    select(verdicts)
    .join(submissions, submissions.c.id == verdicts.c.submission_id)
    .where(among(submissions.c.lead_id, persons.places(bindparam("whose"))))
    .order_by(submissions.c.received_at.desc(), verdicts.c.id.desc())
    .limit(1)
)


def latest_for_lead(conn: Connection, lead_id: str) -> VerdictRow | None:
    """The verdict on the lead's newest submission."""
    row = conn.execute(_LATEST, {"whose": lead_id}).first()
    return _row(row) if row else None


def _row(row: Row[Any]) -> VerdictRow:
    return VerdictRow(row.submission_id, row.at, row.outcome, row.weight, row.findings, row.decided_by, row.evidence)
