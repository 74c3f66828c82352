"""What is known in a browser, for choosing its next questions (rule 1): what it did itself, as names; and of its lead
only where their link was confirmed in this very browser."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select

from forms.profiling import NOTHING_KNOWN, Known
from gateway.store import forms
from gateway.store.leads import fact_of, in_force
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
    return _with_lead(conn, here, _of_lead(conn, site_id, row.lead_id, confirmed))


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


def _of_lead(conn: Connection, site_id: str, lead_id: str, confirmed: Collection[str]) -> list[Row[Any]]:
    """The person's values and stage, the survivor's first, then by age of the record, if one of these submissions'
    links to this very lead stands as confirmed; nothing otherwise. Others' records come to a person by staff or by what
    was confirmed on both sides (verification/ladder.py), so that nobody reads a stranger's by typing an address."""
    own, person = leads.alias("own"), leads.alias("person")
    shown = exists().where(
        identity_links.c.submission_id.in_(confirmed),
        identity_links.c.lead_id == own.c.id,
        identity_links.c.strength == "confirmed",
        identity_links.c.undone_at.is_(None),
    )
    root = func.coalesce(own.c.merged_into, own.c.id)
    query = (
        select(person.c.stage, facts, submissions.c.form_id, submissions.c.form_version)
        .select_from(own)
        .join(person, or_(person.c.id == root, person.c.merged_into == root))
        .outerjoin(facts, and_(facts.c.lead_id == person.c.id, facts.c.state == "current"))
        .outerjoin(submissions, submissions.c.id == facts.c.origin)
        .where(own.c.id == lead_id, own.c.site_id == site_id, shown.correlate(own))
        .order_by(person.c.merged_into.is_not(None), person.c.created_at, person.c.id, facts.c.id)
    )
    return list(conn.execute(query).all())


def _with_lead(conn: Connection, here: Known, rows: Sequence[Row[Any]]) -> Known:
    told = [fact_of(row) for row in rows if row.field and row.field not in _sensitive(conn, row)]
    found = in_force(told)
    return replace(
        here,
        lead_answered={name: fact.at for name, fact in found.items()},
        values={name: fact.value for name, fact in found.items()},
        stage=rows[0].stage if rows else None,
    )


def _sensitive(conn: Connection, row: Row[Any]) -> frozenset[str]:
    """What the form marks that this fact was given to; a fact from elsewhere came by none."""
    return forms.sensitive(conn, row.form_id, row.form_version) if row.form_id else frozenset()
