"""The questions of a visit, where a form orders them by value: what is known of the lead, by the site's rules.

Only where the lead's link was confirmed in this browser (rule 1); everybody else gets the form's fixed order, and not a
statement more is asked of the database for them. Nothing from sensitive questions comes in: no fact, no answer's event,
no result of an assessment that asks one, no count of how others answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from forms.profiling import Plan, next_fields
from forms.records import Form
from forms.rehearsal import Worth
from gateway.delivery.planning import hypothetical
from gateway.records import Destination, Event, Lead
from gateway.routing.model import Routing
from gateway.scoring import asking
from gateway.scoring.asking import NOT_ASKED, Counts, Person, Question, Sends, Stands
from gateway.scoring.known import Known as History
from gateway.scoring.model import Rulebook
from gateway.store import answer_counts, destinations, events, forms, known, leads, routes, rulebooks, sites
from gateway.store.db import Database
from gateway.store.known import Here

FRESH = timedelta(minutes=1)  # how long serving may go by older rules, routes and counts of a site
NEWEST = 5_000  # submissions by which the shares of answers are counted
# Reasons of questions whose turn another order may change.
OPEN = frozenset({"next", "again", "enough", "alternative", "on_condition"})


@dataclass(frozen=True)
class Yardstick:
    """What a site's answers are measured by."""

    at: datetime
    rulebook: Rulebook
    routing: tuple[Routing, list[Destination]]
    counts: Counts
    sensitive: frozenset[str]  # names of questions
    hidden: frozenset[str]  # assessments with sensitive questions: their results steer nothing either
    questions: dict[tuple[int, str], Question] = field(default_factory=dict)  # of forms, made when first asked

    def of(self, form: Form, names: Iterable[str]) -> list[Question]:
        """These questions of the form, but for those that are never measured."""
        asked = (form.field_named(name) for name in names)
        measured = [one for one in asked if one and not one.sensitive and one.type not in NOT_ASKED]
        for one in measured:
            if (id(one), one.name) not in self.questions:
                self.questions[id(one), one.name] = asking.question(self.rulebook, one, self.counts)
        return [self.questions[id(one), one.name] for one in measured]


class Yardsticks:
    """What one process keeps of each site, for a minute."""

    def __init__(self) -> None:
        self._kept: dict[str, Yardstick] = {}

    def of(self, conn: Connection, site_id: str, now: datetime) -> Yardstick:
        found = self._kept.get(site_id)
        if found is None or not found.at <= now < found.at + FRESH:
            self._kept[site_id] = found = _read(conn, site_id, now)
        return found


def plan(
    conn: Connection, form: Form, site_id: str, visitor_id: str | None, *, now: datetime, kept: Yardsticks
) -> Plan:
    """What this visit asks of this browser."""
    here = known.here(conn, site_id, visitor_id)
    fixed = next_fields(form, here.known, now)
    if form.order != "value" or here.lead_id is None or "enough" not in fixed.reasons.values():
        return fixed
    lead = leads.get(conn, site_id, here.lead_id)
    if lead is None or lead.test or lead.erased_at:
        return fixed
    yardstick = kept.of(conn, site_id, now)
    silent = yardstick.sensitive | here.sensitive
    person = _person(conn, lead, here, yardstick, silent=silent, now=now)
    shown = replace(lead, facts={name: fact for name, fact in lead.facts.items() if name not in silent})
    found = asking.worth(yardstick.rulebook, person, _open(yardstick, form, fixed), now, sends=_sends(yardstick, shown))
    return next_fields(form, replace(here.known, worth=found), now)


def supposed(conn: Connection, form: Form, site_id: str, *, stage: str | None, now: datetime) -> Worth:
    """For a rehearsal: what questions are worth of somebody who answers each as most people do, and of whom nothing
    else is known."""
    yardstick = _read(conn, site_id, now)
    lead = Lead("", site_id, now, now)

    def worth(names: Iterable[str]) -> dict[str, float]:
        given = {one.asked.name: one for one in yardstick.of(form, names) if one.answers}
        facts = {name: asking.commonest(one.answers) for name, one in given.items()}
        told = [asking.answer(one.asked, facts[name], now) for name, one in given.items()]
        sent = Event("submission", "submission", now, form.key, source="form")
        person = Person(facts, [sent, *told], History.since(facts, now), stage, False, False, False)
        others = yardstick.of(form, (one.name for one in form.fields if one.name not in facts))
        return asking.worth(yardstick.rulebook, person, others, now, sends=_sends(yardstick, lead))

    return worth


def count_answers(db: Database, now: datetime) -> None:
    """Count anew how questions were answered, for the sites with a form that goes by it."""
    with db.read() as conn:
        found = {site.id: counts for site in sites.all_sites(conn) if (counts := _count(conn, site.id)) is not None}
    for site_id, counts in found.items():
        with db.write() as conn:
            answer_counts.keep(conn, site_id, counts, now)


def _count(conn: Connection, site_id: str) -> Counts | None:
    if not any(form.order == "value" for form in forms.published_of_site(conn, site_id)):
        return None
    versions: dict[tuple[str, int], Form] = {}

    def form_of(place: tuple[str, int]) -> Form:
        if place not in versions:
            versions[place] = forms.version(conn, *place)
        return versions[place]

    rows = answer_counts.newest(conn, site_id, NEWEST)
    sent = ((form_of((row.form_id, row.version)), row.answers) for row in rows)
    return asking.tally(rulebooks.in_force(conn, site_id), sent)


def _read(conn: Connection, site_id: str, now: datetime) -> Yardstick:
    published = forms.published_of_site(conn, site_id)
    sensitive = frozenset(one.name for form in published for one in form.fields if one.sensitive)
    return Yardstick(
        now,
        rulebooks.in_force(conn, site_id),
        (routes.of_site(conn, site_id), destinations.of_site(conn, site_id)),
        answer_counts.get(conn, site_id),
        sensitive,
        frozenset(form.key for form in published if any(one.scored and one.sensitive for one in form.fields)),
    )


def _open(yardstick: Yardstick, form: Form, fixed: Plan) -> list[Question]:
    return yardstick.of(form, (name for name, reason in fixed.reasons.items() if reason in OPEN))


def _person(
    conn: Connection, lead: Lead, here: Here, yardstick: Yardstick, *, silent: frozenset[str], now: datetime
) -> Person:
    told = [
        event
        for event in events.of_lead(conn, lead.site_id, lead.id)
        if not (event.type == "answer" and event.params.get("field") in silent)
        and not (event.type == "assessment" and event.name in yardstick.hidden)
    ]
    facts = {name: fact.value for name, fact in here.facts.items() if name not in silent}
    history = History.over_time((fact for name, fact in here.facts.items() if name in facts), now)
    asks, customer, deal = lead.contact_requested, lead.customer, lead.deal_open
    return Person(facts, told, history, lead.stage, asks, customer, deal)


def _sends(yardstick: Yardstick, lead: Lead) -> Sends:
    """Whom routing would choose for this lead, standing elsewhere. lead: without facts that may steer nothing."""
    chosen_by = yardstick.routing

    def sends(stands: Stands) -> list[str]:
        there = replace(
            lead,
            score=stands.score,
            interest=stands.interest,
            grade=stands.grade,
            stage=stands.stage,
            disqualified=stands.disqualified,
            segments=stands.segments,
        )
        return sorted(hypothetical(there, *chosen_by, yardstick.at))

    return sends
