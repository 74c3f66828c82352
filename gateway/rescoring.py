"""Scoring a site's leads anew after its rules have changed: in short transactions, restartable at any lead, and without
sending anything to anybody. What changed goes out with the lead's next version that something else brings (rule 31)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway import standing
from gateway.store import persons, rescorings, rulebooks, sites
from gateway.store.db import HOLD_SECONDS, Database
from gateway.store.rescorings import Progress

AT_ONCE = 50  # leads looked for at once


def begin_where_needed(db: Database, now: datetime) -> None:
    """Sites whose leads stand by other rules, as after an upgrade that shipped new ones."""
    with db.read() as conn:
        due = [one.id for one in sites.all_sites(conn) if rescorings.waiting(conn, one.id, _digest(conn, one.id), 1)]
        due = sorted(set(due) - set(rescorings.sites(conn)))
    for site_id in due:
        with db.write() as conn:
            rescorings.begin(conn, site_id, _digest(conn, site_id), now)


def rescore_due(db: Database, clock: Callable[[], datetime]) -> int:
    """A part of the site that has waited longest; returns how many leads. Safe to run again, and beside itself."""
    with db.read() as conn:
        site_id = next(iter(rescorings.sites(conn)), None)
    return rescore(db, site_id, clock) if site_id else 0


def rescore(db: Database, site_id: str, clock: Callable[[], datetime]) -> int:
    """Some of this site's leads, in as many short transactions as they take; 0 once none waits."""
    with db.read() as conn:
        found = sorted(rescorings.waiting(conn, site_id, _digest(conn, site_id), AT_ONCE))
    if not found:
        _end(db, site_id)
    left = found
    while left:
        left = left[_score(db, site_id, left, clock) :]
    return len(found)


def _score(db: Database, site_id: str, found: Sequence[str], clock: Callable[[], datetime]) -> int:
    """The first of these leads in one transaction, as many as its time allows; returns how many."""
    started, done = time.monotonic(), 0
    with db.write() as conn:
        digest = _digest(conn, site_id)
        persons.hold(conn, *found)
        while done < len(found) and (not done or time.monotonic() - started <= HOLD_SECONDS):
            now = clock()
            tell: standing.Tell = "all" if rescorings.waits_otherwise(conn, found[done], now) else "nobody"
            standing.refresh(conn, site_id, found[done], now, tell=tell)
            done += 1
        rescorings.looked_at(conn, found[:done], digest)
    return done


def _end(db: Database, site_id: str) -> None:
    with db.write() as conn:
        if not rescorings.waiting(conn, site_id, _digest(conn, site_id), 1):
            rescorings.end(conn, site_id)


def progress(db: Database, site_id: str) -> Progress | None:
    """How far it is; None: nothing is scored anew."""
    with db.read() as conn:
        return rescorings.progress(conn, site_id, _digest(conn, site_id))


def _digest(conn: Connection, site_id: str) -> str:
    return rulebooks.in_force(conn, site_id).digest
