"""Working off the leads that wait to be weighed, in short transactions; and their keys, when the way of making them
has changed. A bug puts one lead back for later and keeps no other waiting."""

from __future__ import annotations

import time
from datetime import datetime

import structlog
from sqlalchemy import Connection

from gateway.matching.context import context
from gateway.matching.weighing import Weighing, weigh_in
from gateway.store import lead_keys, persons, unweighed
from gateway.store.db import HOLD_SECONDS, Database
from gateway.store.unweighed import Waiting
from verification.matching.blocking import KEYS_VERSION

AT_ONCE = 50  # leads looked at together
MARKED_AT_ONCE = 500  # leads

log = structlog.get_logger()


def weigh_due(db: Database, now: datetime, limit: int = AT_ONCE) -> int:
    """Weigh leads that wait; returns how many it took. Safe to run beside itself.

    On PostgreSQL each has a transaction of its own: rows of several people, asked for one after another, could wait for
    each other. SQLite's writer is alone, and several share a commit.
    """
    with db.read() as conn:
        waiting = list(unweighed.due(conn, now, limit))[::-1]
        by_site = {site_id: Weighing(site_id, context(conn, site_id, now), now) for site_id, _ in waiting}
    total = len(waiting)
    while waiting:
        started = time.monotonic()
        with db.write() as conn:
            while waiting:
                one = waiting.pop()
                _weigh_one(conn, one, by_site[one.site_id])
                if not db.sqlite or time.monotonic() - started > HOLD_SECONDS:
                    break
    return total


def weigh(db: Database, site_id: str, lead_id: str, now: datetime) -> None:
    """One lead at once, whether it waits or not."""
    with db.read() as conn:
        weighing = Weighing(site_id, context(conn, site_id, now), now)
    with db.write() as conn:
        persons.lock(conn, site_id)
        mark = unweighed.marked(conn, lead_id)
        weigh_in(conn, lead_id, weighing)
        if mark is not None:
            unweighed.done(conn, lead_id, mark)


def keep_keys_new(db: Database, now: datetime) -> None:
    """Where a site's keys were made in another way than today's, let all its leads be weighed anew: all such sites in
    one reading. Killed between, it begins again."""
    with db.read() as conn:
        sites = frozenset(lead_keys.older_than(conn, KEYS_VERSION))
    if not sites:
        return
    after: str | None = ""
    while after is not None:
        with db.write() as conn:
            after = unweighed.add_after(conn, sites, after, now, limit=MARKED_AT_ONCE)
    with db.write() as conn:
        for site_id in sorted(sites):
            lead_keys.set_version(conn, site_id, KEYS_VERSION)


def _weigh_one(conn: Connection, waiting: Waiting, weighing: Weighing) -> None:
    persons.lock(conn, waiting.site_id)  # before any row
    mark = unweighed.marked(conn, waiting.lead_id)
    if mark is None:  # another worker was quicker
        return
    savepoint = conn.begin_nested()
    try:
        weigh_in(conn, waiting.lead_id, weighing)
    except Exception:  # as in the drain: what is wrong with one lead stays with it
        savepoint.rollback()
        unweighed.failed(conn, waiting.lead_id, mark, weighing.now)
        log.exception("weighing_failed", lead=waiting.lead_id)
    else:
        savepoint.commit()
        unweighed.done(conn, waiting.lead_id, mark)
