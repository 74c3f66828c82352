"""What happens to a stored submission, on one screen: gather → verify → link → save → score → queue.

Everything here runs inside the caller's transaction and is safe to run again: a submission whose outbox row is
gone was processed whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from forms.model import Form
from gateway import confirming, linking, standing
from gateway.gathering import gather
from gateway.lookups import MailHosts
from gateway.records import Submission, SubmissionStatus
from gateway.replay import kept
from gateway.scoring.events import events_of
from gateway.store import arrivals, events, forms, persons, sites, submissions, verdicts
from gateway.store.db import lock_names
from gateway.store.verdicts import OutcomeOfVerdict, VerdictRow
from verification.verdict import Policy, verify

STATUS: dict[OutcomeOfVerdict, SubmissionStatus] = {
    "accept": "accepted",
    "hold": "held",
    "reject": "rejected",
}


def lock(conn: Connection, batch: Sequence[Submission], ways: confirming.Ways) -> None:
    """Hold at once every name and every person that processing this batch will ask for, so that two workers whose
    batches share people never wait for each other."""
    names: set[str] = set()
    found = [(one, forms.version(conn, one.form_id, one.form_version)) for one in batch]
    for submission, form in found:
        names.update(linking.names(submission, form), confirming.names(submission, form, ways))
    lock_names(conn, *names)
    persons.hold(conn, *{lead_id for one, form in found for lead_id in linking.found_for(conn, one, form)})


def process(
    conn: Connection,
    submission: Submission,
    hosts: Mapping[str, MailHosts],
    now: datetime,
    *,
    ways: confirming.Ways = confirming.NO_WAYS,
) -> None:
    """The whole story of one pending submission. `hosts`: what DNS said of the batch's domains; `ways`: how visitors
    can be asked to confirm."""
    site = sites.get(conn, submission.site_id)
    form = forms.version(conn, submission.form_id, submission.form_version)
    if submission.status == "accepted":  # staff released it, and the time to undo that is over
        admit(conn, submission, form, now)
        return
    evidence = gather(conn, submission, form, site=site, hosts=hosts)
    verdict = verify(evidence, Policy.from_mapping(form.policy))
    findings = [asdict(finding) for finding in verdict.findings]
    row = VerdictRow(submission.id, now, verdict.outcome, verdict.weight, findings, None, kept(evidence))
    verdicts.add(conn, row)
    submissions.set_status(conn, submission, STATUS[verdict.outcome], now)
    if verdict.outcome == "accept":
        admit(conn, submission, form, now)
        return
    arrivals.judged(conn, submission)
    if linking.asks_for_contact(form):
        submissions.mark_contact(conn, submission.id)
    confirming.ask(conn, submission, form, verdict, ways=ways, now=now)


def admit(conn: Connection, submission: Submission, form: Form, now: datetime) -> str | None:
    """Link an accepted submission to its lead, begun if need be; save, score and queue. Returns the lead's id;
    none when it carries no identifier and its browser is linked to nobody (rule 4)."""
    lead_id = _link_and_save(conn, submission, form, now)
    touched = {lead_id}
    if lead_id and submission.visitor_id:
        for waited in submissions.accepted_without_lead(conn, submission.site_id, submission.visitor_id):
            touched.add(_link_and_save(conn, waited, forms.version(conn, waited.form_id, waited.form_version), now))
    for touched_id in sorted(found for found in touched if found):  # once each, however many came along
        standing.refresh(conn, submission.site_id, touched_id, now)
    return lead_id


def _link_and_save(conn: Connection, submission: Submission, form: Form, now: datetime) -> str | None:
    link = linking.link(conn, submission, form, now)
    if link is None:
        arrivals.accepted(conn, submission, None)
        return None
    linking.save(conn, submission, form, link=link, now=now)
    arrivals.accepted(conn, submission, link.lead_id)
    for event in events_of(form, submission):
        events.add(conn, submission.site_id, link.lead_id, event, now)
    return link.lead_id
