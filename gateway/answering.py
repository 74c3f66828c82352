"""What visitors answer when they are asked to confirm: yes, it wasn't me, unsubscribe, send it again, a code.

Every answer is safe to give twice and beside itself. Only a POST comes here: what a mail scanner opens changes nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from forms.model import Form
from gateway import confirming, happened, linking, pipeline, standing
from gateway.gathering import identity_of
from gateway.records import Event, Submission
from gateway.store import confirmations, consents, events, forms, leads, submissions, verdicts, visitors, whose
from gateway.store.confirmations import Confirmation
from gateway.store.verdicts import VerdictRow
from verification.evidence import Finding
from verification.verdict import Policy, judge

VISITOR = "visitor"  # who decided (verdicts.decided_by)
UNSUBSCRIBED = happened.WRITES  # the purposes for which somebody is written to (rule 27)


@dataclass(frozen=True)
class Answer:
    """A request that answers. evidence: its address block and user agent; visitor_id: of its browser's own cookie."""

    now: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
    visitor_id: str | None = None
    block_hash: str | None = None


@dataclass(frozen=True)
class Subject:
    """What there is to confirm."""

    submission: Submission
    form: Form


@dataclass(frozen=True)
class Asked(Subject):
    """A request for confirmation with what it is about."""

    row: Confirmation


def find(conn: Connection, confirmation_id: str, *, lock: bool = False) -> Asked | None:
    """None: there is no such request any more. lock: nobody else decides about its submission meanwhile."""
    row = confirmations.get(conn, confirmation_id)
    found = subject(conn, row.submission_id, lock=lock) if row else None
    if found is None:
        return None
    if lock:  # as it stands now that nobody else decides
        row = confirmations.get(conn, confirmation_id)
    assert row is not None
    return Asked(found.submission, found.form, row)


def subject(conn: Connection, submission_id: str, *, lock: bool = False) -> Subject | None:
    """None: it was erased, or never there. The caller holds a signed token for it, so no site is asked."""
    site_id = whose.site_of_submission(conn, submission_id)
    submission = submissions.get(conn, site_id, submission_id, lock=lock) if site_id else None
    if submission is None or submission.status == "erased":
        return None
    return Subject(submission, forms.version(conn, submission.form_id, submission.form_version))


def same_browser(conn: Connection, submission: Submission, visitor_id: str | None) -> bool:
    """Is this the browser that sent it? A browser's id changes as it is identified; its earlier ones stay known."""
    if visitor_id is None or submission.visitor_id is None:
        return False
    return submission.visitor_id in visitors.lineage(conn, submission.site_id, visitor_id)


def confirm(conn: Connection, confirmation_id: str, answer: Answer) -> None:
    """Yes, it is mine. What that clears goes on with its original time, together with what the same browser sent with
    the same address; what it does not clear waits for staff, and what they turned down stays turned down.

    What the browser that answers sent itself comes first: its mail may have been kept back because somebody else typed
    its address earlier, whose answers then only propose (rule 3).
    """
    asked = find(conn, confirmation_id, lock=True)
    if asked is None or asked.row.confirmed_at or not _may_confirm(asked.row, answer.now):
        return
    if asked.row.refused_at:  # they press the other button after all
        confirmations.unstop(conn, asked.row.mailbox)
    together = [asked, *_along(conn, asked, answer.visitor_id)]
    here = {one.row.id for one in together if same_browser(conn, one.submission, answer.visitor_id)}
    for one in sorted(together, key=lambda one: one.row.id not in here):
        visitor_id = answer.visitor_id if one.row.id in here else None
        confirmations.confirm(conn, one.row.id, answer.evidence, visitor_id=visitor_id, now=answer.now)
        _go_on(conn, one, answer.now)


def _may_confirm(row: Confirmation, now: datetime) -> bool:
    return row.kept_back is None and now < row.expires_at


def _along(conn: Connection, asked: Asked, visitor_id: str | None) -> Iterator[Asked]:
    """What else waits for the same answer: sent by the same browser or by the one that answers, or as a correction of
    the same form, with exactly the same address. The limits let one mail go out for all of it."""
    row, said = asked.row, identity_of(asked.submission, asked.form)
    lineage = _browser_of(conn, asked.submission)
    for other in confirmations.unanswered_of(conn, row.site_id, row.mailbox):
        found = find(conn, other.id, lock=True) if other.submission_id != row.submission_id else None
        if found is None or identity_of(found.submission, found.form) != said:
            continue
        mine, theirs = asked.submission, found.submission
        corrected = (mine.corrects or mine.id) == (theirs.corrects or theirs.id)
        if corrected or lineage & _browser_of(conn, theirs) or same_browser(conn, theirs, visitor_id):
            yield found


def _browser_of(conn: Connection, submission: Submission) -> set[str]:
    if submission.visitor_id is None:
        return set()
    return set(visitors.lineage(conn, submission.site_id, submission.visitor_id))


def _go_on(conn: Connection, asked: Asked, now: datetime) -> None:
    submission, form = asked.submission, asked.form
    if submission.status == "held" and _clears(conn, submission, form):
        verdicts.add(conn, VerdictRow(submission.id, now, "accept", 0, [], VISITOR))
        submissions.set_status(conn, submission, "accepted", now)
        pipeline.admit(conn, replace(submission, status="accepted"), form, now)
    elif submission.status == "accepted" and submission.lead_id:
        shown = confirmations.of_confirmed(conn, submission.id)
        assert shown is not None
        lead_id = linking.raise_strength(conn, submission, form, shown, now=now)
        standing.refresh(conn, submission.site_id, lead_id, now)


def _clears(conn: Connection, submission: Submission, form: Form) -> bool:
    """Would what the pipeline found be accepted, now that they confirmed (rule 16)?"""
    ours = [row for row in verdicts.of_submission(conn, submission.id) if row.decided_by is None]
    found = [Finding(**finding) for finding in ours[-1].findings] if ours else []
    return judge(found, Policy.from_mapping(form.policy)).clears


def not_me(conn: Connection, confirmation_id: str, answer: Answer) -> None:
    """It wasn't me: no confirmation goes to this mailbox any more. A held submission stays with staff, who see it; what
    was confirmed before stays as it is (rule 7: nothing is held against the address)."""
    asked = find(conn, confirmation_id, lock=True)
    if asked is None:
        return
    confirmations.stop(conn, asked.row.mailbox, answer.now)
    if asked.row.confirmed_at is None and asked.row.refused_at is None:
        confirmations.refuse(conn, asked.row.id, answer.evidence, answer.now)


def consented(conn: Connection, asked: Asked) -> bool:
    """Is there a lead of this site with this address that may be written to?"""
    found = (consents.in_force(conn, lead_id) for lead_id in _leads(conn, asked))
    return any(row.state != "withdrawn" for rows in found for row in rows.values() if row.purpose in UNSUBSCRIBED)


def unsubscribe(conn: Connection, confirmation_id: str, answer: Answer) -> None:
    """Withdraw what allows the site to write to this address (rule 27)."""
    asked = find(conn, confirmation_id, lock=True)
    if asked is None:
        return
    why: dict[str, Any] = {"reason": "unsubscribed", "purposes": UNSUBSCRIBED, "evidence": answer.evidence}
    for lead_id in _leads(conn, asked):
        consents.withdraw_all(conn, asked.row.site_id, lead_id, at=answer.now, **why)
        event_id = f"unsubscribed:{asked.row.id}:{lead_id}"  # two pressings are one
        event = Event(id=event_id, type="unsubscribed", at=answer.now, source="form")
        events.add(conn, asked.row.site_id, lead_id, event, answer.now)
        said: dict[str, Any] = {"reason": "unsubscribed", "at": answer.now, "evidence": answer.evidence}
        happened.refuse_unasked(conn, asked.row.site_id, lead_id, UNSUBSCRIBED[0], **said)
        standing.refresh(conn, asked.row.site_id, lead_id, answer.now)


def _leads(conn: Connection, asked: Asked) -> list[str]:
    email, phone = linking.identifiers(asked.submission, asked.form)
    kind, value = ("email", email) if asked.row.channel == "email" else ("phone", phone)
    return leads.found_by(conn, asked.row.site_id, kind, value)


def ask_again(conn: Connection, confirmation_id: str, answer: Answer, *, ways: confirming.Ways) -> None:
    """A fresh link or code in place of one that ran out, under the same limits. Nothing comes back: what the visitor
    is told depends on no limit (rule 18)."""
    asked = find(conn, confirmation_id, lock=True)
    if asked is None or asked.submission.status != "held" or answer.now < asked.row.expires_at:
        return
    if asked.row.kept_back == confirming.NO_WAY:
        return
    if any(row.confirmed_at or row.refused_at for row in confirmations.of_submission(conn, asked.submission.id)):
        return
    confirming.ask_again(conn, asked.submission, asked.form, answer.block_hash, ways=ways, now=answer.now)


def try_code(conn: Connection, submission_id: str, code: str, answer: Answer, *, secret: str) -> bool:
    """Does this code confirm the submission's number? Each one that is typed counts as a try."""
    if subject(conn, submission_id, lock=True) is None:  # before its confirmations, as `confirm` has it
        return False
    if number_confirmed(conn, submission_id):
        return True
    last = _last_code(conn, submission_id)
    if last is None or last.kept_back or answer.now >= last.expires_at or not confirmations.take_try(conn, last.id):
        return False
    if not hmac.compare_digest(confirming.code_hash(secret, last.id, code), last.code_hash or ""):
        return False
    confirm(conn, last.id, answer)
    return True


def code_again(conn: Connection, submission_id: str, answer: Answer, *, ways: confirming.Ways) -> None:
    """Another code, once the last one ran out; as `ask_again`."""
    last = _last_code(conn, submission_id)
    if last is not None:
        ask_again(conn, last.id, answer, ways=ways)


def number_confirmed(conn: Connection, submission_id: str) -> bool:
    return confirmations.of_confirmed(conn, submission_id) is not None


def _last_code(conn: Connection, submission_id: str) -> Confirmation | None:
    rows = confirmations.of_submission(conn, submission_id)
    return next((row for row in reversed(rows) if row.channel == "phone"), None)
