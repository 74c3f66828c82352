"""Arrivals: each judged submission as the report by person counts it (gateway/store/by_person.py). Written by the
worker in the transaction that judges it; a marketer's own tests leave none (rule 38)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from gateway.records import Submission
from gateway.store import touches
from gateway.store.conflicts import insert_if_absent
from gateway.store.tables import arrivals, beginnings
from gateway.store.tables import touches as touch_rows

LONGEST = 120  # characters of a campaign's name that are kept


def judged(conn: Connection, submission: Submission) -> None:
    """It was held or rejected, so far."""
    if not submission.test:
        insert_if_absent(conn, arrivals, _line(conn, submission))


def accepted(conn: Connection, submission: Submission, lead_id: str | None) -> None:
    """It was accepted and came to this record; to none, where nobody is known by it. Safe to run again, and with
    another record where the form was given to that one."""
    if submission.test:
        return
    line = {**_line(conn, submission), "accepted": True, "lead_id": lead_id}
    if lead_id is not None:
        line |= {"opens": _begin(conn, submission, lead_id), **_origin(conn, lead_id, submission.received_at)}
    if insert_if_absent(conn, arrivals, line):
        return
    this = arrivals.c.submission_id == submission.id
    before = conn.execute(select(arrivals.c.lead_id).where(this)).scalar()
    conn.execute(update(arrivals).where(this).values(line))
    if before not in {None, lead_id}:
        _begin_anew(conn, submission.site_id, str(before))


def touched(conn: Connection, site_id: str, lead_id: str) -> None:
    """Earlier visits came to this record: what it came from is found anew."""
    mine = (arrivals.c.site_id == site_id) & (arrivals.c.lead_id == lead_id)
    for row in conn.execute(select(arrivals.c.submission_id, arrivals.c.at).where(mine)).all():
        this = arrivals.c.submission_id == row.submission_id
        conn.execute(update(arrivals).where(this).values(_origin(conn, lead_id, row.at)))
    _first_touch(conn, lead_id)


def marks(params: Mapping[str, Any]) -> dict[str, str | None]:
    """What a touch says of campaign, source and medium. A visit without a source came from the page before."""
    said = {
        "campaign": params.get("utm_campaign"),
        "source": params.get("utm_source") or params.get("referrer"),
        "medium": params.get("utm_medium"),
    }
    return {name: str(value or "").strip()[:LONGEST] or None for name, value in said.items()}


def _line(conn: Connection, submission: Submission) -> dict[str, Any]:
    return {
        "submission_id": submission.id,
        "site_id": submission.site_id,
        "form_id": submission.form_id,
        "at": submission.received_at,
        "accepted": False,
        **marks(touches.came_from(conn, submission.site_id, submission.page)),
    }


def _begin(conn: Connection, submission: Submission, lead_id: str) -> bool:
    """Is it the record's first one? One that was released late may have come before those that were accepted at
    once."""
    first = {"submission_id": submission.id, "at": submission.received_at}
    row = {"lead_id": lead_id, "site_id": submission.site_id, **first}
    opens = insert_if_absent(conn, beginnings, row)
    if not opens:
        this = beginnings.c.lead_id == lead_id
        held = conn.execute(select(beginnings.c.submission_id, beginnings.c.at).where(this).with_for_update()).one()
        opens = held.submission_id == submission.id or held.at > submission.received_at
        if opens and held.submission_id != submission.id:
            _opens(conn, held.submission_id, False)
            conn.execute(update(beginnings).where(this).values(first))
    _first_touch(conn, lead_id)
    return opens


def _opens(conn: Connection, submission_id: str, opens: bool) -> None:
    conn.execute(update(arrivals).where(arrivals.c.submission_id == submission_id).values(opens=opens))


def _begin_anew(conn: Connection, site_id: str, lead_id: str) -> None:
    """What stays with the record from which a form was taken says how it began."""
    conn.execute(delete(beginnings).where(beginnings.c.lead_id == lead_id))
    mine = (arrivals.c.site_id == site_id) & (arrivals.c.lead_id == lead_id)
    query = select(arrivals.c.submission_id, arrivals.c.at).where(mine)
    first = conn.execute(query.order_by(arrivals.c.at, arrivals.c.submission_id).limit(1)).first()
    if first is not None:
        row = {"lead_id": lead_id, "site_id": site_id, "submission_id": first.submission_id, "at": first.at}
        conn.execute(beginnings.insert().values(row))
        _opens(conn, first.submission_id, True)
        _first_touch(conn, lead_id)


def _first_touch(conn: Connection, lead_id: str) -> None:
    query = select(touch_rows).where(touch_rows.c.lead_id == lead_id, touch_rows.c.params != {})
    row = conn.execute(query.order_by(touch_rows.c.at, touch_rows.c.id).limit(1)).first()
    if row is not None:
        said = {"touched_at": row.at, **marks(row.params)}
        conn.execute(update(beginnings).where(beginnings.c.lead_id == lead_id).values(said))


def _origin(conn: Connection, lead_id: str, at: datetime) -> dict[str, str | None]:
    """The last visit until then that did not come direct is what it came from (rule 28)."""
    query = select(touch_rows.c.params).where(
        touch_rows.c.lead_id == lead_id, touch_rows.c.at <= at, touch_rows.c.params != {}
    )
    found = conn.execute(query.order_by(touch_rows.c.at.desc(), touch_rows.c.id.desc()).limit(1)).scalar()
    return marks(found or {})
