"""The list of organisations, and what the page of one shows: its people, what they did, what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, func, or_, select

from forms.text import fold
from gateway.store import keyset
from gateway.store.keyset import Order
from gateway.store.leads_search import MAX_SEARCH, MAX_WORDS
from gateway.store.organisations import Organisation, organisation_of
from gateway.store.pairs import at_site
from gateway.store.tables import (
    deliveries,
    destinations,
    events,
    forms,
    leads,
    organisation_people,
    organisations,
    stage_moves,
    submissions,
)

Sort = Literal["recent", "people", "score"]
_SORTS: Mapping[str, tuple[Any, type]] = {
    "recent": (organisations.c.active_at, datetime),
    "people": (organisations.c.people, int),
    "score": (organisations.c.score, int),
}
SORTS = tuple(_SORTS)
TOLD_BY_FORMS = ("submission", "answer")  # events that say again what was sent, where staff did not tell them


@dataclass(frozen=True)
class Page:
    lines: Sequence[Organisation]
    cursor: str | None  # of the next page


@dataclass(frozen=True)
class People:
    """A page of the leads of one."""

    lead_ids: Sequence[str]
    cursor: str | None


@dataclass(frozen=True)
class Deed:
    """One thing that somebody of it did or that happened to them. kind: sent (what: the form's key, note: its status),
    event (what: its type, note: its name), moved (what: the stage)."""

    at: datetime
    lead_id: str
    kind: Literal["sent", "event", "moved"]
    what: str
    note: str


def page(
    conn: Connection, site_id: str, text: str = "", *, sort: Sort = "recent", cursor: str = "", limit: int = 25
) -> Page:
    """A page of the list. Raises keyset.CursorError for a cursor that is none of this sort's."""
    column, kind = _SORTS[sort]
    query, order = _filtered(select(organisations), site_id, text), Order(column, kind, organisations.c.id)
    shown, following = keyset.page(conn, query, order, cursor=cursor, limit=limit)
    return Page([organisation_of(row) for row in shown], following)


def count(conn: Connection, site_id: str, text: str = "") -> int:
    found: int = conn.execute(_filtered(select(func.count(organisations.c.id)), site_id, text)).scalar_one()
    return found


def _filtered(query: Select[Any], site_id: str, text: str) -> Select[Any]:
    query = query.where(organisations.c.site_id == site_id)
    for word in fold(text[:MAX_SEARCH]).split()[:MAX_WORDS]:
        query = query.where(organisations.c.search.contains(word, autoescape=True))
    return query


def people(conn: Connection, one: Organisation, *, cursor: str = "", limit: int = 50) -> People:
    """Its leads, the last active first. Raises keyset.CursorError for a cursor of another list."""
    mine = organisation_people
    theirs = (mine.c.site_id == one.site_id) & (mine.c.organisation_id == one.id)
    query, order = (
        select(mine.c.lead_id, mine.c.active_at).where(theirs),
        Order(mine.c.active_at, datetime, mine.c.lead_id),
    )
    shown, following = keyset.page(conn, query, order, cursor=cursor, limit=limit)
    return People([row.lead_id for row in shown], following)


def standings(conn: Connection, one: Organisation) -> dict[str, dict[str, int]]:
    """How many of its leads stand in each stage and cell; those that are kept out of the funnel in neither."""
    mine = organisation_people
    query = (
        select(leads.c.stage, leads.c.grade, leads.c.interest, func.count())
        .join(mine, mine.c.lead_id == leads.c.id)
        .where(mine.c.site_id == one.site_id, mine.c.organisation_id == one.id, leads.c.disqualified.is_(None))
        .group_by(leads.c.stage, leads.c.grade, leads.c.interest)
    )
    stages: Counter[str] = Counter()
    cells: Counter[str] = Counter()
    for stage, grade, interest, number in conn.execute(query):
        stages.update({stage: number} if stage else {})
        cells[f"{grade}{interest}"] += number
    return {"stages": dict(sorted(stages.items())), "cells": dict(sorted(cells.items()))}


def called_the_same(conn: Connection, one: Organisation) -> list[Organisation]:
    """Others of the same name, such as a second domain: shown beside, never joined by themselves."""
    same = (organisations.c.site_id == one.site_id) & (organisations.c.folded == one.folded)
    query = select(organisations).where(same, organisations.c.id != one.id).limit(10)
    return [organisation_of(row) for row in conn.execute(query)] if one.folded else []


def records_of(conn: Connection, lead_ids: Sequence[str]) -> dict[str, str]:
    """Each record of these people → the one under which its person stands here."""
    query = select(leads.c.id, func.coalesce(leads.c.merged_into, leads.c.id)).where(
        or_(leads.c.id.in_(lead_ids), leads.c.merged_into.in_(lead_ids))
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def deeds(conn: Connection, site_id: str, records: Sequence[str], *, limit: int) -> list[Deed]:
    """What was done last, the newest first."""
    sent = (
        select(submissions.c.received_at, submissions.c.lead_id, forms.c.key, submissions.c.status)
        .join(forms, forms.c.id == submissions.c.form_id)
        .where(at_site(submissions.c.lead_id, site_id, records))
        .order_by(submissions.c.received_at.desc())
    )
    again = events.c.type.in_(TOLD_BY_FORMS) & (events.c.source != "staff")
    did = (
        select(events.c.at, events.c.lead_id, events.c.type, events.c.name)
        .where(at_site(events.c.lead_id, site_id, records), events.c.human, ~again)
        .order_by(events.c.at.desc())
    )
    moved = (
        select(stage_moves.c.at, stage_moves.c.lead_id, stage_moves.c.to_stage, stage_moves.c.code)
        .where(stage_moves.c.lead_id.in_(records))
        .order_by(stage_moves.c.at.desc())
    )
    found = [
        *(Deed(row[0], row[1], "sent", row[2], row[3]) for row in conn.execute(sent.limit(limit))),
        *(Deed(row[0], row[1], "event", row[2], row[3]) for row in conn.execute(did.limit(limit))),
        *(Deed(row[0], row[1], "moved", row[2], row[3]) for row in conn.execute(moved.limit(limit))),
    ]
    return sorted(found, key=lambda deed: deed.at, reverse=True)[:limit]


def forms_sent(conn: Connection, site_id: str, records: Sequence[str]) -> dict[str, int]:
    """Accepted forms by key, the most sent first."""
    query = (
        select(forms.c.key, func.count())
        .join(submissions, submissions.c.form_id == forms.c.id)
        .where(at_site(submissions.c.lead_id, site_id, records), submissions.c.status == "accepted")
        .group_by(forms.c.key)
    )
    return dict(sorted(((row[0], row[1]) for row in conn.execute(query)), key=lambda one: (-one[1], one[0])))


def offers_taken(conn: Connection, site_id: str, records: Sequence[str]) -> dict[str, int]:
    """Files fetched, by the offer's key."""
    taken = (events.c.type == "download") & events.c.human
    query = select(events.c.name, func.count()).where(at_site(events.c.lead_id, site_id, records), taken)
    rows = conn.execute(query.group_by(events.c.name)).all()
    return dict(sorted(((row[0], row[1]) for row in rows), key=lambda one: (-one[1], one[0])))


def open_deliveries(conn: Connection, records: Sequence[str]) -> Sequence[Any]:
    """Rows of (id, lead_id, destination, status, due_at) that are owed or were refused."""
    query = (
        select(deliveries.c.id, deliveries.c.lead_id, destinations.c.name.label("destination"), deliveries.c.status,
               deliveries.c.due_at)
        .join(destinations, destinations.c.id == deliveries.c.destination_id)
        .where(deliveries.c.lead_id.in_(records), deliveries.c.status.in_(("due", "parked")))
        .order_by(deliveries.c.due_at.desc())
    )  # fmt: skip
    return conn.execute(query.limit(50)).all()


def held(conn: Connection, site_id: str, domain: str) -> int:
    """Forms from this very domain that wait for review."""
    query = select(func.count()).where(
        submissions.c.site_id == site_id, submissions.c.email_domain == domain, submissions.c.status == "held"
    )
    return conn.execute(query).scalar_one()
