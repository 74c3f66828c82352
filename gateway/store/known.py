"""What is known in a browser, for choosing its next questions (rule 1): what it did itself, as names; and of its lead
only where their link was confirmed in this very browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Row, Select, and_, bindparam, exists, func, or_, select, tuple_

from forms.profiling import NOTHING_KNOWN, Known
from gateway.records import Fact
from gateway.store import forms
from gateway.store.leads import fact_of, in_force
from gateway.store.tables import confirmations, facts, identity_links, leads, submissions, visitors

KNOWN_LIMIT = 200  # submissions that are read for one spec: whoever sends thousands must not slow it down


@dataclass(frozen=True)
class Here:
    """What is known in a browser. Only where the lead's link was confirmed in it (rule 1): the lead's id, its facts in
    force but for those from sensitive questions, and the names of these questions."""

    known: Known
    lead_id: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    sensitive: frozenset[str] = frozenset()


def here(conn: Connection, site_id: str, visitor_id: str | None) -> Here:
    """What this browser answered and skipped on any form of the site: names and times, no values. Where it is linked
    to a lead by a link that was confirmed in it: the lead's facts and stage, too. Nothing of either comes from answers
    to questions that were marked sensitive.

    Verdicts do not count here, since what is asked next must not tell what we thought.
    """
    if visitor_id is None:
        return Here(NOTHING_KNOWN)
    row = conn.execute(_BROWSER, {"site": site_id, "visitor": visitor_id}).first()
    ids = [visitor_id, *(row.lineage if row else [])]
    asked = {"places": [(site_id, one) for one in ids], "ids": ids, "most": KNOWN_LIMIT}
    rows = conn.execute(_SENT, asked).all()[::-1]
    known = _of_browser(conn, rows)
    shown = [sent.id for sent in rows if sent.confirmed]
    if row is None or row.lead_id is None or not shown:
        return Here(known)
    told = conn.execute(_OF_LEAD, {"site": site_id, "lead": row.lead_id, "shown": shown}).all()
    return _with_lead(conn, known, told, lead_id=row.lead_id) if told else Here(known)


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


def _with_lead(conn: Connection, known: Known, rows: Sequence[Row[Any]], *, lead_id: str) -> Here:
    steering = [row for row in rows if row.field and row.field not in _sensitive(conn, row)]
    facts = in_force(fact_of(row) for row in steering)
    known = replace(
        known,
        lead_answered={name: fact.at for name, fact in facts.items()},
        values={name: fact.value for name, fact in facts.items()},
        stage=rows[0].stage,
    )
    return Here(known, lead_id, facts, frozenset({row.field for row in rows if row.field} - facts.keys()))


def _sensitive(conn: Connection, row: Row[Any]) -> frozenset[str]:
    """What the form marks that this fact was given to; a fact from elsewhere came by none."""
    return forms.sensitive(conn, row.form_id, row.form_version) if row.form_id else frozenset()


# --- statements, written once: each form that is served asks them -----------------------------------------------------


def _sent() -> Select[Any]:
    """A browser's submissions, newest first, and of each whether it was confirmed in this browser."""
    confirmed = exists().where(
        confirmations.c.submission_id == submissions.c.id,
        confirmations.c.confirmed_at.is_not(None),
        confirmations.c.visitor_id.in_(bindparam("ids", expanding=True)),
    )
    told = (submissions.c.answers, submissions.c.asked, submissions.c.facts, submissions.c.received_at)
    version = (submissions.c.id, submissions.c.form_id, submissions.c.form_version)
    place = tuple_(submissions.c.site_id, submissions.c.visitor_id)  # by both: gateway/store/pairs.py
    return (
        select(*told, *version, confirmed.correlate(submissions).label("confirmed"))
        .where(place.in_(bindparam("places", expanding=True)), submissions.c.status != "erased")
        .order_by(submissions.c.received_at.desc(), submissions.c.id.desc())
        .limit(bindparam("most", type_=Integer))
    )


def _of_lead() -> Select[Any]:
    """A person's values and stage, the survivor's first, then by age of the record, if one of these submissions' links
    to this very lead stands as confirmed; nothing otherwise. Others' records come to a person by staff or by what was
    confirmed on both sides (verification/ladder.py), so that nobody reads a stranger's by typing an address."""
    own, person = leads.alias("own"), leads.alias("person")
    shown = exists().where(
        identity_links.c.submission_id.in_(bindparam("shown", expanding=True)),
        identity_links.c.lead_id == own.c.id,
        identity_links.c.strength == "confirmed",
        identity_links.c.undone_at.is_(None),
    )
    root = func.coalesce(own.c.merged_into, own.c.id)
    return (
        select(person.c.stage, facts, submissions.c.form_id, submissions.c.form_version)
        .select_from(own)
        .join(person, or_(person.c.id == root, person.c.merged_into == root))
        .outerjoin(facts, and_(facts.c.lead_id == person.c.id, facts.c.state == "current"))
        .outerjoin(submissions, submissions.c.id == facts.c.origin)
        .where(own.c.id == bindparam("lead"), own.c.site_id == bindparam("site"), shown.correlate(own))
        .order_by(person.c.merged_into.is_not(None), person.c.created_at, person.c.id, facts.c.id)
    )


_BROWSER = select(visitors.c.lineage, visitors.c.lead_id).where(
    visitors.c.id == bindparam("visitor"), visitors.c.site_id == bindparam("site")
)
_SENT = _sent()
_OF_LEAD = _of_lead()
