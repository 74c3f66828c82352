"""The way that leads took through the stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from gateway.store import persons
from gateway.store.tables import leads
from gateway.store.tables import stage_moves as moves

_MOVES = select(moves).where(moves.c.lead_id.in_(persons.members(bindparam("whose")))).order_by(moves.c.id)


def add(conn: Connection, lead_id: str, now: datetime, move: Mapping[str, Any]) -> None:
    """move: from_stage, to_stage, code, params."""
    add_all(conn, [(lead_id, move)], now)


def add_all(conn: Connection, made: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> None:
    """The same of several leads at once."""
    if made:
        conn.execute(moves.insert(), [{"lead_id": lead_id, "at": now, **move} for lead_id, move in made])


def of_person(conn: Connection, lead_id: str) -> Sequence[Row[Any]]:
    """Rows of (at, from_stage, to_stage, code, params) of all the person's records, oldest first."""
    return conn.execute(_MOVES, {"whose": lead_id}).all()


def apart(conn: Connection, lead_id: str) -> str | None:
    """The stage it had when it was first merged."""
    found: str | None = conn.execute(select(leads.c.stage_apart).where(leads.c.id == lead_id)).scalar_one()
    return found
