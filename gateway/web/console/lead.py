"""One lead's page: the whole story, each part with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, request
from sqlalchemy import Connection

from forms.model import Form
from gateway import heard, standing
from gateway.past import Past, as_of, end_of
from gateway.records import Fact, Lead
from gateway.store import (
    confirmations,
    consents,
    deliveries_search,
    duplicates,
    forms,
    leads,
    organisations,
    persons,
    relinks,
    results,
    rulebooks,
    stage_moves,
    submissions,
    submissions_search,
    touches,
    users,
    whose,
)
from gateway.store.consents import ConsentRow
from gateway.store.duplicates import Duplicate
from gateway.store.persons import Merge
from gateway.web.console import labels
from gateway.web.console.access import adopt, parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.heard import days
from gateway.web.console.pages import lang, page, safe_next
from gateway.web.console.results import assessed, titled
from gateway.web.console.wording import lead_facts, lead_name

MOST_DUPLICATES = 50  # pairs of one person that are looked at: a switchboard has hundreds


@dataclass(frozen=True)
class FactLine:
    """A field with the value in force, what was there before, and what waits to be decided."""

    field: str
    current: Fact | None
    former: tuple[Fact, ...]
    proposed: tuple[Fact, ...]


@dataclass(frozen=True)
class Agreed:
    """What a person said of one purpose. texts: the words that they saw, with language, → its receipts, the newest
    first."""

    purpose: str
    state: str  # in force
    texts: Mapping[tuple[str, str], Sequence[ConsentRow]]


@blueprint.get("/leads/<lead_id>")
def lead(lead_id: str) -> Any:
    with parts().db.read() as conn:
        owner = whose.site_of_lead(conn, lead_id)
    adopt(owner)
    now = parts().clock()
    site = seat().site
    with parts().db.read() as conn:
        found = leads.get(conn, site.id, lead_id)
        if found is None:
            abort(404)
        story = _story(conn, found)
        explained = standing.explain(conn, found, now)
        book = rulebooks.in_force(conn, site.id)
        asking = forms.published_of_site(conn, site.id)
        reached = results.of_lead(conn, site.id, found.id)
        then = _then(conn, found)
    return page(
        "lead.html",
        lead=found,
        asked_id=lead_id,
        explained=explained,
        now=now,
        book=book,
        labelled=partial(labels.labelled, labels.of_forms(asking, lang())),
        not_known=not_known(asking, found),
        may_tell=heard.choices(site, book),
        days=days(),
        then=then,
        reached=[assessed(one, asking) for one in reached],
        in_words=partial(titled, asking=asking),
        back=safe_next(request.args.get("back"), "/console/leads"),
        **story,
    )


def _then(conn: Connection, found: Lead) -> Past | None:
    """The score as it was when the asked day ended; none for a day that the page does not offer."""
    day = next((one for one in days()[1:] if one.isoformat() == request.args.get("at")), None)
    zone = ZoneInfo(seat().site.timezone)
    return as_of(conn, found, end_of(day, zone, parts().clock())) if day else None


def _story(conn: Connection, found: Lead) -> dict[str, Any]:
    site_id = found.site_id
    sent = submissions_search.of_lead(conn, site_id, found.id)
    merges, alike = _merges(conn, found), _alike(conn, found)
    told = [(one, heard.mendable(one, parts().clock())) for one in heard.told(conn, found)]
    by = [*(line.decided_by for line in sent), *(one.params.get("by") for one, _ in told)]
    by += [*(one.by for one, _ in merges), *(one.answered_by for one, _ in alike)]
    shown = {other.id for _, other in alike}
    return {
        "facts": fact_lines(leads.facts_of_person(conn, found)),
        "sent": list(reversed(sent)),
        "asked": confirmations.states(conn, [line.id for line in sent]) if sent else {},
        "links": leads.links_of(conn, found.id),
        "form_keys": {line.id: line.form_key for line in sent},
        "relinks": {
            one.submission_id: one.id
            for one in reversed(relinks.of_records(conn, [found.id, *found.earlier_ids]))
            if one.undone_at is None
        },
        "organisation": organisations.of_person(conn, site_id, found.id),
        "merges": merges,
        "duplicates": alike,
        "related": [
            (other, basis)
            for other_id, basis in persons.related(conn, site_id, found.id).items()
            if other_id not in shown and (other := leads.get(conn, site_id, other_id))
        ],
        "moves": stage_moves.of_person(conn, found.id),
        "agreed": agreed(consents.of_lead(conn, found.id), consents.in_force(conn, found.id)),
        "touched": touches.of_lead(conn, found.id),
        "delivered": deliveries_search.of_lead(conn, site_id, found.id),
        "deciders": users.names(conn, {one for one in by if one}),
        "heard": told,
        "last": submissions.latest_of_lead(conn, site_id, found.id),
    }


def agreed(receipts: Sequence[ConsentRow], in_force: Mapping[str, ConsentRow]) -> list[Agreed]:
    """By purpose, the last said first: the same words on five forms are read once."""
    found: dict[str, dict[tuple[str, str], list[ConsentRow]]] = {}
    for row in reversed(receipts):
        found.setdefault(row.purpose, {}).setdefault((row.text, row.lang), []).append(row)
    return [Agreed(purpose, in_force[purpose].state, texts) for purpose, texts in found.items()]


def _merges(conn: Connection, found: Lead) -> list[tuple[Merge, str]]:
    """Each merge with whose data came or went with it: the other one's name as that record knows it, newest first."""
    mine = [found.id, *found.earlier_ids]
    made = reversed(persons.merges_of(conn, found.id))
    ends = ((one, one.one if one.one not in mine or one.other == found.id else one.other) for one in made)
    return [(one, _name(conn, found.site_id, end)) for one, end in ends]


def _alike(conn: Connection, found: Lead) -> list[tuple[Duplicate, Lead]]:
    """Pairs with somebody else that wait, or of whom it was said that they are two; each other person once."""
    mine = [found.id, *found.earlier_ids]
    shown: dict[str, tuple[Duplicate, Lead]] = {}
    for pair in duplicates.of_lead(conn, mine)[:MOST_DUPLICATES]:
        other = leads.get(conn, found.site_id, pair.younger if pair.older in mine else pair.older)
        if other and other.id != found.id and not other.erased_at:
            shown.setdefault(other.id, (pair, other))
    return list(shown.values())


def _name(conn: Connection, site_id: str, lead_id: str) -> str:
    lead = leads.alone(conn, site_id, lead_id)
    return lead_name(lead_facts(lead)) if lead else ""


def not_known(asking: Iterable[Form], lead: Lead) -> list[str]:
    """Names of what these forms ask and this lead never said."""
    asked = (field for form in asking for field in form.fields)
    names = dict.fromkeys(field.name for field in asked if field.type != "hidden")
    return [name for name in names if name not in lead.facts]


def fact_lines(facts: list[Fact]) -> list[FactLine]:
    """Facts by field, in the order in which the fields were first heard of."""
    fields = dict.fromkeys(fact.field for fact in facts)
    return [
        FactLine(
            field,
            next((fact for fact in facts if fact.field == field and fact.state == "current"), None),
            tuple(fact for fact in facts if fact.field == field and fact.state == "former"),
            tuple(fact for fact in facts if fact.field == field and fact.state == "proposed"),
        )
        for field in fields
    ]
