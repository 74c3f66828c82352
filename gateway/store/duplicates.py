"""Pairs of leads that may be one person: what the matcher weighed, what staff said. What staff said stays when the
pair is weighed anew, and merges nothing by itself (gateway/merging.py does)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, or_, select, update

from gateway.ids import new_id
from gateway.store import counted, persons
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
    aside_at: datetime | None = None  # put aside for later

    @property
    def waits(self) -> bool:
        """Nobody said yet, and nobody put it aside."""
        return self.answer is None and self.aside_at is None


def keep(conn: Connection, site_id: str, weighed: Weighed, now: datetime) -> None:
    """Write a pair down, or weigh it anew. One that was put aside comes back once other things agree than before."""
    said: dict[str, Any] = {
        "decision": weighed.decision,
        "weight": weighed.weight,
        "parts": [[field, level, round(bits, 2)] for field, level, bits in weighed.parts],
        "at": now,
    }
    pair = {"older": weighed.older, "younger": weighed.younger}
    if not insert_if_absent(conn, duplicates, {"id": new_id("dup", now), "site_id": site_id, **pair, **said}):
        ends = {"left": weighed.older, "right": weighed.younger}
        before = conn.execute(_SAID, ends).one()
        if before.decision != weighed.decision or _levels(before.parts) != _levels(weighed.parts):
            said["aside_at"] = None
        conn.execute(_SAY, {**ends, **said})


def get(conn: Connection, site_id: str, duplicate_id: str) -> Duplicate | None:
    query = select(duplicates).where(duplicates.c.id == duplicate_id, duplicates.c.site_id == site_id)
    row = conn.execute(query).first()
    return duplicate_of(row) if row else None


def of_lead(conn: Connection, lead_ids: Sequence[str]) -> list[Duplicate]:
    """All pairs with one of these records, the likeliest first."""
    return [duplicate_of(row) for row in conn.execute(_OF_LEADS, {"these": list(lead_ids)})]


_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_LEFT: BindParameter[Any] = bindparam("left", expanding=True)
_RIGHT: BindParameter[Any] = bindparam("right", expanding=True)
_OF_LEADS = (
    select(duplicates)
    .where(or_(duplicates.c.older.in_(_THESE), duplicates.c.younger.in_(_THESE)))
    .order_by(duplicates.c.weight.desc(), duplicates.c.id)
)
_BETWEEN = (
    select(duplicates)
    .where(
        or_(
            duplicates.c.older.in_(_LEFT) & duplicates.c.younger.in_(_RIGHT),
            duplicates.c.older.in_(_RIGHT) & duplicates.c.younger.in_(_LEFT),
        )
    )
    .order_by(duplicates.c.weight.desc(), duplicates.c.id)
)
_PAIR = (duplicates.c.older == bindparam("left")) & (duplicates.c.younger == bindparam("right"))
_SAID = select(duplicates.c.decision, duplicates.c.parts).where(_PAIR)
_SAY = update(duplicates).where(_PAIR)  # the columns that are given with it


def answer(conn: Connection, duplicate_id: str, said: Answer | None, *, by: str | None, now: datetime) -> None:
    """Write down what staff (or the ladder: by none) said; None takes it back. Who is counted as one follows."""
    pair = select(duplicates.c.site_id, duplicates.c.older, duplicates.c.younger, duplicates.c.decision)
    row = conn.execute(pair.where(duplicates.c.id == duplicate_id)).one()
    persons.lock(conn, row.site_id)  # before any row
    told = {"answer": said, "answered_at": now if said else None, "answered_by": by if said else None}
    conn.execute(update(duplicates).where(duplicates.c.id == duplicate_id).values(told))
    if row.decision == "same":
        counted.recount(conn, row.site_id, [row.older, row.younger])


def drop(conn: Connection, duplicate_ids: Sequence[str]) -> None:
    """Pairs that nobody said anything of, and that what is known now does not make any more."""
    if duplicate_ids:
        conn.execute(delete(duplicates).where(duplicates.c.id.in_(duplicate_ids), duplicates.c.answer.is_(None)))


def between(conn: Connection, left: Sequence[str], right: Sequence[str]) -> list[Duplicate]:
    """Those with one of these records and one of those, the likeliest first."""
    return [duplicate_of(row) for row in conn.execute(_BETWEEN, {"left": list(left), "right": list(right)})]


def same_as(conn: Connection, lead_id: str) -> list[str]:
    """The other leads that are counted as one with this person, without being merged with it, the oldest first."""
    records = counted.together(conn, [lead_id])
    found = persons.survivors(conn, [lead_id, *records])
    return sorted(set(found.values()) - {found.get(lead_id, lead_id)})


def set_aside(conn: Connection, duplicate_id: str, now: datetime | None) -> None:
    """For later; none takes it back."""
    conn.execute(update(duplicates).where(duplicates.c.id == duplicate_id).values(aside_at=now))


def _levels(parts: Sequence[Sequence[Any]]) -> set[tuple[str, str]]:
    return {(field, level) for field, level, _ in parts}


def duplicate_of(row: Row[Any]) -> Duplicate:
    """A row of the table `duplicates`."""
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
        aside_at=row.aside_at,
    )
