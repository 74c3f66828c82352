"""A lead's whole story in the contract's shape: for `why`, the API and the console's lead page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import standing
from gateway.delivery import payload
from gateway.delivery.payload import iso
from gateway.gathering import email_of
from gateway.past import as_of
from gateway.records import Lead, Submission
from gateway.scoring.score import Line
from gateway.store import confirmations, deliveries_search, duplicates, forms, leads, submissions, verdicts
from gateway.store.confirmations import Confirmation
from gateway.store.deliveries import Attempt
from gateway.store.deliveries_search import DeliveryLine
from gateway.store.duplicates import Duplicate
from verification.addresses import canonical_email
from verification.mail_providers import domains_of


def of_lead(conn: Connection, lead: Lead, now: datetime) -> dict[str, Any]:
    """`{"lead", "submissions", "score", "deliveries"}`, everything as it stands at `now`."""
    explained = standing.explain(conn, lead, now)
    told = payload.gather(conn, lead, explained.lines)
    return {
        "lead": told | ({"erased_at": iso(lead.erased_at)} if lead.erased_at else {}),
        "submissions": [_submission(conn, found, now) for found in submissions.of_lead(conn, lead.site_id, lead.id)],
        "score": {
            "total": explained.score,
            "lines": [line(one) for one in explained.lines],
        },
        "deliveries": [_delivery(row) for row in deliveries_search.of_lead(conn, lead.site_id, lead.id)],
        "duplicates": [duplicate(row) for row in duplicates.of_lead(conn, [lead.id, *lead.earlier_ids])],
    }


def line(one: Line) -> dict[str, Any]:
    """A line of the score."""
    return {
        "points": one.points,
        "balance": one.balance,
        "code": one.code,
        "params": dict(one.params),
        "at": iso(one.at),
    }


def of_past(conn: Connection, lead: Lead, at: datetime) -> dict[str, Any]:
    """`{"id", "as_of", "cell", "stage", "score"}` as the lead stood at that moment."""
    past = as_of(conn, lead, at)
    score = {"total": past.score, "lines": [line(one) for one in past.lines]}
    return {"id": lead.id, "as_of": iso(at), "cell": past.cell, "stage": past.stage, "score": score}


def duplicate(row: Duplicate) -> dict[str, Any]:
    """Two leads that may be one person: what the matcher says, in bits, and what was said of it."""
    return {
        "id": row.id,
        "older": row.older,
        "younger": row.younger,
        "decision": row.decision,
        "weight": round(row.weight, 2),
        "reasons": [{"field": field, "level": level, "weight": round(bits, 2)} for field, level, bits in row.parts],
        "at": iso(row.at),
        "answer": row.answer or ("later" if row.aside_at else None),
        "answered_at": iso(row.answered_at) if row.answered_at else None,
        "answered_by": row.answered_by,
    }


def of_submission(conn: Connection, submission: Submission, now: datetime) -> dict[str, Any]:
    """The story of the lead that the submission belongs to; of the submission alone while it has none."""
    lead = leads.get(conn, submission.site_id, submission.lead_id) if submission.lead_id else None
    if lead is not None:
        return of_lead(conn, lead, now)
    return {
        "lead": None,
        "submissions": [_submission(conn, submission, now)],
        "score": {"total": 0, "lines": []},
        "deliveries": [],
        "duplicates": [],
    }


def waiting_for(conn: Connection, site_id: str, email: str) -> list[Submission]:
    """What came with this mailbox, however it is written and whatever the form calls its question, and came to no lead,
    oldest first; a marketer's tests too."""
    wanted = canonical_email(email)
    found = submissions.leadless_at(conn, site_id, domains_of(wanted))
    given = ((one, email_of(one, forms.version(conn, one.form_id, one.form_version))) for one in found)
    return [one for one, address in given if address and canonical_email(address) == wanted]


def _submission(conn: Connection, submission: Submission, now: datetime) -> dict[str, Any]:
    link = leads.link_of_submission(conn, submission.id)
    rows = verdicts.of_submission(conn, submission.id)
    return {
        "id": submission.id,
        "status": submission.status,
        "at": iso(submission.received_at),
        "form": submission.form_key,
        "version": submission.form_version,
        "channel": submission.channel,
        "verdicts": [
            {"outcome": row.outcome, "weight": row.weight, "at": iso(row.at), "by": row.decided_by} for row in rows
        ],
        "findings": [finding for row in rows for finding in row.findings],
        "confirmations": [_confirmation(row, now) for row in confirmations.of_submission(conn, submission.id)],
        "link": {"lead": link.lead_id, "basis": link.basis, "strength": link.strength} if link else None,
    }


def _confirmation(row: Confirmation, now: datetime) -> dict[str, Any]:
    """kept_back: by which limit (rule 18); failed: what the mail server or SMS provider said in the end."""
    times = {"asked": row.created_at, "sent": row.sent_at, "confirmed": row.confirmed_at, "refused": row.refused_at}
    told = {"channel": row.channel, "state": row.state(now), "kept_back": row.kept_back, "failed": row.failed}
    return told | {name: iso(at) if at else None for name, at in times.items()}


def _delivery(row: DeliveryLine) -> dict[str, Any]:
    return {
        "id": row.id,
        "destination": row.destination,
        "version": row.version,
        "type": row.type,
        "status": row.status,
        "reason": row.reason,
        "chosen": row.why,
        "attempts": list(_attempts(row.attempts)),
    }


def _attempts(rows: Iterable[Attempt]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield {"at": iso(row.at), "ms": round(row.ms), "http_status": row.http_status, "error": row.error}
