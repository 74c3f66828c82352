"""`GET /api/v1/leads` as a feed: what changed, oldest change first, for who comes back again and again.

A page may hold fewer lines than asked for, or none, and still have a next one; `resume` is where to go on, now or in a
year. What is no lead by itself any more comes as a line that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Response, jsonify
from sqlalchemy import Connection

from gateway.delivery.payload import iso
from gateway.store import feed, keyset, leads_search
from gateway.store.feed import Change, Place
from gateway.store.leads_search import Filter
from gateway.web.api_door import Problem, parts, token
from gateway.web.api_lists import lead_line, page_size

MARK = "changes"  # the first member of a feed's cursor, so that no list's cursor is taken for one
KINDS = (str, int, int, datetime)


def is_ours(cursor: str) -> bool:
    """Whether this is a cursor of the feed."""
    try:
        return bool(keyset.decode(cursor, KINDS)[0] == MARK)
    except keyset.CursorError:
        return False


def changes(wanted: Filter, cursor: str) -> Response:
    """The next page behind the cursor; without one, from the first change stamped at or after `wanted.since`."""
    db, site_id, limit = parts().db, token().site_id, page_size()
    feed.number(db, site_id)
    with db.read() as conn:
        feed.one_moment(conn)
        place = _place(cursor) if cursor else feed.begin(conn, site_id, wanted.since or feed.ALWAYS)
        try:
            found, behind, more = feed.after(conn, site_id, place, limit)
        except feed.AheadError as error:
            raise Problem(400, "The cursor lies ahead: the database was set back. Begin without a cursor") from error
        lines = _lines(conn, found, replace(wanted, since=None))
    resume = keyset.encode((MARK, behind.position, behind.until, behind.since))
    return jsonify(leads=lines, next=resume if more else None, resume=resume)


def _place(cursor: str) -> Place:
    _, position, until, since = keyset.decode(cursor, KINDS)
    if position < 0:
        raise keyset.CursorError(cursor)
    return Place(position, until, since)


def _lines(conn: Connection, found: Sequence[Change], wanted: Filter) -> list[dict[str, Any]]:
    """In the order of the changes. Who is gone is told whatever the filter: who asks may have seen them."""
    site_id, there = token().site_id, [one.lead_id for one in found if one.gone is None]
    fitting = leads_search.fitting(conn, site_id, wanted, there)
    shown = {line.id: lead_line(line) for line in leads_search.of_ids(conn, site_id, sorted(fitting))}
    told = (_gone(one) if one.gone else _with_version(shown, one) for one in found if wanted.test or not one.test)
    return [line for line in told if line is not None]


def _with_version(shown: Mapping[str, dict[str, Any]], change: Change) -> dict[str, Any] | None:
    line = shown.get(change.lead_id)
    return {**line, "version": change.version} if line else None


def _gone(change: Change) -> dict[str, Any]:
    into = {"merged_into": change.merged_into} if change.merged_into else {}
    return {
        "id": change.lead_id,
        "version": change.version,
        "updated_at": iso(change.at),
        "gone": change.gone,
        **into,
    }
