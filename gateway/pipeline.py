"""What happens to a stored submission, on one screen: gather → verify → link → save → score → queue.

Everything here runs inside the caller's transaction and is safe to run again: a submission whose outbox row is
gone was processed whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Connection

from forms.model import Form
from gateway import linking, standing
from gateway.gathering import gather
from gateway.lookups import MailHosts
from gateway.parts import Parts
from gateway.records import Submission, SubmissionStatus
from gateway.scoring.events import events_of
from gateway.store import audit, events, forms, sites, submissions, verdicts
from gateway.store.verdicts import OutcomeOfVerdict, VerdictRow
from verification.verdict import Policy, verify

STATUS: dict[OutcomeOfVerdict, SubmissionStatus] = {
    "accept": "accepted",
    "hold": "held",
    "reject": "rejected",
}


class NotWaitingError(Exception):
    """The submission's status does not allow this: only held and rejected ones are released, held ones rejected,
    rejected ones held again, stuck ones tried again."""


def process(conn: Connection, submission: Submission, hosts: Mapping[str, MailHosts], now: datetime) -> None:
    """The whole story of one pending submission. `hosts`: what DNS said of the batch's domains."""
    site = sites.get(conn, submission.site_id)
    form = forms.version(conn, submission.form_id, submission.form_version)
    verdict = verify(gather(conn, submission, form, site=site, hosts=hosts), Policy.from_mapping(form.policy))
    findings = [asdict(finding) for finding in verdict.findings]
    verdicts.add(conn, VerdictRow(submission.id, now, verdict.outcome, verdict.weight, findings, None))
    submissions.set_status(conn, submission, STATUS[verdict.outcome], now)
    if verdict.outcome == "accept":
        admit(conn, submission, form, now)


def admit(conn: Connection, submission: Submission, form: Form, now: datetime) -> str | None:
    """Link an accepted submission to its lead, begun if need be; save, score and queue. Returns the lead's id;
    none when it carries no identifier and its browser is linked to nobody (rule 4)."""
    lead_id = _link_and_save(conn, submission, form, now)
    touched = {lead_id}
    if lead_id and submission.visitor_id:
        for waited in submissions.accepted_without_lead(conn, submission.site_id, submission.visitor_id):
            touched.add(_link_and_save(conn, waited, forms.version(conn, waited.form_id, waited.form_version), now))
    for touched_id in sorted(found for found in touched if found):  # once each, however many came along
        standing.refresh(conn, submission.site_id, touched_id, now)
    return lead_id


def _link_and_save(conn: Connection, submission: Submission, form: Form, now: datetime) -> str | None:
    link = linking.link(conn, submission, form, now)
    if link is None:
        return None
    linking.save(conn, submission, form, link=link, now=now)
    for event in events_of(form, submission):
        events.add(conn, submission.site_id, link.lead_id, event, now)
    return link.lead_id


def release(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> str | None:
    """Staff accept what was held or rejected; it goes on with the time it was received. Returns the lead's id.

    Raises LookupError for an unknown one, NotWaitingError for one that stands elsewhere.
    """
    now = parts.clock()
    with parts.db.write() as conn:
        submission = _decided(conn, site_id, submission_id, ("held", "rejected"))
        _decide(conn, submission, "accept", user_id=user_id, now=now)
        form = forms.version(conn, submission.form_id, submission.form_version)
        return admit(conn, replace(submission, status="accepted"), form, now)


def reject(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> None:
    """Staff turn a held submission down. Raises LookupError, NotWaitingError."""
    with parts.db.write() as conn:
        submission = _decided(conn, site_id, submission_id, ("held",))
        _decide(conn, submission, "reject", user_id=user_id, now=parts.clock())


def hold_again(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> None:
    """Undo a rejection: the submission waits for review again. Raises LookupError, NotWaitingError."""
    with parts.db.write() as conn:
        submission = _decided(conn, site_id, submission_id, ("rejected",))
        _decide(conn, submission, "hold", user_id=user_id, now=parts.clock())


def try_again(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> None:
    """Put a stuck submission back on the outbox, once what parked it is mended. Raises LookupError, NotWaiting."""
    now = parts.clock()
    with parts.db.write() as conn:
        submission = _decided(conn, site_id, submission_id, ("stuck",))
        submissions.requeue(conn, submission.id, now)
        audit.add(conn, site_id, now, "submission_again", submission.id, user_id=user_id)


def _decided(conn: Connection, site_id: str, submission_id: str, allowed: tuple[SubmissionStatus, ...]) -> Submission:
    submission = submissions.get(conn, site_id, submission_id, lock=True)
    if submission is None:
        raise LookupError(f"no submission {submission_id}")
    if submission.status not in allowed:
        raise NotWaitingError(submission.status)
    return submission


def _decide(
    conn: Connection, submission: Submission, outcome: OutcomeOfVerdict, *, user_id: str | None, now: datetime
) -> None:
    """A verdict by staff keeps the findings of the pipeline's beside it, so it repeats none."""
    verdicts.add(conn, VerdictRow(submission.id, now, outcome, 0, [], user_id or "command"))
    submissions.set_status(conn, submission, STATUS[outcome], now)
    audit.add(conn, submission.site_id, now, f"submission_{outcome}", submission.id, user_id=user_id)
