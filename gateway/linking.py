"""From an accepted submission to its lead: who it is, what may be written, what comes along (rules 2–9)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection

from forms.model import Form
from forms.phones import is_a_places
from gateway.gathering import email_of, phone_of
from gateway.records import TEST_MARK, Fact, Submission
from gateway.store import (
    arrivals,
    confirmations,
    consents,
    events,
    leads,
    persons,
    submissions,
    touches,
    unweighed,
    visitors,
)
from gateway.store.confirmations import Confirmation
from gateway.store.consents import ConsentRow
from gateway.store.db import lock_names
from gateway.store.leads import LinkRow
from verification.addresses import canonical_email
from verification.identity import Basis, Candidate, IdentityEvidence, IdentityLink, decide_write, stronger
from verification.identity import link as decide

# Anybody's claim (rule 3): beside an identifier that the lead has, another number stays a proposal. Otherwise whoever
# types somebody's address with a third person's number would have that person's next request land at the wrong lead.
CLAIMS = ("browser", "typed")


@dataclass(frozen=True)
class Linked:
    lead_id: str
    decision: IdentityLink
    strength: str
    lineage: Sequence[str]  # this browser's ids, newest first
    shown: Confirmation | None = None  # the visitor showed that the mailbox or number is theirs

    @property
    def begun(self) -> bool:
        """The lead begins with it: nothing is known of it yet."""
        return self.decision.lead_id is None


def link(conn: Connection, submission: Submission, form: Form, now: datetime) -> Linked | None:
    """The lead of this submission, begun if it has an identifier that nobody carries. None: no lead (rule 4)."""
    email, phone = identifiers(submission, form)
    lock_names(conn, *names(submission, form))
    browser = visitors.browser(conn, submission.site_id, submission.visitor_id)
    browser_lead = _browser_lead(conn, submission, browser.lead_id)
    continued = submission.facts.get("continued", False)
    shown = _telling(confirmations.of_confirmed(conn, submission.id), email)
    number = phone_of(submission, form)
    evidence = IdentityEvidence(
        email, phone, browser_lead, continued, "confirmed" if shown else "typed", bool(number and is_a_places(number))
    )
    candidates = _candidates(conn, submission.site_id, evidence, browser.lineage)
    decision = decide(evidence, candidates)
    if decision is None:
        return None
    strength = "import" if submission.channel == "api" and decision.strength == "typed" else decision.strength
    lead_id = decision.lead_id or leads.create(conn, submission.site_id, now, test=submission.test)
    linked = Linked(lead_id, decision, strength, browser.lineage, shown)
    _add_identifiers(conn, submission, linked, {"email": email, "phone": phone}, now=now)
    return linked


def _telling(shown: Confirmation | None, email: str | None) -> Confirmation | None:
    """What was shown, if it tells who they are. An e-mail decides that alone, and a code sent to the number beside it
    proves nothing of the mailbox (rule 9): else whoever types somebody's address with their own number is that lead."""
    return shown if shown and shown.channel == ("email" if email else "phone") else None


def _add_identifiers(
    conn: Connection, submission: Submission, link: Linked, given: Mapping[str, str | None], *, now: datetime
) -> None:
    """Let the lead be found by what was given. Beside an identifier that it has, another one of the same kind counts
    only with more than a claim; and a confirmation shows only what it was sent to (rule 9)."""
    site_id = submission.site_id
    carried = {} if link.begun else leads.identifiers_of(conn, link.lead_id)
    new: dict[str, str] = {}
    for kind, value in given.items():
        present = carried.get(kind, ())
        claim = link.strength in CLAIMS or (link.shown is not None and link.shown.channel != kind)
        if value and value not in present and (not present or not claim or _said_here(conn, site_id, present, link)):
            new[kind] = value
    leads.add_identifiers(conn, (site_id, link.lead_id), new, now)


def _said_here(conn: Connection, site_id: str, values: Sequence[str], link: Linked) -> bool:
    """Was one of these identifiers given by the browser that now gives another (rule 3)?"""
    facts = [fact for fact in leads.all_facts(conn, link.lead_id) if fact.state == "current" and fact.value in values]
    return any(_includes(conn, site_id, fact, link) for fact in facts)


def identifiers(submission: Submission, form: Form) -> tuple[str | None, str | None]:
    """Canonical e-mail and E.164 phone. A marketer's test has identifiers of its own, so that it never reaches a
    real lead (rule 38)."""
    email, phone = email_of(submission, form), phone_of(submission, form)
    mark = TEST_MARK if submission.test else ""
    return (mark + canonical_email(email) if email else None), (mark + phone if phone else None)


def names(submission: Submission, form: Form) -> list[str]:
    """What is locked while its lead is found or begun."""
    return [f"{submission.site_id}:{value}" for value in identifiers(submission, form) if value]


def found_for(conn: Connection, submission: Submission, form: Form) -> list[str]:
    """The leads that it may turn out to be of: those of its mailbox, its number and its browser."""
    kinds = zip(("email", "phone"), identifiers(submission, form), strict=True)
    found = [lead_id for kind, value in kinds for lead_id in leads.found_by(conn, submission.site_id, kind, value)]
    browser_lead = visitors.lead_of(conn, submission.site_id, submission.visitor_id)
    return [*found, browser_lead] if browser_lead else found


def save(conn: Connection, submission: Submission, form: Form, *, link: Linked, now: datetime) -> None:
    """Write down the link and what the submission brings to the lead: facts, consents, events, touches."""
    site_id = submission.site_id
    submissions.set_lead(conn, submission.id, link.lead_id)
    row = LinkRow(link.lead_id, submission.id, submission.visitor_id, link.decision.basis, link.strength, now)
    leads.add_link(conn, site_id, row)
    _write_facts(conn, submission, form, link=link, now=now)
    if link.decision.gives_consent:
        _keep_consents(conn, submission, form, link)
    if asks_for_contact(form):
        leads.set_columns(conn, link.lead_id, {"contact_requested": True})
    _keep_touch(conn, submission, link)
    if form.offer_key:
        events.give_download(conn, site_id, submission.id, offer_key=form.offer_key, lead_id=link.lead_id)
    if submission.visitor_id:
        visitors.set_lead(conn, site_id, submission.visitor_id, link.lead_id)
        if link.decision.carries_past_events:
            events.give_to_lead(conn, site_id, link.lineage, link.lead_id, now)
            touches.give_to_lead(conn, site_id, link.lineage, link.lead_id)


def asks_for_contact(form: Form) -> bool:
    """Whoever sends this form wants to be called: always routed (rule 25)."""
    return form.contact_requested or (form.offer is not None and form.offer.kind == "call")


def _browser_lead(conn: Connection, submission: Submission, lead_id: str | None) -> str | None:
    """The lead that this browser is linked to, if it is of the same kind (test or real). This very record, though it
    may have been merged: what comes now stays with it when the merge is undone."""
    lead = leads.alone(conn, submission.site_id, lead_id) if lead_id else None
    return lead.id if lead and lead.test == submission.test else None


def _candidates(conn: Connection, site_id: str, evidence: IdentityEvidence, lineage: Sequence[str]) -> list[Candidate]:
    found = [("email", lead_id) for lead_id in leads.found_by(conn, site_id, "email", evidence.email)]
    found += [("phone", lead_id) for lead_id in _persons(conn, leads.found_by(conn, site_id, "phone", evidence.phone))]
    if evidence.browser_lead:
        found.append(("browser", evidence.browser_lead))
    here = _confirmed_here(conn, site_id, lineage) if found else set()
    carried = {lead_id: leads.identifiers_of(conn, lead_id) for _, lead_id in found}
    return [_candidate(basis, lead_id, carried[lead_id], here) for basis, lead_id in found]


def _persons(conn: Connection, lead_ids: Sequence[str]) -> list[str]:
    """Of each person's records the oldest: one person is no household (rule 9)."""
    under = persons.survivors(conn, lead_ids) if len(lead_ids) > 1 else {}
    return list({under.get(lead_id, lead_id): lead_id for lead_id in reversed(lead_ids)}.values())[::-1]


def _candidate(basis: str, lead_id: str, carried: Mapping[str, tuple[str, ...]], here: Collection[str]) -> Candidate:
    return Candidate(lead_id, basis, carried.get("email", ()), carried.get("phone", ()), lead_id in here)


def _confirmed_here(conn: Connection, site_id: str, lineage: Sequence[str]) -> set[str]:
    """The leads to which this very browser's link was confirmed in it (rule 1)."""
    confirmed = confirmations.confirmed_in_browser(conn, site_id, lineage) if lineage else []
    links = (link for one in confirmed if (link := leads.link_of_submission(conn, one)))
    return {link.lead_id for link in links if link.strength == "confirmed"}


def _write_facts(conn: Connection, submission: Submission, form: Form, *, link: Linked, now: datetime) -> None:
    said = [] if link.begun else leads.all_facts(conn, link.lead_id)
    known = {fact.field: fact for fact in said if fact.state == "current"}
    phones = {field.name for field in form.fields if field.type == "phone"}
    new: list[Fact] = []
    for name, value in answered(submission, form).items():
        strength = _of_phone(link) if name in phones else link.strength
        fact = Fact(name, value, strength, submission.id, submission.received_at)
        state = _state(conn, submission.site_id, known.get(name), said=fact, link=link)
        if state is not None:
            new.append(replace(fact, state=state))
    leads.add_facts(conn, link.lead_id, new, begun=link.begun)
    if any(fact.state == "current" for fact in new):
        unweighed.add(conn, submission.site_id, link.lead_id, now)


def _of_phone(link: Linked) -> str:
    """A number is confirmed by its code alone (rule 2); beside a confirmed mailbox it stays what somebody typed."""
    by_code = link.shown is not None and link.shown.channel == "phone"
    return link.strength if by_code or link.strength != "confirmed" else "typed"


def _state(
    conn: Connection, site_id: str, current: Fact | None, *, said: Fact, link: Linked
) -> Literal["current", "proposed"] | None:
    """Whether a value becomes current or a proposal (rule 3); None: it says nothing new."""
    if current is None:
        return "current"
    same = current.value == said.value
    decision = decide_write(current.strength, said.strength, _includes(conn, site_id, current, link), same)
    if decision == "same":  # seen again: it keeps its best evidence
        return "current" if stronger(said.strength, current.strength) != current.strength else None
    return "proposed" if decision == "propose" else "current"


def answered(submission: Submission, form: Form) -> Mapping[str, Any]:
    """The answers that are facts of a person: those given, less hidden fields and consents."""
    names = {field.name for field in form.fields if field.type not in {"hidden", "consent"}}
    return {name: value for name, value in submission.answers.items() if name in names and value not in ("", [], None)}


def _includes(conn: Connection, site_id: str, current: Fact, link: Linked) -> bool:
    """Rule 3: does this evidence include the old: the same browser *and* the same identifier?"""
    if not link.decision.includes_old:
        return False
    origin = submissions.get(conn, site_id, current.origin)
    return origin is not None and origin.visitor_id in link.lineage


def _keep_consents(conn: Connection, submission: Submission, form: Form, link: Linked) -> None:
    for consent in form.consents:
        if submission.answers.get(f"consent_{consent.purpose}") is not True:
            continue
        evidence = {
            "form": submission.form_key,
            "version": submission.form_version,
            "page": submission.page.get("url"),
            "block": submission.facts.get("block"),
        }
        if link.shown:
            evidence["confirmed"] = receipt(link.shown)
        row = ConsentRow(
            purpose=consent.purpose,
            legal_basis=consent.legal_basis,
            text=consent.text.get(submission.lang) or next(iter(consent.text.values())),
            lang=submission.lang,
            state="confirmed" if link.strength == "confirmed" else "claimed",  # over a typed address a claim (rule 27)
            at=submission.received_at,
            lead_id=link.lead_id,
            submission_id=submission.id,
            evidence=evidence,
        )
        consents.add(conn, submission.site_id, row)


def _keep_touch(conn: Connection, submission: Submission, link: Linked) -> None:
    """The touch that converted, with where this visit came from; empty when it came direct (rule 28)."""
    params = touches.came_from(conn, submission.site_id, submission.page)
    ids = {"visitor_id": submission.visitor_id, "lead_id": link.lead_id, "submission_id": submission.id}
    touches.add(conn, submission.site_id, submission.received_at, params, **ids)


def raise_strength(conn: Connection, submission: Submission, form: Form, shown: Confirmation, *, now: datetime) -> str:
    """The visitor confirms what was accepted before: what it brought to its lead stands on better evidence now, and
    nothing is doubled. Returns the lead's id. Raises LookupError for a submission that has no lead.
    """
    row = leads.link_of_submission(conn, submission.id)
    lead = leads.alone(conn, submission.site_id, row.lead_id) if row else None
    if row is None or lead is None:
        raise LookupError(f"no lead of {submission.id}")
    email, phone = identifiers(submission, form)
    if row.basis == "browser" or _telling(shown, email) is None:  # it is not by what they showed that they are them
        return lead.id
    lineage = visitors.lineage(conn, submission.site_id, submission.visitor_id) if submission.visitor_id else []
    decision = IdentityLink(lead.id, cast(Basis, row.basis), stronger(row.strength, "confirmed"))
    link = Linked(lead.id, decision, decision.strength, lineage, shown)
    leads.set_link_strength(conn, submission.id, decision.strength)
    _add_identifiers(conn, submission, link, {"email": email, "phone": phone}, now=now)
    leads.drop_proposals(conn, lead.id, submission.id)
    _write_facts(conn, submission, form, link=link, now=now)
    consents.confirm(conn, submission.id, receipt(shown))
    events.give_to_lead(conn, submission.site_id, lineage, lead.id, now)
    touches.give_to_lead(conn, submission.site_id, lineage, lead.id)
    arrivals.touched(conn, submission.site_id, lead.id)
    return lead.id


def receipt(shown: Confirmation) -> dict[str, Any]:
    """What a consent keeps of its confirming: when, and from where (rule 27)."""
    return {"at": shown.confirmed_at.isoformat() if shown.confirmed_at else None, **shown.evidence}
