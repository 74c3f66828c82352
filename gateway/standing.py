"""Where a lead stands: score, grade, interest, cell, stage and version, brought up to date and explained."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from sqlalchemy import Connection

from gateway.delivery import ledger
from gateway.records import Lead
from gateway.scoring.standing import Standing, evaluate
from gateway.store import consents, duplicates, events, leads, mails, organisations, rulebooks, sites, users, verdicts

QUALIFIED = ("SQL", "PQL", "SeQL")  # stages that a marketer hears of by mail


def explain(conn: Connection, lead: Lead, now: datetime) -> Standing:
    """The lead's standing at `now`, folded from its events, with every line (rule 26: what is stored must agree)."""
    return evaluate(
        rulebooks.in_force(conn, lead.site_id),
        {name: fact.value for name, fact in lead.facts.items()},
        events.of_lead(conn, lead.site_id, lead.id),
        now,
        stage=lead.stage,
        contact_requested=lead.contact_requested,
        customer=lead.customer,
        deal_open=lead.deal_open,
        test=lead.test,
    )


def refresh(conn: Connection, site_id: str, lead_id: str, now: datetime, *, quiet: bool = False) -> None:
    """Bring score and stage up to date; where anything that counts has changed (rule 26), raise the version and
    queue its deliveries. Safe to run twice: nothing changed, nothing queued. Two for one person wait for each other,
    so that the later one counts what both brought. quiet: a list brought it, so only who has the lead hears of it."""
    lead = leads.get(conn, site_id, lead_id, lock=True)
    if lead is None or lead.erased_at is not None:
        return
    leads.unmark_merged(conn, lead)
    standing = explain(conn, lead, now)
    for move in standing.moves:
        fields = {"from_stage": move.from_stage, "to_stage": move.to_stage, "code": move.code}
        leads.add_stage_move(conn, lead.id, now, {**fields, "params": dict(move.params)})
    leads.set_columns(
        conn,
        lead.id,
        {
            "score": standing.score,
            "interest": standing.interest,
            "grade": standing.grade,
            "stage": standing.stage,
            "score_changes_at": standing.changes_at,
            "disqualified": standing.disqualified,
        },
    )
    organisations.mark(conn, site_id, [lead.id], now)
    _raise_version(conn, lead, now, quiet=quiet)


def _raise_version(conn: Connection, before: Lead, now: datetime, *, quiet: bool) -> None:
    lead = leads.get(conn, before.site_id, before.id)
    assert lead is not None
    seen = fingerprint(conn, lead)
    if not leads.change_fingerprint(conn, lead.id, seen, now):
        return
    leads.refresh_search(conn, lead)
    raised = leads.get(conn, lead.site_id, lead.id)
    assert raised is not None
    ledger.queue(conn, raised, now, quiet=quiet)
    if not quiet and raised.stage in QUALIFIED and before.stage != raised.stage and not raised.test:
        _tell_staff(conn, raised, now)


def fingerprint(conn: Connection, lead: Lead) -> str:
    """A digest of all that raises a lead's version: identity, facts, verdict, grade, interest, stage, consent
    (rule 26), never raw points."""
    verdict = verdicts.latest_for_lead(conn, lead.id)
    counted = [
        sorted((name, fact.value, fact.strength) for name, fact in lead.facts.items()),
        sorted(leads.identifiers_of_person(conn, lead.id).items()),
        sorted(lead.earlier_ids),
        verdict.outcome if verdict else None,
        [lead.grade, lead.interest, lead.stage, lead.contact_requested, lead.disqualified],
        sorted((purpose, row.state) for purpose, row in consents.in_force(conn, lead.id).items()),
    ]
    if same_as := duplicates.same_as(conn, lead.id):  # only then: nothing else's version rises by it
        counted.append(same_as)
    text = json.dumps(counted, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _tell_staff(conn: Connection, lead: Lead, now: datetime) -> None:
    """A mail to whoever the site names, in the language of the person where we know them. No personal data in it:
    it leads to the console."""
    site = sites.get(conn, lead.site_id)
    for address in site.settings.get("notify", ()):
        user = users.by_email(conn, address)
        params = {"site": site.name, "lead_id": lead.id, "stage": lead.stage, "cell": lead.cell}
        key = f"qualified:{lead.id}:{lead.stage}:{address}"
        lang = user.lang if user else site.lang
        mails.queue(conn, key, address, lang=lang, template="new_qualified_lead", params=params, now=now)
