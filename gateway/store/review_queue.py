"""The review queue: whose turn a held submission is, and what is known of each while they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from gateway.store import confirmations
from gateway.store.tables import forms, submissions, verdicts

# you: waits for staff · visitor: for the visitor's confirmation · lapsed: the time for that is over
Turn = Literal["you", "visitor", "lapsed"]
TURNS: tuple[Turn, ...] = ("you", "visitor", "lapsed")
LOOKED_AT = 1000  # rows put together for one page: more are decided a thousand at a time


@dataclass(frozen=True)
class Row:
    """What alike ones are found by; the answers are read for those that are shown."""

    id: str
    received_at: datetime
    block_hash: str | None
    content_hash: str | None
    content_print: str | None
    email_domain: str | None
    codes: frozenset[str] = frozenset()  # of the findings that fail
    checks: frozenset[str] = frozenset()  # that found them


@dataclass(frozen=True)
class Filters:
    """What the page was asked for; empty: everything."""

    form_key: str = ""
    contact: bool = False
    oldest_first: bool = False


def turn(name: Turn, now: datetime) -> ColumnElement[bool]:
    """Held, and whose turn it is. Whoever asked to be contacted is always staff's: they can call without waiting."""
    visitors, over = confirmations.waits_for_visitor(now), confirmations.window_over(now)
    asked = submissions.c.wants_contact.is_(True)
    held = submissions.c.status == "held"
    match name:
        case "you":
            return and_(held, or_(asked, and_(~visitors, ~over)))
        case "visitor":
            return and_(held, visitors, or_(submissions.c.wants_contact.is_(None), ~asked))
        case "lapsed":
            return and_(held, over, or_(submissions.c.wants_contact.is_(None), ~asked))


def rows(conn: Connection, site_id: str, name: Turn, filters: Filters, now: datetime) -> list[Row]:  # noqa: PLR0917
    """At most LOOKED_AT, in the order asked for."""
    columns = [submissions.c[one] for one in (
        "id", "received_at", "block_hash", "content_hash", "content_print", "email_domain",
    )]  # fmt: skip
    query = select(*columns).where(submissions.c.site_id == site_id, turn(name, now))
    if filters.form_key:
        key = forms.c.key == filters.form_key
        query = query.join(forms, forms.c.id == submissions.c.form_id).where(key, forms.c.site_id == site_id)
    if filters.contact:
        query = query.where(submissions.c.wants_contact.is_(True))
    keys = (submissions.c.received_at, submissions.c.id)
    query = query.order_by(*(key if filters.oldest_first else key.desc() for key in keys))
    found = conn.execute(query.limit(LOOKED_AT)).all()
    failed = _failed(conn, [row.id for row in found])
    return [Row(*row, *failed.get(row.id, ())) for row in found]


def counts(conn: Connection, site_id: str, now: datetime) -> dict[Turn, int]:
    """How many wait for whom; a marketer's tests count too, since they are shown."""
    return {name: _count(conn, site_id, turn(name, now)) for name in TURNS}


def for_staff(now: datetime) -> ColumnElement[bool]:
    """What somebody should look at: their turn, and no test (rule 38)."""
    return and_(turn("you", now), submissions.c.test.is_(False))


def waiting(conn: Connection, site_id: str, now: datetime) -> int:
    """How many wait for staff. Of one site, as all here: without it no index leads to what is held."""
    return _count(conn, site_id, for_staff(now))


def _count(conn: Connection, site_id: str, condition: ColumnElement[bool]) -> int:
    return conn.execute(select(func.count()).where(submissions.c.site_id == site_id, condition)).scalar_one()


def _failed(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Submission → codes and checks that fail, of the pipeline's last verdict."""
    query = select(verdicts.c.submission_id, verdicts.c.findings).where(
        verdicts.c.submission_id.in_(ids), verdicts.c.decided_by.is_(None)
    )
    found = {}
    for row in conn.execute(query.order_by(verdicts.c.id)):
        failed = [one for one in row.findings if one["outcome"] == "fail"]
        codes, checks = (frozenset(str(one.get(part, "")) for one in failed) for part in ("code", "check"))
        found[row.submission_id] = codes, checks
    return found


def oldest(conn: Connection, site_id: str, now: datetime) -> datetime | None:
    """When the one that has waited longest for staff came in."""
    query = select(func.min(submissions.c.received_at)).where(submissions.c.site_id == site_id, for_staff(now))
    found: datetime | None = conn.execute(query).scalar()
    return found
