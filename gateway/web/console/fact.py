"""One field of one lead: what was said of it, by whom, and what staff say."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import abort, request
from sqlalchemy import Connection

from forms.build import message
from forms.field_types import FIELD_TYPES
from forms.model import Field, Form
from forms.problems import Invalid, Problem
from gateway import correcting
from gateway.correcting import TakenError
from gateway.records import Fact, Lead
from gateway.store import forms, leads, proposals
from gateway.web.console import labels
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.lead import fact_lines
from gateway.web.console.pages import done, failed, lang, page
from gateway.words import say

NOBODY_ASKS = "text"  # the type of a field that no published form asks any more


@blueprint.get("/leads/<lead_id>/facts/<name>")
def lead_fact(lead_id: str, name: str) -> Any:
    with parts().db.read() as conn:
        lead = _lead(conn, lead_id)
        return _page(conn, lead, _asked(conn, lead, name))


@blueprint.post("/leads/<lead_id>/facts/<name>")
def lead_fact_write(lead_id: str, name: str) -> Any:
    with parts().db.write() as conn:
        lead = _lead(conn, lead_id)
        asked = _asked(conn, lead, name)
        try:
            value = _cleaned(asked)
        except Invalid as invalid:
            return _page(conn, lead, asked, invalid.problem)
        return _write(conn, lead, asked, value)


@blueprint.post("/leads/<lead_id>/facts/<name>/<int:fact_id>/use")
def lead_fact_use(lead_id: str, name: str, fact_id: int) -> Any:
    """A value that was said becomes the one in force: a proposal, or what stood before."""
    with parts().db.write() as conn:
        lead = _lead(conn, lead_id)
        said = next((fact for fact in _said(conn, lead, name) if fact.id == fact_id), None)
        if said is None:
            abort(404)
        return _write(conn, lead, _asked(conn, lead, name), said.value)


@blueprint.post("/leads/<lead_id>/facts/<name>/<int:fact_id>/aside")
def lead_fact_aside(lead_id: str, name: str, fact_id: int) -> Any:
    """A proposal waits no longer."""
    try:
        with parts().db.write() as conn:
            lead = _lead(conn, lead_id)
            correcting.set_aside(conn, lead, fact_id, by=seat().user.id, now=parts().clock())
    except LookupError:
        abort(404)
    return done("fact_set_aside", "lead_fact", lead_id=lead.id, name=name)


def _write(conn: Connection, lead: Lead, asked: Field, value: Any) -> Any:
    said = (asked.name, asked.type, value)
    try:
        correcting.write(conn, lead, said, by=seat().user.id, now=parts().clock())
    except TakenError as taken:  # raised before anything is written
        return failed("fact_taken", "lead_compare", lead_id=lead.id, **{"with": taken.lead_id})
    return done("fact_written", "lead", lead_id=lead.id)


def _page(conn: Connection, lead: Lead, asked: Field, problem: Problem | None = None) -> Any:
    known = fact_lines(_said(conn, lead, asked.name))
    current = lead.facts[asked.name].value if asked.name in lead.facts else ""
    values = request.form.getlist("value") or (current if isinstance(current, list) else [str(current)])
    form = Form(key="", title={}, submit_label={}, fields=(asked,))
    return page(
        "fact.html",
        422 if problem else 200,
        lead=lead,
        asked=asked,
        line=known[0] if known else None,
        values=values,
        waiting_here=proposals.waiting(conn, lead.id),
        problem=message(form, asked.name, problem, lang(), say=say) if problem else "",
        labelled=partial(labels.labelled, labels.of_site(conn, lead.site_id, lang())),
    )


def _lead(conn: Connection, lead_id: str) -> Lead:
    found = leads.get(conn, seat().site.id, lead_id)
    if found is None or found.erased_at is not None:
        abort(404)
    return found


def _said(conn: Connection, lead: Lead, name: str) -> list[Fact]:
    return [fact for fact in leads.facts_of_person(conn, lead) if fact.field == name]


def _cleaned(asked: Field) -> Any:
    """What was typed, as a form would keep it. Raises Invalid."""
    typed = request.form.getlist("value")
    value = FIELD_TYPES[asked.type].clean(typed if asked.type == "choices" else "".join(typed[:1]), asked)
    if value in ("", []):
        raise Invalid("required")
    return value


def _asked(conn: Connection, lead: Lead, name: str) -> Field:
    """The question as the site's published forms ask it. 404 for a name that nobody asks or answered."""
    for form in forms.published_of_site(conn, lead.site_id):
        field = form.field_named(name)
        if field is not None and field.type != "hidden":
            return field
    if name not in lead.facts:
        abort(404)
    return Field(name, NOBODY_ASKS, {})
