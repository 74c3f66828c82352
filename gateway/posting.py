"""Sending what is queued, mails and text messages alike: claim, send, and record what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from sqlalchemy import Connection

from gateway.parts import Parts
from gateway.store import confirmations, mails
from gateway.store.mails import DueMail

log = structlog.get_logger()


class NotSentError(Exception):
    """A message that did not go out. permanent: trying again will not help."""

    def __init__(self, code: str, permanent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent

    @property
    def ends_round(self) -> bool:
        """Would the next one fail as well? Not where only this recipient is refused or put off."""
        return not self.permanent and self.code != "recipient_refused"


def send_due(parts: Parts, templates: Collection[str], send: Callable[[DueMail], None], *, limit: int) -> int:
    """Send what is due of these templates, at most `limit`; returns how many went out. `send` raises NotSentError. A
    server that does not answer ends the round."""
    with parts.db.read() as conn:
        waiting = mails.due(conn, parts.clock(), limit, templates)
    out = 0
    for mail in waiting:
        if not _claimed(parts, mail):
            continue
        try:
            send(mail)
        except NotSentError as error:
            _record_failure(parts, mail, error)
            if error.ends_round:
                break
        else:
            _record_sent(parts, mail)
            out += 1
    return out


def _claimed(parts: Parts, mail: DueMail) -> bool:
    now = parts.clock()
    with parts.db.write() as conn:
        if not mails.claim(conn, mail, now):
            return False
        gone = _no_longer_wanted(conn, mail, now)
        if gone:
            mails.failed(conn, mail, gone, permanent=True, now=now)
        return gone is None


def _no_longer_wanted(conn: Connection, mail: DueMail, now: datetime) -> str | None:
    """Between asking and sending its recipient may have said "it wasn't me", or a code have run out."""
    asked = confirmations.get(conn, confirmations.of_key(mail.key) or "")
    if asked is None:
        return None
    reason = "stopped" if confirmations.stopped(conn, asked.mailbox) else None
    reason = reason or ("too_late" if now >= asked.expires_at else None)
    if reason:
        confirmations.failed(conn, asked.id, reason)
    return reason


def _record_failure(parts: Parts, mail: DueMail, error: NotSentError) -> None:
    log.warning("mail_failed", mail=mail.id, template=mail.template, error=error.code)
    with parts.db.write() as conn:
        given_up = mails.failed(conn, mail, error.code, permanent=error.permanent, now=parts.clock())
        asked = confirmations.of_key(mail.key)
        if given_up and asked:
            confirmations.failed(conn, asked, error.code)


def _record_sent(parts: Parts, mail: DueMail) -> None:
    now = parts.clock()
    with parts.db.write() as conn:
        mails.sent(conn, mail.id, now)
        asked = confirmations.of_key(mail.key)
        if asked:
            confirmations.sent(conn, asked, now)
