"""Calibrations that somebody asked for: a row each, of a site its newest few. The row is the queue; whoever works on
one says so by `worked_at`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select, update

from gateway.ids import new_id
from gateway.store.db import lock_names
from gateway.store.tables import calibrations

KEPT = 5  # of a site
DEAD = timedelta(minutes=5)  # a fit of very many leads says nothing meanwhile
MOST_TRIES = 3

Status = Literal["waiting", "done", "failed"]


@dataclass(frozen=True)
class Asked:
    """One calibration. done, total: leads that were looked at, of how many. digest: of the rulebook that it was
    measured against. version: under which its points were published; undone: the version that took them back."""

    id: str
    site_id: str
    asked_at: datetime
    asked_by: str | None  # a user
    status: Status
    done: int
    total: int
    tries: int
    worked_at: datetime | None
    finished_at: datetime | None
    digest: str | None
    result: Mapping[str, Any] | None
    problem: str | None  # of a failed one: the place of the fault
    version: int | None
    undone: int | None


def ask(conn: Connection, site_id: str, now: datetime, *, by: str | None) -> str:
    """Let one be made; the one that waits already, where there is one. Returns its id."""
    lock_names(conn, f"calibration:{site_id}")
    mine = calibrations.c.site_id == site_id
    waiting = conn.execute(select(calibrations.c.id).where(mine, calibrations.c.status == "waiting")).scalar()
    if waiting is not None:
        return str(waiting)
    made = new_id("cal", now)
    values = {"id": made, "site_id": site_id, "asked_at": now, "asked_by": by, "status": "waiting"}
    conn.execute(calibrations.insert().values(**values, done=0, total=0, tries=0))
    newest = select(calibrations.c.id).where(mine).order_by(calibrations.c.asked_at.desc(), calibrations.c.id.desc())
    kept = list(conn.execute(newest.limit(KEPT)).scalars())
    conn.execute(delete(calibrations).where(mine, calibrations.c.id.not_in(kept)))
    return made


def latest(conn: Connection, site_id: str) -> Asked | None:
    mine = select(calibrations).where(calibrations.c.site_id == site_id)
    row = conn.execute(mine.order_by(calibrations.c.asked_at.desc(), calibrations.c.id.desc()).limit(1)).first()
    return _asked(row) if row else None


def get(conn: Connection, site_id: str, calibration_id: str) -> Asked | None:
    mine = (calibrations.c.site_id == site_id) & (calibrations.c.id == calibration_id)
    row = conn.execute(select(calibrations).where(mine)).first()
    return _asked(row) if row else None


def any_waiting(conn: Connection, now: datetime) -> bool:
    return conn.execute(select(calibrations.c.id).where(_left(now)).limit(1)).first() is not None


def take(conn: Connection, now: datetime) -> Asked | None:
    """The one that waits longest and nobody is at; it is this process's from now on."""
    query = select(calibrations).where(_left(now)).order_by(calibrations.c.asked_at, calibrations.c.id).limit(1)
    row = conn.execute(query).first()
    if row is None:
        return None
    mine = (calibrations.c.id == row.id) & _left(now)
    if row.tries >= MOST_TRIES:  # whoever was at it died each time, perhaps of it
        given_up = {"status": "failed", "finished_at": now, "problem": "died"}
        conn.execute(update(calibrations).where(mine).values(**given_up))
        return None
    taken = update(calibrations).where(mine).values(worked_at=now, tries=row.tries + 1, done=0)
    if conn.execute(taken).rowcount != 1:
        return None
    return get(conn, row.site_id, row.id)


def keep_at(conn: Connection, held: Asked, now: datetime, **columns: int) -> bool:
    """This process is still at it; false where another one is."""
    return conn.execute(update(calibrations).where(_mine(held)).values(worked_at=now, **columns)).rowcount == 1


def finish(conn: Connection, held: Asked, digest: str, result: Mapping[str, Any], now: datetime) -> bool:  # noqa: PLR0917
    """What was learnt; false where another process is at it."""
    said = {"status": "done", "digest": digest, "result": result, "finished_at": now, "worked_at": None}
    return conn.execute(update(calibrations).where(_mine(held)).values(**said)).rowcount == 1


def failed(conn: Connection, held: Asked, where: str, now: datetime) -> bool:
    """A fault of ours, at this place; true where it was tried often enough and is given up."""
    given_up = held.tries >= MOST_TRIES
    said = {"status": "failed", "finished_at": now} if given_up else {}
    conn.execute(update(calibrations).where(_mine(held)).values(worked_at=None, problem=where, **said))
    return given_up


def adopted(conn: Connection, calibration_id: str, version: int) -> None:
    conn.execute(update(calibrations).where(calibrations.c.id == calibration_id).values(version=version))


def taken_back(conn: Connection, calibration_id: str, version: int) -> None:
    conn.execute(update(calibrations).where(calibrations.c.id == calibration_id).values(undone=version))


def _left(now: datetime) -> ColumnElement[bool]:
    """Nobody is at it, or whoever was has been silent for too long."""
    free = or_(calibrations.c.worked_at.is_(None), calibrations.c.worked_at < now - DEAD)
    return and_(calibrations.c.status == "waiting", free)


def _mine(held: Asked) -> ColumnElement[bool]:
    """By the try: whoever took it over has counted it up."""
    return and_(calibrations.c.id == held.id, calibrations.c.status == "waiting", calibrations.c.tries == held.tries)


def _asked(row: Row[Any]) -> Asked:
    return Asked(**{name: getattr(row, name) for name in Asked.__dataclass_fields__})
