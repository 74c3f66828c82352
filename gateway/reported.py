"""What other systems report of a lead afterwards: what became of it, and that the person asks to be forgotten.

An outcome is an event, scored at once and counted by calibration. `bad` with a reason that says what sort of text it
was teaches the site's own scorer, as staff's rejections do: the words of the submission, never the address (rule 7).
A request to be forgotten waits for staff: there is no way back from it, so no machine's word is enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway import happened, learning
from gateway.happened import Sent
from gateway.records import Event, Site
from gateway.store import crm_records, erasure_requests, forms, leads, lessons, mails, persons, submissions, users
from verification.addresses import canonical_email

OUTCOMES = ("won", "lost", "bad", "customer", "unsubscribed", "bounced", "complained")
REASONS = ("bad_email", "bad_phone", "fake", "spam", "competitor", "duplicate", "other")  # of `bad`
TEACH = frozenset({"fake", "spam"})  # the text itself was none of a customer's; the others say nothing of it
WEAK = frozenset({"browser", "typed", "import"})  # whoever confirmed who they are made nothing up
TAUGHT = 5  # submissions of one lead, the last


@dataclass(frozen=True)
class Named:
    """Who is meant, by the first of these that is given: our id, of whenever; the id under which this destination has
    the lead; an e-mail address."""

    lead: str = ""
    record: str = ""
    destination_id: str = ""
    email: str = ""


@dataclass(frozen=True)
class Report:
    """id: as the event's; the same counts once. reason: of REASONS, of `bad` alone. purpose: which consent an
    unsubscribed, bounced or complained takes back; empty: all that allow to write to them."""

    id: str
    outcome: str
    at: datetime
    reason: str = ""
    purpose: str = ""


def named(conn: Connection, site_id: str, who: Named) -> list[str]:
    """The site's leads that are meant, as records, merged or not; nobody who was erased. By a destination's own id
    they may be several, which it holds for one person: what it tells is of each."""
    if who.lead:
        found = [who.lead]
    elif who.record:
        found = crm_records.leads_with(conn, who.destination_id, who.record)
    else:
        found = leads.found_by(conn, site_id, "email", canonical_email(who.email) if who.email else None)[:1]
    there = [lead.id for one in found if (lead := leads.alone(conn, site_id, one)) and lead.erased_at is None]
    under = persons.survivors(conn, there)
    return list({under[one]: one for one in reversed(there)}.values())[::-1]  # of one person's records the first


def keep(conn: Connection, site_id: str, report: Report, lead_ids: Sequence[str], now: datetime) -> bool:  # noqa: PLR0917
    """Store an outcome with all that it changes; false where its id was here before."""
    teaches = report.outcome == "bad" and report.reason in TEACH
    if teaches:
        lessons.lock(conn, site_id)  # before any lead, as staff's decisions have it
    said = {name: text for name, text in (("reason", report.reason), ("purpose", report.purpose)) if text}
    ids = [report.id, *(f"more:{_digest(report.id, one)}" for one in lead_ids[1:])]
    told = [
        Sent(lead_id, Event(id=event_id, type=report.outcome, at=report.at, source="crm", params=said))
        for event_id, lead_id in zip(ids, lead_ids, strict=True)
    ]
    new = happened.keep(conn, site_id, told, now) > 0
    if new and teaches:
        for lead_id in lead_ids:
            _teach(conn, site_id, lead_id, now)
    return new


def _digest(*said: str) -> str:
    return hashlib.blake2b(" ".join(said).encode(), digest_size=16).hexdigest()


def _teach(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """The words of what this lead sent are spam's, where nobody of the staff said otherwise of it (rule 2)."""
    weak = [one for one in leads.links_of(conn, lead_id) if one.strength in WEAK and one.undone_at is None]
    sent = [one.submission_id for one in weak if one.submission_id and one.lead_id == lead_id]
    for submission_id in sent[-TAUGHT:]:
        submission = submissions.get(conn, site_id, submission_id)
        if submission is None or submission.status != "accepted" or lessons.current(conn, submission_id):
            continue
        form = forms.version(conn, submission.form_id, submission.form_version)
        learning.learn(conn, submission, form, label="spam", now=now)


def ask_erasure(conn: Connection, site: Site, lead_ids: Sequence[str], *, by: str, now: datetime) -> tuple[str, bool]:
    """Let staff know that these are to be forgotten; returns the first request's id and whether any is new."""
    persons.hold(conn, *lead_ids)
    asked = [erasure_requests.ask(conn, site.id, one, by=by, now=now) for one in lead_ids]
    for request_id in (one for one, new in asked if new):
        for address in site.settings.get("notify", ()):
            user = users.by_email(conn, address)
            params = {"site": site.name, "site_key": site.key}
            lang = user.lang if user else site.lang
            key = f"erasure:{request_id}:{address}"[:120]
            mails.queue(conn, key, address, lang=lang, template="erasure_asked", params=params, now=now)
    return asked[0][0], any(new for _, new in asked)
