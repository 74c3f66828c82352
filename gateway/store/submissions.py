"""Submissions with their outbox row and their used ticket: stored together, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from gateway.records import Channel, Submission, SubmissionStatus
from gateway.store import persons, visitors
from gateway.store.db import lock_names
from gateway.store.expiring import Also, Expiring
from gateway.store.pairs import among, at_site
from gateway.store.tables import forms, nonces, outbox, sites, submissions

EVIDENCE = ("block_hash", "content_hash", "content_print", "email_domain")  # columns that go with the facts
ERASED: Mapping[str, Any] = {  # what an erased one becomes: that there was one
    "status": "erased", "answers": {}, "typed": {}, "page": {}, "facts": {}, **dict.fromkeys(EVIDENCE),
}  # fmt: skip
CORRECTIONS_WITHIN = timedelta(minutes=30)  # rule 11
REPLAY_USE = 4  # rule 11: one submission, two corrections; what comes further is a replay
STUCK_AFTER = 5  # tries, then a row is parked for the operator (house, "Errors")
RETRY_AFTER = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))

# What each post runs, built once: building costs about as much as running.
_USED = select(nonces).where(nonces.c.nonce.in_(bindparam("wanted", expanding=True))).order_by(nonces.c.use)
_STORE, _SPEND, _QUEUE = submissions.insert(), nonces.insert(), outbox.insert()


@dataclass(frozen=True)
class NewSubmission:
    """What the edge hands over, checked and cleaned."""

    id: str  # made by the edge: ids.new_id("sub", now)
    site_id: str
    form_id: str
    form_version: int
    channel: Channel
    lang: str
    received_at: datetime
    nonce: str  # of the ticket, or "key:<token>:<idempotency key>"
    digest: str  # of the cleaned answers alone: UTM, signals and proof aside (rule 11)
    answers: Mapping[str, Any]
    typed: Mapping[str, str] = field(default_factory=dict)
    asked: Sequence[str] = ()
    page: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    visitor_id: str | None = None  # as it will be from now on
    previous_visitor_id: str | None = None  # as the browser sent it
    block_hash: str | None = None
    content_hash: str | None = None
    content_print: str | None = None
    email_domain: str | None = None
    proof: str | None = None  # the salt of a solved proof of work
    test: bool = False
    once: bool = False  # the nonce is an idempotency key: other answers under it are refused, they correct nothing


@dataclass(frozen=True)
class Received:
    submission_id: str
    use: int  # 1 the first use of the ticket, 2–3 corrections, 4 and on replays; 0 refused, and nothing was stored
    repeat: bool  # the same answers were here before: nothing was stored


def receive(conn: Connection, new: NewSubmission) -> Received:
    """Store a submission once (rule 11). Safe to call twice with the same ticket and answers."""
    return receive_all(conn, [new])[0]


def receive_all(conn: Connection, batch: Sequence[NewSubmission]) -> list[Received]:
    """Store several at once, as `Database.grouped` asks: five statements, however many they are."""
    lock_names(conn, *{f"nonce:{new.site_id}:{new.nonce}" for new in batch})
    used = _used_tickets(conn, batch)
    received: list[Received] = []
    fresh: list[tuple[NewSubmission, int, str | None]] = []
    for new in batch:
        before = used.setdefault((new.site_id, new.nonce), [])
        same = next((ticket for ticket in before if ticket.digest == new.digest), None)
        if same is not None:
            received.append(Received(same.submission_id, same.use, repeat=True))
            continue
        if new.once and before:
            received.append(Received(before[0].submission_id, use=0, repeat=False))
            continue
        use = _use(before, new.received_at)
        fresh.append((new, use, before[0].submission_id if before else None))
        before.append(_Used(new.digest, new.id, use, new.received_at))
        received.append(Received(new.id, use, repeat=False))
    if fresh:
        _insert(conn, fresh)
    return received


@dataclass(frozen=True)
class _Used:
    digest: str
    submission_id: str
    use: int
    at: datetime


def _use(before: Sequence[_Used], at: datetime) -> int:
    """Which use of its ticket this is: late ones are no corrections (rule 11)."""
    use = len(before) + 1
    late = bool(before) and at - before[0].at > CORRECTIONS_WITHIN
    return max(use, REPLAY_USE) if late else use


def _used_tickets(conn: Connection, batch: Sequence[NewSubmission]) -> dict[tuple[str, str], list[_Used]]:
    found: dict[tuple[str, str], list[_Used]] = {}
    for row in conn.execute(_USED, {"wanted": [new.nonce for new in batch]}):
        found.setdefault((row.site_id, row.nonce), []).append(_Used(row.digest, row.submission_id, row.use, row.at))
    return found


def _insert(conn: Connection, fresh: Sequence[tuple[NewSubmission, int, str | None]]) -> None:
    seen = [
        visitors.Seen(new.site_id, new.visitor_id, new.received_at, new.previous_visitor_id)
        for new, _, _ in fresh
        if new.visitor_id
    ]
    visitors.ensure_all(conn, seen)
    conn.execute(_STORE, [_row(new, use, corrects) for new, use, corrects in fresh])
    tickets = [
        {
            "site_id": new.site_id,
            "nonce": new.nonce,
            "digest": new.digest,
            "submission_id": new.id,
            "use": use,
            "at": new.received_at,
        }
        for new, use, _ in fresh
    ]
    conn.execute(_SPEND, tickets)
    waiting = [{"submission_id": new.id, "due_at": new.received_at, "tries": 0} for new, _, _ in fresh]
    conn.execute(_QUEUE, waiting)


def _row(new: NewSubmission, use: int, corrects: str | None) -> dict[str, Any]:
    return {
        "id": new.id,
        "site_id": new.site_id,
        "form_id": new.form_id,
        "form_version": new.form_version,
        "status": "pending",
        "received_at": new.received_at,
        "channel": new.channel,
        "lang": new.lang,
        "answers": dict(new.answers),
        "typed": dict(new.typed),
        "asked": list(new.asked),
        "page": dict(new.page),
        "facts": {**new.facts, "ticket_use": use},
        "visitor_id": new.visitor_id,
        "corrects": corrects,
        "test": new.test,
        "block_hash": new.block_hash,
        "content_hash": new.content_hash,
        "content_print": new.content_print,
        "email_domain": new.email_domain,
        "proof": new.proof,
    }


def get(conn: Connection, site_id: str, submission_id: str, *, lock: bool = False) -> Submission | None:
    """lock: nobody else decides about it until the transaction ends."""
    query = selected().where(submissions.c.id == submission_id, submissions.c.site_id == site_id)
    if lock:
        query = query.with_for_update(of=submissions)
    row = conn.execute(query).first()
    return record(row) if row else None


def theirs(site_id: str, lead_id: str) -> ColumnElement[bool]:
    """That a submission is this person's."""
    return among(submissions.c.lead_id, persons.places(lead_id, site_id))


def of_lead(conn: Connection, site_id: str, lead_id: str) -> list[Submission]:
    """The lead's submissions, oldest first."""
    query = selected().where(theirs(site_id, lead_id))
    return [record(row) for row in conn.execute(query.order_by(submissions.c.received_at, submissions.c.id))]


def latest_of_lead(conn: Connection, site_id: str, lead_id: str) -> Submission | None:
    return next(reversed(of_lead(conn, site_id, lead_id)), None)


def leadless_at(conn: Connection, site_id: str, domains: Iterable[str]) -> list[Submission]:
    """Those that came to no lead, with an address at one of these domains, oldest first: held, rejected, stuck,
    pending."""
    at_domain = at_site(submissions.c.email_domain, site_id, domains)
    query = selected().where(at_domain, submissions.c.lead_id.is_(None), submissions.c.status != "erased")
    return [record(row) for row in conn.execute(query.order_by(submissions.c.received_at, submissions.c.id))]


def count_by_status(conn: Connection) -> dict[str, int]:
    """How many submissions stand where, over all sites."""
    rows = conn.execute(select(submissions.c.status, func.count().label("found")).group_by(submissions.c.status))
    return {row.status: row.found for row in rows}


def accepted_without_lead(conn: Connection, site_id: str, visitor_id: str) -> list[Submission]:
    """What this browser sent without an identifier before its lead began: it waited for a release."""
    query = selected().where(
        at_site(submissions.c.visitor_id, site_id, [visitor_id]),
        submissions.c.status == "accepted",
        submissions.c.lead_id.is_(None),
        ~exists().where(outbox.c.submission_id == submissions.c.id),  # a release that can still be undone
    )
    return [record(row) for row in conn.execute(query.order_by(submissions.c.received_at))]


def set_status(conn: Connection, submission: Submission, status: SubmissionStatus, now: datetime) -> None:
    conn.execute(_SET_STATUS, {"this": submission.id, "new": status, "now": now})


def mark_contact(conn: Connection, submission_id: str) -> None:
    """Whoever sent it asks to be contacted, and it was not accepted at once."""
    conn.execute(update(submissions).where(submissions.c.id == submission_id).values(wants_contact=True))


def set_lead(conn: Connection, submission_id: str, lead_id: str) -> None:
    conn.execute(_SET_LEAD, {"this": submission_id, "whose": lead_id})


_THIS = update(submissions).where(submissions.c.id == bindparam("this"))
_SET_LEAD = _THIS.values(lead_id=bindparam("whose"))
_SET_STATUS = _THIS.values(status=bindparam("new"), processed_at=bindparam("now"))


# --- the outbox -----------------------------------------------------------------------------------------------------


def proof_was_used(conn: Connection, submission: Submission) -> bool:
    """Did another ticket bring the same proof of work, earlier or processed already? Corrections share a ticket, and
    with it their proof."""
    first = submission.corrects or submission.id
    another = and_(
        submissions.c.proof == submission.proof,
        submissions.c.site_id == submission.site_id,
        func.coalesce(submissions.c.corrects, submissions.c.id) != first,
        or_(submissions.c.id < first, submissions.c.status != "pending"),
    )
    return conn.execute(select(submissions.c.id).where(another).limit(1)).first() is not None


def due(conn: Connection, now: datetime, limit: int) -> list[Submission]:
    """Submissions whose outbox row is due, in the order of their arrival."""
    return [record(row) for row in conn.execute(_due(now).limit(limit))]


def claim_due(conn: Connection, now: datetime, ids: Sequence[str]) -> list[Submission]:
    """Those of them that are still due, locked until the transaction ends; less what another worker holds, or staff
    who decide about it (PostgreSQL; SQLite's writer is alone)."""
    both = (outbox, submissions)
    query = _due(now).where(outbox.c.submission_id.in_(ids)).with_for_update(skip_locked=True, of=both)
    return [record(row) for row in conn.execute(query)]


def any_due(conn: Connection, now: datetime) -> bool:
    return conn.execute(select(outbox.c.id).where(outbox.c.due_at <= now).limit(1)).first() is not None


def done(conn: Connection, submission_id: str) -> None:
    """The submission is processed: its outbox row goes."""
    conn.execute(_DONE, {"this": submission_id})


_DONE = delete(outbox).where(outbox.c.submission_id == bindparam("this"))


def failed(conn: Connection, submission: Submission, error: str, now: datetime) -> bool:
    """Note that processing raised; true when it was the last try and the row is now parked as `stuck`."""
    tries = conn.execute(select(outbox.c.tries).where(outbox.c.submission_id == submission.id)).scalar_one() + 1
    if tries >= STUCK_AFTER:
        set_status(conn, submission, "stuck", now)
        done(conn, submission.id)
        return True
    later = now + RETRY_AFTER[tries - 1]
    conn.execute(
        update(outbox).where(outbox.c.submission_id == submission.id).values(tries=tries, due_at=later, error=error)
    )
    return False


def requeue(
    conn: Connection, submission_id: str, due_at: datetime, *, status: SubmissionStatus | None = "pending"
) -> None:
    """Put a submission on the outbox: a stuck one as pending, what staff released with its status as it stands."""
    if status is not None:
        conn.execute(update(submissions).where(submissions.c.id == submission_id).values(status=status))
    conn.execute(outbox.insert().values(submission_id=submission_id, due_at=due_at, tries=0))


def take_off(conn: Connection, submission_id: str) -> bool:
    """Take a submission off the outbox; false when it has been processed, or is being so, and nothing changed."""
    locked = select(outbox.c.id).where(outbox.c.submission_id == submission_id).with_for_update(skip_locked=True)
    row = conn.execute(locked).first()
    if row is None:
        return False
    return conn.execute(delete(outbox).where(outbox.c.id == row.id)).rowcount == 1


# --- what may not be kept longer (gateway.privacy) ------------------------------------------------------------------


def old_nonces(before: datetime) -> Expiring:
    """Used tickets that are too old to come back (rule 10: longer than tickets live)."""
    return Expiring(nonces, nonces.c.at < before)


def erasable(status: SubmissionStatus, before: datetime, also: Also | None = None) -> Expiring:
    """Those of this status that were received before; what is left of one says only that there was one."""
    old = and_(_of_any_site(), submissions.c.status == status, submissions.c.received_at < before)
    return Expiring(submissions, old, ERASED, also)


def forgettable(before: datetime, now: datetime) -> Expiring:
    """The request's facts of those received before; their answers belong to their lead."""
    old = and_(submissions.c.forgotten_at.is_(None), submissions.c.received_at < before)
    return Expiring(submissions, old, {"facts": {}, "forgotten_at": now, **dict.fromkeys(EVIDENCE)})


def _of_any_site() -> ColumnElement[bool]:
    """Always true: the indexes begin with the site, so what is asked of all of them names each."""
    return submissions.c.site_id.in_(select(sites.c.id))


def _due(now: datetime) -> Any:
    query = selected().join(outbox, outbox.c.submission_id == submissions.c.id)
    return query.where(outbox.c.due_at <= now).order_by(outbox.c.id)


def selected() -> Any:
    """The query whose rows `record` reads, to be narrowed by who asks."""
    return select(submissions, forms.c.key.label("form_key")).join(forms, forms.c.id == submissions.c.form_id)


def record(row: Row[Any]) -> Submission:
    """A row of `selected()` as the record that travels."""
    return Submission(
        id=row.id,
        site_id=row.site_id,
        form_id=row.form_id,
        form_key=row.form_key,
        form_version=row.form_version,
        status=row.status,
        received_at=row.received_at,
        channel=row.channel,
        lang=row.lang,
        answers=row.answers,
        typed=row.typed,
        asked=tuple(row.asked),
        page=row.page,
        facts=row.facts,
        visitor_id=row.visitor_id,
        lead_id=row.lead_id,
        corrects=row.corrects,
        test=row.test,
        block_hash=row.block_hash,
        content_hash=row.content_hash,
        content_print=row.content_print,
        email_domain=row.email_domain,
        proof=row.proof,
    )
