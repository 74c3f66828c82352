"""Confirmations: a link or code by which somebody shows that a mailbox or phone is theirs (rules 16–18).

`mailbox` is a keyed hash of the canonical address, so that limits hold over all sites and no address stands here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, exists, func, select, update

from gateway.store.conflicts import insert_if_absent
from gateway.store.expiring import Expiring
from gateway.store.tables import confirmations, mail_stops, submissions

Channel = Literal["email", "phone"]
# over: the window passed without an answer.
State = Literal["on_its_way", "sent", "kept_back", "failed", "over", "refused", "confirmed"]

WINDOW = timedelta(days=14)  # rule 18: how long a link lasts, and a held submission is the visitor's to release
BROWSER_LIMIT = 20  # confirmations of one browser that are looked at
MAILBOX_LIMIT = 200  # and of one mailbox, which anybody can add to
TRIES = 5  # codes that may be typed for one that was sent


@dataclass(frozen=True)
class Confirmation:
    id: str
    site_id: str
    form_id: str
    submission_id: str
    channel: Channel
    mailbox: str
    created_at: datetime
    expires_at: datetime
    block_hash: str | None = None  # of the request that asked for it
    code_hash: str | None = field(default=None, repr=False)
    tries: int = 0
    sent_at: datetime | None = None
    kept_back: str | None = None  # by which limit
    failed: str | None = None
    confirmed_at: datetime | None = None
    refused_at: datetime | None = None
    visitor_id: str | None = None  # the browser that confirmed, where it is the one that sent the form
    evidence: Mapping[str, Any] = field(default_factory=dict)  # of the confirming request: block, user agent
    forgotten_at: datetime | None = None  # block, code and evidence went (rule 37)

    def state(self, now: datetime) -> State:
        """Where it stands; what the visitor said stands above what became of the mail."""
        if self.confirmed_at or self.refused_at:
            return "confirmed" if self.confirmed_at else "refused"
        if self.kept_back or self.failed:
            return "kept_back" if self.kept_back else "failed"
        if now >= self.created_at + WINDOW:
            return "over"
        return "sent" if self.sent_at else "on_its_way"


def add(conn: Connection, row: Confirmation) -> None:
    columns = {column.name: getattr(row, column.name) for column in confirmations.columns}
    conn.execute(confirmations.insert().values(**{**columns, "evidence": dict(row.evidence)}))


def get(conn: Connection, confirmation_id: str) -> Confirmation | None:
    found = conn.execute(select(confirmations).where(confirmations.c.id == confirmation_id)).first()
    return _row(found) if found else None


def of_submission(conn: Connection, submission_id: str) -> list[Confirmation]:
    """Oldest first."""
    return [_row(row) for row in conn.execute(_OF_SUBMISSION, {"whose": submission_id})]


_OF_SUBMISSION = (
    select(confirmations)
    .where(confirmations.c.submission_id == bindparam("whose"))
    .order_by(confirmations.c.created_at, confirmations.c.id)
)


def of_submissions(conn: Connection, submission_ids: Collection[str]) -> dict[str, list[Confirmation]]:
    """Submission → its confirmations, oldest first; those that were asked for none are left out."""
    query = select(confirmations).where(confirmations.c.submission_id.in_(submission_ids))
    found: dict[str, list[Confirmation]] = {}
    for row in conn.execute(query.order_by(confirmations.c.created_at, confirmations.c.id)):
        found.setdefault(row.submission_id, []).append(_row(row))
    return found


def states(conn: Connection, submission_ids: Collection[str]) -> dict[str, Confirmation]:
    """Submission → the confirmation that says how it stands: the one that was answered, else the latest."""
    return {name: telling(rows) for name, rows in of_submissions(conn, submission_ids).items()}


def telling(rows: Sequence[Confirmation]) -> Confirmation:
    """Of one submission's, oldest first and at least one: confirmed before refused before the latest."""
    confirmed = next((row for row in rows if row.confirmed_at), None)
    refused = next((row for row in reversed(rows) if row.refused_at), None)
    return confirmed or refused or rows[-1]


KEY = "confirm:"  # of the mail that carries it: the confirmation's id follows


def of_key(key: str) -> str | None:
    """The confirmation that a mail with this key is about, if any."""
    return key.removeprefix(KEY) if key.startswith(KEY) else None


# --- whose turn it is: conditions on the table submissions ------------------------------------------------------------


def waits_for_visitor(now: datetime) -> ColumnElement[bool]:
    """Something is on its way or arrived, unanswered, within the window: staff need not look yet."""
    return _has(_open(), confirmations.c.created_at > now - WINDOW) & ~_has(confirmations.c.refused_at.is_not(None))


def window_over(now: datetime) -> ColumnElement[bool]:
    """What was sent stayed unanswered until the window passed: out of the queue, never rejected for it (rule 15)."""
    mine = _has(_open()) & ~_has(confirmations.c.refused_at.is_not(None))
    return mine & ~_has(_open(), confirmations.c.created_at > now - WINDOW)


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(confirmations.c.submission_id == submissions.c.id, *conditions).correlate(submissions)


def _open() -> ColumnElement[bool]:
    unanswered = and_(confirmations.c.confirmed_at.is_(None), confirmations.c.refused_at.is_(None))
    return and_(unanswered, confirmations.c.kept_back.is_(None), confirmations.c.failed.is_(None))


# --- limits (rule 18) -------------------------------------------------------------------------------------------------


def asked_since(conn: Connection, column: Literal["mailbox", "form_id", "block_hash"], value: str, at: datetime) -> int:
    """How many were let out since then; those that a limit kept back do not count."""
    mine = (confirmations.c[column] == value) & (confirmations.c.created_at > at) & confirmations.c.kept_back.is_(None)
    return conn.execute(select(func.count()).select_from(confirmations).where(mine)).scalar_one()


def unanswered(conn: Connection, mailbox: str) -> int:
    """How many that were let out nobody answered, since the mailbox last confirmed one."""
    mine = confirmations.c.mailbox == mailbox
    last = conn.execute(select(func.max(confirmations.c.confirmed_at)).where(mine)).scalar()
    silent = and_(
        mine,
        confirmations.c.kept_back.is_(None),
        confirmations.c.confirmed_at.is_(None),
        confirmations.c.refused_at.is_(None),
    )
    if last is not None:
        silent &= confirmations.c.created_at > last
    return conn.execute(select(func.count()).select_from(confirmations).where(silent)).scalar_one()


def unanswered_of(conn: Connection, site_id: str, mailbox: str) -> list[Confirmation]:
    """The mailbox's on one site that nobody answered, those that a limit kept back too, oldest first."""
    mine = (confirmations.c.site_id == site_id) & (confirmations.c.mailbox == mailbox)
    open_ones = confirmations.c.confirmed_at.is_(None) & confirmations.c.refused_at.is_(None)
    query = select(confirmations).where(mine, open_ones).order_by(confirmations.c.created_at, confirmations.c.id)
    return [_row(row) for row in conn.execute(query.limit(MAILBOX_LIMIT))]


def stopped(conn: Connection, mailbox: str) -> bool:
    return conn.execute(select(mail_stops.c.at).where(mail_stops.c.mailbox == mailbox)).first() is not None


def stop(conn: Connection, mailbox: str, now: datetime) -> None:
    """Its owner said that it wasn't them: no confirmation goes there any more, from any site."""
    insert_if_absent(conn, mail_stops, {"mailbox": mailbox, "at": now, "reason": "not_me"})


def unstop(conn: Connection, mailbox: str) -> None:
    conn.execute(delete(mail_stops).where(mail_stops.c.mailbox == mailbox))


# --- what becomes of one ----------------------------------------------------------------------------------------------


def sent(conn: Connection, confirmation_id: str, now: datetime) -> None:
    _set(conn, confirmation_id, sent_at=now)


def failed(conn: Connection, confirmation_id: str, error: str) -> None:
    """It will not arrive: nobody is asked to answer, and staff see why."""
    _set(conn, confirmation_id, failed=error[:40])


def confirm(
    conn: Connection, confirmation_id: str, evidence: Mapping[str, Any], *, visitor_id: str | None, now: datetime
) -> None:
    """visitor_id: where the browser that confirms is the one that sent the form."""
    done = {"confirmed_at": now, "refused_at": None, "visitor_id": visitor_id}
    _set(conn, confirmation_id, **done, **_told(evidence))


def refuse(conn: Connection, confirmation_id: str, evidence: Mapping[str, Any], now: datetime) -> None:
    _set(conn, confirmation_id, refused_at=now, **_told(evidence))


def _told(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """A link is answered years after, too: what that request tells goes as well then."""
    return {"evidence": dict(evidence), "forgotten_at": None}


def take_try(conn: Connection, confirmation_id: str) -> bool:
    """Count a typed code; false when the tries are used up."""
    left = (confirmations.c.id == confirmation_id) & (confirmations.c.tries < TRIES)
    return conn.execute(update(confirmations).where(left).values(tries=confirmations.c.tries + 1)).rowcount == 1


# --- who confirmed ----------------------------------------------------------------------------------------------------


def of_confirmed(conn: Connection, submission_id: str) -> Confirmation | None:
    """The confirmation by which this submission was confirmed."""
    return next((row for row in of_submission(conn, submission_id) if row.confirmed_at), None)


def confirmed_in_browser(conn: Connection, site_id: str, visitor_ids: Collection[str]) -> list[str]:
    """The submissions that were sent and confirmed in this very browser."""
    return list(conn.execute(_IN_BROWSER, {"at_site": site_id, "these": list(visitor_ids)}).scalars())


_IN_BROWSER = (
    select(confirmations.c.submission_id)
    .where(
        confirmations.c.site_id == bindparam("at_site"),
        confirmations.c.confirmed_at.is_not(None),
        confirmations.c.visitor_id.in_(bindparam("these", expanding=True)),
    )
    .order_by(confirmations.c.confirmed_at.desc())
    .limit(BROWSER_LIMIT)
)


def forgettable(before: datetime, now: datetime) -> Expiring:
    """What requests told of themselves; which were asked and answered stays with the submission."""
    old = confirmations.c.forgotten_at.is_(None) & (confirmations.c.created_at < before)
    bare: dict[str, Any] = {"block_hash": None, "evidence": {}, "code_hash": None, "forgotten_at": now}
    return Expiring(confirmations, old, bare)


def forget_erased(conn: Connection, submission_ids: Collection[str]) -> None:
    """Drop the confirmations of those of them that are erased. Of those that went out unanswered the mailbox's keyed
    hash stays: rule 18 counts three unanswered in all, and an attacker must not be given three more every 90 days."""
    erased = exists().where(submissions.c.id == confirmations.c.submission_id, submissions.c.status == "erased")
    gone = and_(confirmations.c.submission_id.in_(submission_ids), erased)
    counts = and_(
        confirmations.c.kept_back.is_(None),
        confirmations.c.confirmed_at.is_(None),
        confirmations.c.refused_at.is_(None),
    )
    bare: dict[str, Any] = {"block_hash": None, "evidence": {}, "code_hash": None, "visitor_id": None}
    conn.execute(update(confirmations).where(gone, counts).values(**bare))
    conn.execute(delete(confirmations).where(gone, ~counts))


def _set(conn: Connection, confirmation_id: str, **columns: Any) -> None:
    conn.execute(update(confirmations).where(confirmations.c.id == confirmation_id).values(**columns))


def _row(row: Row[Any]) -> Confirmation:
    return Confirmation(**row._mapping)
