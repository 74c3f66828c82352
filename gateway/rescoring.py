"""Scoring a site's leads anew after its rules have changed: in short transactions, restartable at any lead, and without
sending anything to anybody. What changed goes out with the lead's next version that something else brings (rule 31)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from gateway import standing
from gateway.store import leads, persons, rescorings, rulebooks, sites, told, unscored
from gateway.store.db import AWAY, HOLD_SECONDS, Database
from gateway.store.rescorings import Progress

AT_ONCE = 300  # leads looked for at once
MOST = 100  # leads held in one transaction: who sends a form meanwhile waits for it to be worked on, no longer
FIRST = 4  # the same in SQLite's first, until it shows how long they take: as many as HOLD_SECONDS sufficed for singly

log = structlog.get_logger()


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
    left, size = found, FIRST if db.sqlite else MOST
    while left:
        some, left = left[:size], left[size:]
        others, took = _part(db, site_id, some, clock)
        if db.sqlite:
            size = next_size(size, took)
        for lead_id in others:
            _one(db, (site_id, lead_id), clock(), apart)
    return len(found)


def refresh_due(db: Database, clock: Callable[[], datetime], limit: int) -> None:
    """Score so many anew whose score time alone has changed (rule 26), and so many that failed before."""
    with db.read() as conn:
        due = [*leads.with_score_due(conn, clock(), limit), *unscored.due(conn, clock(), limit)]
    for whose in due:
        _one(db, whose, clock(), standing.refresh)


def _part(
    db: Database, site_id: str, some: Sequence[str], clock: Callable[[], datetime]
) -> tuple[Sequence[str], float]:
    """Those of them who are left to be scored one by one, and how long the others took, in seconds."""
    try:
        with db.write() as conn:
            began = time.monotonic()
            return together(conn, site_id, some, clock()), time.monotonic() - began
    except AWAY:
        raise
    except Exception:  # something is wrong with one of them: one by one it shows with whom
        log.exception("scoring_together_failed", site=site_id)
        return some, HOLD_SECONDS  # no measure: as many the next time


def _one(
    db: Database, whose: tuple[str, str], now: datetime, score: Callable[[Connection, str, str, datetime], object]
) -> None:
    """As in the drain, what is wrong with one lead stays with it: it stands as it stood, and is tried again later.
    whose: its site's id and its own."""
    site_id, lead_id = whose
    try:
        with db.write() as conn:
            score(conn, site_id, lead_id, now)
            unscored.done(conn, [lead_id])
    except AWAY:
        raise
    except Exception:
        log.exception("scoring_failed", lead=lead_id)
        with db.write() as conn:
            rescorings.looked_at(conn, [lead_id], _digest(conn, site_id))
            unscored.failed(conn, site_id, lead_id, now)


def next_size(size: int, seconds: float) -> int:
    """How many leads one transaction takes next, so that SQLite's writer is kept from the visitors no longer than may
    be: at most twice as many as the last, since the next ones may have done more."""
    return max(1, min(2 * size, MOST, int(size * HOLD_SECONDS / max(seconds, 0.001))))


def together(conn: Connection, site_id: str, found: Sequence[str], now: datetime) -> list[str]:
    """Score these leads anew, all at once; returns those that have to be scored one by one: who is several records, and
    of whom something else is due to be counted, which is told."""
    rulebook = rulebooks.in_force(conn, site_id)
    records = rescorings.hold(conn, site_id, found)
    plain = {
        row.id: row.fingerprint
        for row in records
        if row.merged_into is None
        and row.erased_at is None
        and (row.score_changes_at is None or row.score_changes_at > now)
    }
    people = [lead for lead in told.people(conn, site_id, plain).values() if not lead.earlier_ids]
    standing.refresh_quietly(conn, rulebook, people, now, fingerprints=plain)
    erased = [row.id for row in records if row.erased_at is not None]
    rescorings.looked_at(conn, erased, rulebook.digest)
    unscored.done(conn, plain)
    done = {*erased, *(lead.id for lead in people)}
    return [row.id for row in records if row.id not in done]


def apart(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """Score this lead's person anew."""
    persons.hold(conn, lead_id)
    tell: standing.Tell = "all" if rescorings.waits_otherwise(conn, lead_id, now) else "nobody"
    standing.refresh(conn, site_id, lead_id, now, tell=tell)
    rescorings.looked_at(conn, [lead_id], _digest(conn, site_id))


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
