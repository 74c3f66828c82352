"""What may not be kept longer goes (rule 37)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.records import SubmissionStatus
from gateway.store import (
    confirmations,
    deliveries,
    events,
    expiring,
    imports,
    inbound,
    lessons,
    mails,
    outside_answers,
    submissions,
    verdicts,
)
from gateway.store.db import Database
from gateway.store.expiring import Expiring, Keys

KEEP_NONCES = timedelta(hours=72)  # rule 10: longer than tickets live (24 h) and than their corrections
KEEP_REPLIES = timedelta(days=30)
KEEP_MESSAGES = timedelta(days=7)  # to visitors: after three days nobody sends them any more
KEEP_EVIDENCE = timedelta(days=180)
KEEP_TURNED_DOWN: dict[SubmissionStatus, timedelta] = {"rejected": timedelta(days=30), "held": timedelta(days=90)}
KEEP_UNDO = timedelta(days=30)  # what a list replaced, so that it can be taken back
FOUND_AT_ONCE = 5000  # keys
A_TRANSACTION = 100  # rows: some 10 ms of SQLite's one writer
PAUSE = 0.005  # seconds between two of them, in which a visitor's post gets the writer's lock


def expire(db: Database, now: datetime, meanwhile: Callable[[], object] = lambda: None) -> dict[str, int]:
    """Erase what is past its time, in short transactions; returns how many rows of what. Safe to run as often as one
    likes, and beside itself. `meanwhile` is called after each FOUND_AT_ONCE rows, about a second: whoever has other
    work does it then."""
    return {name: _expire_all(db, what, meanwhile) for name, what in _past_its_time(now).items()}


def _past_its_time(now: datetime) -> Mapping[str, Expiring]:
    evidence = now - KEEP_EVIDENCE
    erased: dict[str, Expiring] = {
        status: submissions.erasable(status, now - kept, also=_with_erased) for status, kept in KEEP_TURNED_DOWN.items()
    }
    return {
        **erased,
        "evidence": submissions.forgettable(evidence, now),
        "confirming": confirmations.forgettable(evidence, now),
        "messages": mails.forgettable(confirmations.KEY, now - KEEP_MESSAGES),
        "findings": verdicts.forgettable(evidence, now),
        "nonces": submissions.old_nonces(now - KEEP_NONCES),
        "events": events.strangers(now - events.BEFORE_LINK),
        "outside": outside_answers.forgettable(evidence),
        "heard": inbound.forgettable(now - KEEP_REPLIES),
        "replies": deliveries.old_replies(now - KEEP_REPLIES),
        "replaced": imports.former_values(now - KEEP_UNDO),  # before the lists that say which rows these are
        "undoing": imports.past_undoing(now - KEEP_UNDO, now),
    }


def _with_erased(_conn: Connection, keys: Keys) -> Callable[[Connection], None]:
    ids = [key.id for key in keys]

    def drop(conn: Connection) -> None:
        confirmations.forget_erased(conn, ids)
        lessons.settle_erased(conn, ids)

    return drop


def _expire_all(db: Database, what: Expiring, meanwhile: Callable[[], object]) -> int:
    total = 0
    while True:
        with db.read() as conn:
            keys = expiring.find(conn, what, FOUND_AT_ONCE)
        done = 0
        for start in range(0, len(keys), A_TRANSACTION):
            with db.read() as conn:
                drop = expiring.make_ready(conn, what, keys[start : start + A_TRANSACTION])
            with db.write() as conn:
                done += drop(conn)
            time.sleep(PAUSE)
        total += done
        if len(keys) < FOUND_AT_ONCE or not done:
            return total
        meanwhile()
