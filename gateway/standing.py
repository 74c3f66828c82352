"""Where a lead stands: score, grade, interest, cell, stage and version, brought up to date and explained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from gateway.delivery import ledger
from gateway.records import Event, Fact, Lead
from gateway.routing.choosing import dealt_in_turn
from gateway.scoring.model import Rulebook
from gateway.scoring.standing import Standing, evaluate
from gateway.store import (
    events,
    leads,
    mails,
    organisations,
    rescorings,
    rulebooks,
    segments,
    sites,
    stage_moves,
    told,
    users,
    versioned,
)
from gateway.store.versioned import Versioned

# Who hears of a new version: routing's choice and whoever has the lead; the latter alone, where a list brought it;
# nobody, where only the rules have changed.
Tell = Literal["all", "holders", "nobody"]
QUALIFIED = ("SQL", "PQL", "SeQL")  # stages that a marketer hears of by mail


def explain(conn: Connection, lead: Lead, now: datetime) -> Standing:
    """The lead's standing at `now`, folded from its events, with every line (rule 26: what is stored must agree)."""
    return explain_by(conn, rulebooks.in_force(conn, lead.site_id), lead, now)


def explain_all(conn: Connection, site_id: str, people: Sequence[Lead], now: datetime) -> dict[str, Standing]:
    """The same of several leads of a site at once, by their ids."""
    return explain_all_by(conn, rulebooks.in_force(conn, site_id), people, now)


def explain_all_by(conn: Connection, rulebook: Rulebook, people: Sequence[Lead], now: datetime) -> dict[str, Standing]:
    """The same by any rulebook."""
    happened = told.events_of(conn, people)
    histories = told.histories_of(conn, people) if rulebook.reads_facts else {}
    return {
        lead.id: by_events(rulebook, lead, happened[lead.id], now, history=histories.get(lead.id)) for lead in people
    }


def explain_by(conn: Connection, rulebook: Rulebook, lead: Lead, now: datetime) -> Standing:
    """The same by any rulebook: what is in force, or a draft."""
    history = leads.facts_of_person(conn, lead) if rulebook.reads_facts else None
    return by_events(rulebook, lead, events.of_lead(conn, lead.site_id, lead.id), now, history=history)


def by_events(
    rulebook: Rulebook, lead: Lead, found: Sequence[Event], now: datetime, *, history: Sequence[Fact] | None
) -> Standing:
    """The same from what was read before. found: the lead's events. history: its facts with their times, for rulebooks
    that read them."""
    return evaluate(
        rulebook,
        {name: fact.value for name, fact in lead.facts.items()},
        found,
        now,
        stage=lead.stage,
        contact_requested=lead.contact_requested,
        customer=lead.customer,
        deal_open=lead.deal_open,
        test=lead.test,
        history=history if rulebook.reads_facts else None,
    )


def refresh(conn: Connection, site_id: str, lead_id: str, now: datetime, *, tell: Tell = "all") -> None:
    """Bring score and stage up to date; where anything that counts has changed (rule 26), raise the version and
    queue its deliveries. Safe to run twice: nothing changed, nothing queued. Two for one person wait for each other,
    so that the later one counts what both brought. tell: who hears of it, see `Tell`."""
    lead = leads.get(conn, site_id, lead_id, lock=True)
    if lead is None or lead.erased_at is not None:
        return
    leads.unmark_merged(conn, lead)
    rulebook = rulebooks.in_force(conn, site_id)
    standing = explain_by(conn, rulebook, lead, now)
    stage_moves.add_all(conn, _moves(lead, standing), now)
    leads.set_columns(conn, lead.id, _columns(standing, rulebook))
    regrouped = segments.change(conn, lead, standing.segments, now)
    organisations.mark(conn, site_id, [lead.id], now)
    after = _standing_so(lead, standing)
    if not _raise_version(conn, lead, after, now, tell=tell) and regrouped and tell == "all":
        ledger.queue(conn, after, now)  # a segment is no part of the version, but a reason to be sent somewhere


def refresh_quietly(
    conn: Connection,
    rulebook: Rulebook,
    people: Sequence[Lead],
    now: datetime,
    *,
    fingerprints: Mapping[str, str | None],
) -> None:
    """The same of several leads of a site at once where only the rules have changed, so that nobody hears of it.
    people: of one record each, which is held and not erased. fingerprints: as they are kept, by lead id."""
    standings = explain_all_by(conn, rulebook, people, now)
    stage_moves.add_all(conn, [move for lead in people for move in _moves(lead, standings[lead.id])], now)
    segments.change_all(conn, [(lead, standings[lead.id].segments) for lead in people], now)
    organisations.mark_all(conn, people, now)
    counted = versioned.of_people(conn, people)
    same: list[dict[str, Any]] = []
    raised: list[dict[str, Any]] = []
    for lead in people:
        columns = {"this": lead.id, **_columns(standings[lead.id], rulebook)}
        seen = _digest(_standing_so(lead, standings[lead.id]), counted[lead.id])
        if seen == fingerprints[lead.id]:
            same.append(columns)
        else:
            new = {"fingerprint": seen, "version": lead.version + 1, "updated_at": now}
            raised.append({**columns, **new, "search": leads.searched(lead.facts.values())})
    rescorings.write_down(conn, same)
    rescorings.write_down(conn, raised)


def _moves(lead: Lead, standing: Standing) -> list[tuple[str, dict[str, Any]]]:
    return [
        (
            lead.id,
            {"from_stage": one.from_stage, "to_stage": one.to_stage, "code": one.code, "params": dict(one.params)},
        )
        for one in standing.moves
    ]


def _columns(standing: Standing, rulebook: Rulebook) -> dict[str, Any]:
    return {**_stands(standing), "segments": list(standing.segments), "scored_by": rulebook.digest}


def _standing_so(lead: Lead, standing: Standing) -> Lead:
    return replace(lead, **_stands(standing))


def _stands(standing: Standing) -> dict[str, Any]:
    return {
        "score": standing.score,
        "interest": standing.interest,
        "grade": standing.grade,
        "stage": standing.stage,
        "score_changes_at": standing.changes_at,
        "disqualified": standing.disqualified,
        "segments": standing.segments,
    }


def _raise_version(conn: Connection, before: Lead, lead: Lead, now: datetime, *, tell: Tell) -> bool:
    seen = fingerprint(conn, lead)
    if not leads.change_fingerprint(conn, lead.id, seen, now):
        return False
    leads.refresh_search(conn, lead)
    raised = replace(lead, version=lead.version + 1, updated_at=now)
    if tell != "nobody":
        ledger.queue(conn, raised, now, quiet=tell == "holders")
    if tell == "all" and raised.stage in QUALIFIED and before.stage != raised.stage and not raised.test:
        _tell_staff(conn, raised, now)
    return True


def fingerprint(conn: Connection, lead: Lead) -> str:
    """A digest of all that raises a lead's version: identity, facts, verdict, grade, interest, stage, consent
    (rule 26), never raw points."""
    return _digest(lead, versioned.of_person(conn, lead))


def _digest(lead: Lead, beside: Versioned) -> str:
    counted = [
        sorted((name, fact.value, fact.strength) for name, fact in lead.facts.items() if not dealt_in_turn(fact)),
        sorted(beside.identifiers.items()),
        sorted(lead.earlier_ids),
        beside.outcome,
        [lead.grade, lead.interest, lead.stage, lead.contact_requested, lead.disqualified],
        sorted(beside.consents.items()),
    ]
    if beside.same_as:  # only then: nothing else's version rises by it
        counted.append(beside.same_as)
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
