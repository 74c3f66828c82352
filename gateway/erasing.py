"""A person is forgotten on request: all that was known of them goes, in one transaction, and whoever has the lead hears
`lead.erased` (rule 31). What stays is that there was somebody: ids, times, a count in the reports, and of consents
the receipt without whose it was.

There is no way back, so it is said before what will be lost. Those who are only counted as the same person stay: they
may be somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway import linking, standing
from gateway.delivery import ledger
from gateway.records import TEST_MARK, Lead
from gateway.store import (
    audit,
    counted,
    deliveries,
    destinations,
    duplicates,
    erased,
    erasure_requests,
    forms,
    leads,
    organisations,
    persons,
    submissions,
)
from gateway.store.erased import Whom
from verification.addresses import canonical_email
from verification.mail_providers import domains_of


@dataclass(frozen=True)
class Person:
    """lead: under which they stand; none: nothing of theirs was ever accepted."""

    lead: Lead | None
    whom: Whom  # of one who was erased before only what came in their name since


@dataclass(frozen=True)
class Loss:
    """What goes, and who hears of it. counts: as `erased.counts`. told: names of destinations. unheard: of those that
    have the lead and are disabled or removed. same_as: other leads that are the same by all we know, and stay."""

    counts: Mapping[str, int]
    told: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()


def find(conn: Connection, site_id: str, what: str) -> Person | None:
    """Who this lead id or e-mail address names; none: nobody. By an address a real lead first; a marketer's own test
    with it (rule 38) is a lead of its own, which the address names once no real one is there."""
    name = canonical_email(what) if "@" in what else what
    named = leads.find(conn, site_id, name) or leads.find(conn, site_id, f"{TEST_MARK}{name}")
    under = set(persons.survivors(conn, named).values())
    lead = leads.get(conn, site_id, under.pop()) if len(under) == 1 else None
    if lead is None and "@" not in what:
        return None
    records = [lead.id, *lead.earlier_ids] if lead and lead.erased_at is None else []
    carried = _carried(conn, records, what)
    person = Person(lead, erased.whom(conn, site_id, records, _in_their_name(conn, site_id, carried, records)))
    return person if lead or person.whom.submissions else None


def loss(conn: Connection, person: Person) -> Loss:
    """What erasing them would take, and whom it would tell."""
    if person.lead is None or person.lead.erased_at is not None:
        return Loss(erased.counts(conn, person.whom))
    hears = {one.id for one in destinations.of_site(conn, person.whom.site_id) if one.status != "disabled"}
    has = {} if person.lead.test else destinations.names(conn, deliveries.reached(conn, *person.whom.records))
    told = tuple(sorted(name for key, name in has.items() if key in hears))
    unheard = tuple(sorted(name for key, name in has.items() if key not in hears))
    same_as = tuple(duplicates.same_as(conn, person.lead.id))
    return Loss(erased.counts(conn, person.whom), told, unheard, same_as)


def erase(conn: Connection, site_id: str, what: str, *, by: str | None, now: datetime) -> Loss:
    """Forget them. Returns what went. Safe to run again: what is gone stays gone, and nobody is told twice. Raises
    LookupError: nobody is named so."""
    persons.lock(conn, site_id)  # nobody merges, answers or weighs between
    person = find(conn, site_id, what)
    if person is None:
        raise LookupError("nobody is named so")
    persons.hold(conn, *person.whom.records)
    lost, names = loss(conn, person), _names(conn, person, what)
    others = _counted_with(conn, person.whom.records)
    if person.whom.records:
        _tell(conn, person, now)
    erased.empty(conn, person.whom, names, now)
    if person.lead and person.whom.records:
        _settle(conn, person.lead, others, now)
        erasure_requests.settle(conn, person.whom.records, by=by, now=now)
        audit.add(conn, site_id, now, "lead.erased", person.lead.id, user_id=by)
    return lost


def _tell(conn: Connection, person: Person, now: datetime) -> None:
    """Queued before anything is emptied: who has the lead is read off what was sent."""
    assert person.lead is not None
    erased.hold_deliveries(conn, person.whom.records)
    erased.mark(conn, person.whom.records, now)
    gone = replace(person.lead, facts={}, erased_at=now, version=person.lead.version + 1)
    ledger.queue(conn, gone, now)


def _counted_with(conn: Connection, records: Sequence[str]) -> list[str]:
    """Leads that stay and were counted as one with them."""
    together = counted.together(conn, records) if records else []
    return sorted(set(persons.survivors(conn, set(together) - set(records)).values()))


def _settle(conn: Connection, lead: Lead, others: Sequence[str], now: datetime) -> None:
    """Those who stay are counted without them, and the organisation anew."""
    if others:
        counted.recount(conn, lead.site_id, others)
    for other in others:
        standing.refresh(conn, lead.site_id, other, now)
    organisations.mark(conn, lead.site_id, [lead.id], now)


def _carried(conn: Connection, records: Iterable[str], what: str) -> set[tuple[str, str]]:
    """(kind, value) of the mailboxes and numbers that are theirs."""
    found = {
        (kind, value)
        for record in records
        for kind, values in leads.identifiers_of(conn, record).items()
        for value in values
        if kind != "crm"
    }
    return found | ({("email", canonical_email(what))} if "@" in what else set())


def _in_their_name(conn: Connection, site_id: str, carried: set[tuple[str, str]], records: Sequence[str]) -> list[str]:
    """Submissions that came to no lead: with one of their mailboxes; or with none, and a number that is theirs alone
    (rule 9)."""
    plain = [(kind, value.removeprefix(TEST_MARK)) for kind, value in carried]
    domains = {domain for kind, value in plain if kind == "email" for domain in domains_of(value)}
    numbers = {value for kind, value in plain if kind == "phone"}
    found = []
    for submission_id in erased.leadless(conn, site_id, domains, numbers):
        submission = submissions.get(conn, site_id, submission_id)
        assert submission is not None
        form = forms.version(conn, submission.form_id, submission.form_version)
        email, phone = linking.identifiers(submission, form)
        alone = phone is not None and set(leads.found_by(conn, site_id, "phone", phone)) <= set(records)
        if ("email", email) in carried or (email is None and alone and ("phone", phone) in carried):
            found.append(submission_id)
    return found


def _names(conn: Connection, person: Person, what: str) -> set[str]:
    """What a link in their mail may have carried: addresses as they wrote them, and numbers."""
    carried = {value.removeprefix(TEST_MARK) for _, value in _carried(conn, person.whom.records, what)}
    lead = person.lead
    written = {str(fact.value) for fact in lead.facts.values() if "@" in str(fact.value)} if lead else set()
    return {name for name in {*carried, *written} if name}
