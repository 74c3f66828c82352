"""What is known in a browser, for choosing its next questions (rule 1): what it did itself, as names; and of its lead
only where their link was confirmed in this very browser."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, select

from forms.profiling import NOTHING_KNOWN, Known
from gateway.store import forms
from gateway.store.pairs import at_site
from gateway.store.tables import confirmations, facts, identity_links, leads, submissions, visitors

KNOWN_LIMIT = 200  # submissions that are read for one spec: whoever sends thousands must not slow it down


def of_browser(conn: Connection, site_id: str, visitor_id: str | None) -> Known:
    """What this browser answered and skipped on any form of the site: names and times, no values. Where it is linked
    to a lead by a link that was confirmed in it: the lead's facts and stage, too. Nothing of either comes from answers
    to questions that were marked sensitive.

    Verdicts do not count here, since what is asked next must not tell what we thought.
    """
    if visitor_id is None:
        return NOTHING_KNOWN
    own = select(visitors.c.lineage, visitors.c.lead_id)
    row = conn.execute(own.where(visitors.c.id == visitor_id, visitors.c.site_id == site_id)).first()
    rows = _sent(conn, site_id, [visitor_id, *(row.lineage if row else [])])
    here = _of_browser(conn, rows)
    confirmed = [sent.id for sent in rows if sent.confirmed]
    if row is None or row.lead_id is None or not confirmed:
        return here
    return _with_lead(conn, here, _facts(conn, site_id, row.lead_id, confirmed))


def _sent(conn: Connection, site_id: str, browser: Collection[str]) -> list[Row[Any]]:
    """This browser's submissions, oldest first, and of each whether it was confirmed in this browser."""
    confirmed = exists().where(
        confirmations.c.submission_id == submissions.c.id,
        confirmations.c.confirmed_at.is_not(None),
        confirmations.c.visitor_id.in_(browser),
    )
    told = (submissions.c.answers, submissions.c.asked, submissions.c.facts, submissions.c.received_at)
    version = (submissions.c.id, submissions.c.form_id, submissions.c.form_version)
    query = (
        select(*told, *version, confirmed.correlate(submissions).label("confirmed"))
        .where(at_site(submissions.c.visitor_id, site_id, browser), submissions.c.status != "erased")
        .order_by(submissions.c.received_at.desc(), submissions.c.id.desc())
        .limit(KNOWN_LIMIT)
    )
    return list(conn.execute(query).all()[::-1])


def _of_browser(conn: Connection, rows: Iterable[Row[Any]]) -> Known:
    answered: dict[str, datetime] = {}
    skipped: dict[str, datetime] = {}
    identifiers: set[str] = set()
    visits = 0
    for row in rows:
        visits += 1
        identifiers |= set(row.facts.get("identified", ()))
        sensitive = forms.sensitive(conn, row.form_id, row.form_version)
        given = {name for name, value in row.answers.items() if value not in ("", [], None)} - sensitive
        answered |= dict.fromkeys(given, row.received_at)
        skipped |= {name: row.received_at for name in row.asked if name not in given | sensitive}
    resting = {name: at for name, at in skipped.items() if name not in answered or answered[name] < at}
    return Known(answered, resting, visits, frozenset(identifiers))


def _facts(conn: Connection, site_id: str, lead_id: str, confirmed: Collection[str]) -> list[Row[Any]]:
    """The values in force of this very record and its stage, if one of these submissions' links to it stands as
    confirmed; nothing otherwise. Not of those that it was merged with: a merge may rest on what somebody only typed."""
    shown = exists().where(
        identity_links.c.submission_id.in_(confirmed),
        identity_links.c.lead_id == leads.c.id,
        identity_links.c.strength == "confirmed",
        identity_links.c.undone_at.is_(None),
    )
    in_force = and_(facts.c.lead_id == leads.c.id, facts.c.state == "current")
    query = (
        select(leads.c.stage, facts.c.field, facts.c.value, facts.c.at)
        .add_columns(submissions.c.form_id, submissions.c.form_version)
        .select_from(leads)
        .outerjoin(facts, in_force)
        .outerjoin(submissions, submissions.c.id == facts.c.origin)
        .where(leads.c.id == lead_id, leads.c.site_id == site_id, shown.correlate(leads))
    )
    return list(conn.execute(query).all())


def _with_lead(conn: Connection, here: Known, rows: Iterable[Row[Any]]) -> Known:
    found = [row for row in rows if row.field and row.field not in _sensitive(conn, row)]
    return replace(
        here,
        lead_answered={row.field: row.at for row in found},
        values={row.field: row.value for row in found},
        stage=next((row.stage for row in rows), None),
    )


def _sensitive(conn: Connection, row: Row[Any]) -> frozenset[str]:
    """What the form marks that this fact was given to; a fact from elsewhere came by none."""
    return forms.sensitive(conn, row.form_id, row.form_version) if row.form_id else frozenset()
