"""What staff decide about submissions: release, reject, hold again, undo, try again. Each decision is a verdict row, an
audit row and a lesson for the site's scorer; several at once are one transaction.

A release by hand waits a few seconds on the outbox before it goes on, so that undoing it takes it back wholly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from gateway import learning, pipeline
from gateway.parts import Parts
from gateway.pipeline import STATUS
from gateway.records import Submission, SubmissionStatus
from gateway.store import audit, forms, lessons, submissions, verdicts
from gateway.store.verdicts import OutcomeOfVerdict, VerdictRow

UNDO_WITHIN = timedelta(seconds=10)  # how long a release by hand waits: seeing one's slip takes two or three seconds
Decision = Literal["release", "reject", "hold", "undo", "again"]
NO_WAIT = timedelta(0)
COMMAND = "command"  # who decided, where nobody is signed in


class NotWaitingError(Exception):
    """The submission's status does not allow this: only held and rejected ones are released, held ones rejected,
    rejected ones held again, stuck ones tried again. Its text is the status."""


class GoneOnError(NotWaitingError):
    """A release that has gone on to its lead: it cannot be undone any more."""


@dataclass
class Decided:
    """What became of several: done, decided by somebody else before, gone on, or unknown here."""

    done: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    gone_on: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Deciding:
    """Who decides, when, and how long a release waits for its undo. seen: the status that they saw; what stands
    elsewhere by now was decided by somebody else, and stays."""

    site_id: str
    user_id: str | None  # none: a command on the server
    now: datetime
    wait: timedelta = NO_WAIT
    seen: SubmissionStatus | None = None


def release(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> str | None:
    """Accept at once what was held or rejected; it goes on with the time it was received. Returns the lead's id.

    Raises LookupError for an unknown one, NotWaitingError for one that stands elsewhere.
    """
    with parts.db.write() as conn:
        return _release(conn, submission_id, Deciding(site_id, user_id, parts.clock()))


def reject(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> None:
    """Turn a held submission down. Raises LookupError, NotWaitingError."""
    with parts.db.write() as conn:
        _reject(conn, submission_id, Deciding(site_id, user_id, parts.clock()))


def hold_again(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> None:
    """Undo a rejection: the submission waits for review again. Raises LookupError, NotWaitingError."""
    with parts.db.write() as conn:
        _hold(conn, submission_id, Deciding(site_id, user_id, parts.clock()))


def try_again(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> None:
    """Put a stuck submission back on the outbox, once what parked it is mended. Raises LookupError, NotWaitingError."""
    with parts.db.write() as conn:
        _again(conn, submission_id, Deciding(site_id, user_id, parts.clock()))


def undo(parts: Parts, site_id: str, submission_id: str, user_id: str | None) -> None:
    """Take the last decision back. Raises LookupError, NotWaitingError, and GoneOnError for a release whose time to
    undo is over."""
    with parts.db.write() as conn:
        _undo(conn, submission_id, Deciding(site_id, user_id, parts.clock()))


def decide_all(parts: Parts, decision: Decision, ids: Sequence[str], deciding: Deciding) -> Decided:
    """Several at once, in one transaction. What somebody else decided meanwhile stays as they decided."""
    decided = Decided()
    with parts.db.write() as conn:
        for submission_id in sorted(set(ids)):  # in one order, so that two people never wait for each other
            try:
                DECISIONS[decision](conn, submission_id, deciding)
            except LookupError:
                decided.unknown.append(submission_id)
            except GoneOnError:
                decided.gone_on.append(submission_id)
            except NotWaitingError:
                decided.elsewhere.append(submission_id)
            else:
                decided.done.append(submission_id)
    return decided


def _release(conn: Connection, submission_id: str, deciding: Deciding) -> str | None:
    submission = _standing(conn, submission_id, deciding, ("held", "rejected"))
    _decide(conn, submission, "accept", deciding)
    form = forms.version(conn, submission.form_id, submission.form_version)
    learning.learn(conn, submission, form, label="ham", now=deciding.now)
    if deciding.wait:
        submissions.requeue(conn, submission.id, deciding.now + deciding.wait, status=None)
        return None
    return pipeline.admit(conn, replace(submission, status="accepted"), form, deciding.now)


def _reject(conn: Connection, submission_id: str, deciding: Deciding) -> None:
    submission = _standing(conn, submission_id, deciding, ("held",))
    _decide(conn, submission, "reject", deciding)
    form = forms.version(conn, submission.form_id, submission.form_version)
    learning.learn(conn, submission, form, label="spam", now=deciding.now)


def _hold(conn: Connection, submission_id: str, deciding: Deciding) -> None:
    submission = _standing(conn, submission_id, deciding, ("rejected",))
    _decide(conn, submission, "hold", deciding)
    learning.unlearn(conn, submission.id, deciding.now)


def _undo(conn: Connection, submission_id: str, deciding: Deciding) -> None:
    submission = _standing(conn, submission_id, deciding, ("rejected", "accepted"))
    given = verdicts.of_submission(conn, submission.id)
    before = given[-2] if len(given) > 1 else None
    undone = before is not None and before.outcome == "accept"  # nothing but its undo follows a release
    if given[-1].decided_by is None or undone:
        raise NotWaitingError(submission.status)
    if submission.status == "accepted" and not submissions.take_off(conn, submission.id):
        raise GoneOnError(submission.status)
    _decide(conn, submission, before.outcome if before else "hold", deciding)
    learning.unlearn(conn, submission.id, deciding.now)
    if before is not None and before.outcome == "reject" and before.decided_by is not None:
        form = forms.version(conn, submission.form_id, submission.form_version)
        learning.learn(conn, submission, form, label="spam", now=deciding.now)


def _again(conn: Connection, submission_id: str, deciding: Deciding) -> None:
    submission = _standing(conn, submission_id, deciding, ("stuck",))
    last = next(reversed(verdicts.of_submission(conn, submission.id)), None)
    released = last is not None and last.decided_by is not None and last.outcome == "accept"
    submissions.requeue(conn, submission.id, deciding.now, status="accepted" if released else "pending")
    audit.add(conn, deciding.site_id, deciding.now, "submission_again", submission.id, user_id=deciding.user_id)


DECISIONS: Mapping[Decision, Callable[[Connection, str, Deciding], object]] = {
    "release": _release,
    "reject": _reject,
    "hold": _hold,
    "undo": _undo,
    "again": _again,
}


def _standing(
    conn: Connection, submission_id: str, deciding: Deciding, allowed: tuple[SubmissionStatus, ...]
) -> Submission:
    lessons.lock(conn, deciding.site_id)  # before any row: two bulk decisions must not wait for each other
    submission = submissions.get(conn, deciding.site_id, submission_id, lock=True)
    if submission is None:
        raise LookupError(f"no submission {submission_id}")
    if submission.status not in allowed or deciding.seen not in {None, submission.status}:
        raise NotWaitingError(submission.status)
    return submission


def _decide(conn: Connection, submission: Submission, outcome: OutcomeOfVerdict, deciding: Deciding) -> None:
    """A verdict by staff keeps the findings of the pipeline's beside it, so it repeats none."""
    now, user_id = deciding.now, deciding.user_id
    verdicts.add(conn, VerdictRow(submission.id, now, outcome, 0, [], user_id or COMMAND))
    submissions.set_status(conn, submission, STATUS[outcome], now)
    audit.add(conn, submission.site_id, now, f"submission_{outcome}", submission.id, user_id=user_id)


def rightly_rejected(conn: Connection, site_id: str, submission_id: str, now: datetime) -> None:
    """Staff looked at a rejected one again and agree: it teaches, also where rules alone had rejected it."""
    submission = submissions.get(conn, site_id, submission_id)
    if submission is not None and submission.status == "rejected":
        form = forms.version(conn, submission.form_id, submission.form_version)
        learning.learn(conn, submission, form, label="spam", now=now)
