"""Mails and text messages that are due: a row is the queue, its key makes one message of one reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select, update

from gateway.store.conflicts import insert_if_absent
from gateway.store.expiring import Expiring
from gateway.store.tables import mails

# Minutes until the next try after the first, second … failed one; then it is given up.
DELAYS = (1, 5, 30, 120, 360)
TRIES = len(DELAYS) + 1
LEASE = timedelta(minutes=2)  # a sender that died gives its mail back after this
TOO_OLD = timedelta(days=3)  # without SMTP_URL mail piles up: what is older than this is no news any more
FAILING_AFTER = 2  # failed tries, then `doctor` speaks of it


@dataclass(frozen=True)
class DueMail:
    id: int
    key: str
    recipient: str = field(repr=False)
    lang: str
    template: str
    params: Mapping[str, Any] = field(repr=False)  # may hold a one-time link
    tries: int = 0


def queue(
    conn: Connection,
    key: str,
    recipient: str,
    *,
    lang: str,
    template: str,
    params: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Queue a mail; false when one with this key (at most 120 characters) was queued before."""
    values = {
        "key": key,
        "recipient": recipient,
        "lang": lang,
        "template": template,
        "params": dict(params),
        "due_at": now,
        "tries": 0,
    }
    return insert_if_absent(conn, mails, values)


def queue_nothing(conn: Connection, key: str, now: datetime) -> None:
    """Costs what `queue` costs and leaves nothing, where time must not tell whether there was somebody to write to."""
    queue(conn, key, "", lang="", template="", params={}, now=now)
    conn.execute(delete(mails).where(mails.c.key == key))


def known(conn: Connection, key: str) -> bool:
    """Was a mail with this key ever queued?"""
    return conn.execute(select(mails.c.id).where(mails.c.key == key)).first() is not None


def due(conn: Connection, now: datetime, limit: int, templates: Collection[str] | None = None) -> list[DueMail]:
    """What is to be sent, of these templates or of all, the longest due first."""
    query = select(mails).where(_waiting(now)).order_by(mails.c.due_at, mails.c.id).limit(limit)
    if templates is not None:
        query = query.where(mails.c.template.in_(templates))
    return [_mail(row) for row in conn.execute(query)]


def any_due(conn: Connection, now: datetime, templates: Collection[str]) -> bool:
    return bool(due(conn, now, 1, templates))


def claim(conn: Connection, mail: DueMail, now: datetime) -> bool:
    """Take it for two minutes and count the try; false when somebody else has."""
    seen = (mails.c.id == mail.id) & (mails.c.tries == mail.tries) & _waiting(now)
    taken = update(mails).where(seen).values(due_at=now + LEASE, tries=mail.tries + 1)
    return conn.execute(taken).rowcount == 1


def sent(conn: Connection, mail_id: int, now: datetime) -> None:
    """It is out: its params, which may hold a one-time link, and its recipient go."""
    done: dict[str, Any] = {"sent_at": now, "error": None, "params": {}, "recipient": ""}
    conn.execute(update(mails).where(mails.c.id == mail_id).values(**done))


def failed(conn: Connection, mail: DueMail, error: str, *, permanent: bool, now: datetime) -> bool:
    """Try again later; given up (true) after the last try, or at once when the server will not have it."""
    tries = mail.tries + 1
    given_up = permanent or tries >= TRIES
    values: dict[str, Any] = {"tries": TRIES, "params": {}, "recipient": ""}
    if not given_up:
        values = {"due_at": now + timedelta(minutes=DELAYS[tries - 1])}
    conn.execute(update(mails).where(mails.c.id == mail.id).values(error=error, **values))
    return given_up


def failing(conn: Connection) -> int:
    """How many mails have failed more than once and are not out."""
    query = select(func.count()).where(mails.c.sent_at.is_(None), mails.c.tries >= FAILING_AFTER)
    return conn.execute(query).scalar_one()


def given_up_for(conn: Connection, error: str) -> int:
    """How many were given up for this reason and are kept still."""
    query = select(func.count()).where(mails.c.sent_at.is_(None), mails.c.tries >= TRIES, mails.c.error == error)
    return conn.execute(query).scalar_one()


def forgettable(prefix: str, before: datetime) -> Expiring:
    """Messages whose key begins so and that were due before, sent or not: they name people."""
    return Expiring(mails, mails.c.key.startswith(prefix, autoescape=True) & (mails.c.due_at < before))


def _waiting(now: datetime) -> ColumnElement[bool]:
    return and_(
        mails.c.sent_at.is_(None),
        mails.c.tries < TRIES,
        mails.c.due_at <= now,
        mails.c.due_at > now - TOO_OLD,
    )


def _mail(row: Row[Any]) -> DueMail:
    return DueMail(row.id, row.key, row.recipient, row.lang, row.template, row.params, row.tries)
