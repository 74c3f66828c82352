"""What may not be kept longer goes (rule 37)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.records import SubmissionStatus
from gateway.store import confirmations, deliveries, events, lessons, mails, outside_answers, submissions, verdicts

KEEP_NONCES = timedelta(hours=72)  # rule 10: longer than tickets live (24 h) and than their corrections
KEEP_REPLIES = timedelta(days=30)
KEEP_MESSAGES = timedelta(days=7)  # to visitors: after three days nobody sends them any more
KEEP_EVIDENCE = timedelta(days=180)
KEEP_TURNED_DOWN: dict[SubmissionStatus, timedelta] = {"rejected": timedelta(days=30), "held": timedelta(days=90)}


def expire(conn: Connection, now: datetime) -> dict[str, int]:
    """Erase what is past its time; returns how many rows of what. Safe to run as often as one likes."""
    erased: dict[str, int] = {
        status: submissions.erase_older(conn, status, now - kept) for status, kept in KEEP_TURNED_DOWN.items()
    }
    return {
        **erased,
        "evidence": submissions.forget_evidence(conn, now - KEEP_EVIDENCE),
        "confirmations": confirmations.forget_erased(conn),
        "lessons": lessons.settle_erased(conn),
        "confirming": confirmations.forget_evidence(conn, now - KEEP_EVIDENCE),
        "messages": mails.forget(conn, confirmations.KEY, now - KEEP_MESSAGES),
        "findings": verdicts.forget_params(conn, now - KEEP_EVIDENCE),
        "nonces": submissions.forget_nonces(conn, now - KEEP_NONCES),
        "events": events.forget_strangers(conn, now - events.BEFORE_LINK),
        "outside": outside_answers.forget(conn, now - KEEP_EVIDENCE),
        "replies": deliveries.forget_replies(conn, now - KEEP_REPLIES),
    }
