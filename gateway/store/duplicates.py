"""Pairs of leads that may be one person: what the matcher weighed, what staff said. What staff said stays when the
pair is weighed anew, and merges nothing by itself (gateway/merging.py does)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, or_, select, update

from gateway.ids import new_id
from gateway.store.conflicts import insert_if_absent
from gateway.store.tables import duplicates

Answer = Literal["merged", "apart"]


@dataclass(frozen=True)
class Weighed:
    """What the matcher says of two leads. weight: log2 odds that they are one person. parts: (field, level, bits)."""

    older: str
    younger: str
    decision: Literal["same", "possible"]
    weight: float
    parts: Sequence[tuple[str, str, float]]


@dataclass(frozen=True)
class Duplicate(Weighed):
    """The same as it is kept."""

    id: str
    at: datetime
    answer: Answer | None
    answered_at: datetime | None
    answered_by: str | None


def keep(conn: Connection, site_id: str, weighed: Weighed, now: datetime) -> None:
    """Write a pair down, or weigh it anew."""
    said = {
        "decision": weighed.decision,
        "weight": weighed.weight,
        "parts": [[field, level, round(bits, 2)] for field, level, bits in weighed.parts],
        "at": now,
    }
    pair = {"older": weighed.older, "younger": weighed.younger}
    if not insert_if_absent(conn, duplicates, {"id": new_id("dup", now), "site_id": site_id, **pair, **said}):
        mine = (duplicates.c.older == weighed.older) & (duplicates.c.younger == weighed.younger)
        conn.execute(update(duplicates).where(mine).values(said))


def get(conn: Connection, site_id: str, duplicate_id: str) -> Duplicate | None:
    query = select(duplicates).where(duplicates.c.id == duplicate_id, duplicates.c.site_id == site_id)
    row = conn.execute(query).first()
    return _duplicate(row) if row else None


def of_lead(conn: Connection, lead_ids: Sequence[str]) -> list[Duplicate]:
    """All pairs with one of these records, the likeliest first."""
    theirs = or_(duplicates.c.older.in_(lead_ids), duplicates.c.younger.in_(lead_ids))
    query = select(duplicates).where(theirs).order_by(duplicates.c.weight.desc(), duplicates.c.id)
    return [_duplicate(row) for row in conn.execute(query)]


def answer(conn: Connection, duplicate_id: str, said: Answer | None, *, by: str | None, now: datetime) -> None:
    """Write down what staff (or the ladder: by none) said; None takes it back."""
    told = {"answer": said, "answered_at": now if said else None, "answered_by": by if said else None}
    conn.execute(update(duplicates).where(duplicates.c.id == duplicate_id).values(told))


def _duplicate(row: Row[Any]) -> Duplicate:
    return Duplicate(
        older=row.older,
        younger=row.younger,
        decision=row.decision,
        weight=row.weight,
        parts=tuple((field, level, bits) for field, level, bits in row.parts),
        id=row.id,
        at=row.at,
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
    )
