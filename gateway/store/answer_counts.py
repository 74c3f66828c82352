"""How a site's questions were answered of late, counted: how likely an answer is (gateway/scoring/asking.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from gateway.store.conflicts import insert_or_set
from gateway.store.tables import answer_counts, submissions


class Answered(NamedTuple):
    form_id: str
    version: int
    answers: Mapping[str, Any]


def newest(conn: Connection, site_id: str, most: int) -> list[Answered]:
    """The newest accepted submissions of a site, at most so many; no tests."""
    query = (
        select(submissions.c.form_id, submissions.c.form_version, submissions.c.answers)
        .where(submissions.c.site_id == site_id, submissions.c.status == "accepted", submissions.c.test.is_(False))
        .order_by(submissions.c.received_at.desc())
        .limit(most)
    )
    return [Answered(*row) for row in conn.execute(query)]


def keep(conn: Connection, site_id: str, counts: Mapping[str, Mapping[str, int]], now: datetime) -> None:
    insert_or_set(conn, answer_counts, {"site_id": site_id}, {"at": now, "counts": counts})


def get(conn: Connection, site_id: str) -> Mapping[str, Mapping[str, int]]:
    """Question → key of an answer → how often it was given; empty until it was counted."""
    found: Mapping[str, Mapping[str, int]] | None = conn.execute(_GET, {"at_site": site_id}).scalar()
    return found or {}


_GET = select(answer_counts.c.counts).where(answer_counts.c.site_id == bindparam("at_site"))
