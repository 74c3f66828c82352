"""What outside checks said of a submission, asked once: the row is written before the question goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from gateway.store.conflicts import insert_if_absent
from gateway.store.expiring import Expiring
from gateway.store.tables import outside_answers as rows
from verification.evidence import OutsideAnswer


@dataclass(frozen=True)
class Question:
    submission_id: str
    name: str  # of the outside check
    what: str  # a token or an address; it is not stored here
    received_at: datetime


def claim(conn: Connection, question: Question, now: datetime) -> bool:
    """True for whoever asks first: nobody else will."""
    values = {"submission_id": question.submission_id, "name": question.name, "asked_at": now}
    return insert_if_absent(conn, rows, values)


def keep(conn: Connection, answered: Iterable[tuple[Question, OutsideAnswer]]) -> None:
    for question, answer in answered:
        mine = (rows.c.submission_id == question.submission_id, rows.c.name == question.name)
        conn.execute(update(rows).where(*mine).values(answer=answer))


def under_way(conn: Connection, submission_ids: Sequence[str], *, since: datetime) -> set[str]:
    """Those of them that were asked about since then and have no answer yet."""
    query = select(rows.c.submission_id).where(
        rows.c.submission_id.in_(submission_ids), rows.c.answer.is_(None), rows.c.asked_at >= since
    )
    return set(conn.execute(query).scalars())


def of_submission(conn: Connection, submission_id: str) -> dict[str, OutsideAnswer]:
    """Name → answer. A question whose answer was lost with its worker is silent."""
    query = select(rows.c.name, rows.c.answer).where(rows.c.submission_id == submission_id).order_by(rows.c.name)
    return {row.name: row.answer or "silent" for row in conn.execute(query)}


def forgettable(before: datetime) -> Expiring:
    """What was asked before: evidence is kept for a while only (rule 37)."""
    return Expiring(rows, rows.c.asked_at < before)
