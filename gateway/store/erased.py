"""What is emptied when a person is erased, and what stays of them: that there was somebody, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Text, and_, cast, delete, func, or_, select, update

from gateway.store import confirmations, deliveries, lead_keys, lessons, submissions, verdicts
from gateway.store.pairs import at_site
from gateway.store.tables import (
    arrivals,
    attempts,
    beginnings,
    consents,
    duplicates,
    events,
    facts,
    identifiers,
    identity_links,
    import_rows,
    imports,
    lead_records,
    leads,
    mails,
    outbox,
    outside_answers,
    relinks,
    segment_members,
    stage_moves,
    touches,
    unscored,
    unsent,
    unweighed,
    visitors,
)
from gateway.store.tables import deliveries as owed
from gateway.store.tables import submissions as sent

# Rows that go, by the column that names the lead.
GONE: tuple[Column[Any], ...] = (
    facts.c.lead_id, identifiers.c.lead_id, identity_links.c.lead_id, stage_moves.c.lead_id, touches.c.lead_id,
    lead_records.c.lead_id, segment_members.c.lead_id, unscored.c.lead_id, unweighed.c.lead_id,
    duplicates.c.older, duplicates.c.younger, relinks.c.from_lead, relinks.c.to_lead,
)  # fmt: skip
# Tables whose rows stay and name the person by our own ids alone, and why.
STAY = {
    "beginnings": "how many people came, and by which campaign, was counted",
    "arrivals": "the same; a campaign's name that names the person goes",
    "merges": "a public id never dies: the older ids lead to the erased one",
    "crm_records": "the CRM's own id, until the CRM has done what `lead.erased` asks: then it goes",
    "erasure_requests": "who asked that they be forgotten, and that it was done",
    "heard_messages": "that a CRM told something, for thirty days, and never what it said",
    "nonces": "a used ticket stays used, for three days",
    "routing_dealt": "a place of a rule's day stays taken",
    "samples": "that staff found it right or wrong",
    "organisation_people": "left at once by being grouped anew, which counts the organisation too",
    "ungrouped": "the mark that does so",
}
RECEIPT = ("form", "version", "import", "row", "reason")  # of a consent's evidence: what names no person
COLUMNS: dict[str, Any] = {
    "search": "", "owner": None, "fingerprint": None, "score_changes_at": None, "same_as": None, "stage_apart": None,
    "waits": None, "disqualified": None, "contact_requested": False, "customer": False, "deal_open": False,
    "segments": None, "score": 0, "grade": "–", "interest": 4,
}  # fmt: skip


@dataclass(frozen=True)
class Whom:
    """records: the leads that are this person, the one that they stand under first. submissions: theirs, and those in
    their name that came to no lead. visitors: their browsers."""

    site_id: str
    records: Sequence[str]
    submissions: Sequence[str]
    visitors: Sequence[str]


def whom(conn: Connection, site_id: str, records: Sequence[str], waiting: Iterable[str]) -> Whom:
    """waiting: submissions in their name that came to no lead."""
    own = conn.execute(select(sent.c.id).where(at_site(sent.c.lead_id, site_id, records))).scalars()
    browsers = conn.execute(select(visitors.c.id).where(at_site(visitors.c.lead_id, site_id, records))).scalars()
    return Whom(site_id, records, [*own, *waiting], list(browsers))


def leadless(conn: Connection, site_id: str, domains: Iterable[str], numbers: Iterable[str]) -> list[str]:
    """Submissions that came to no lead and may be in the name of who has a mailbox at one of these domains, or one of
    these numbers (E.164): held, rejected, stuck, pending."""
    by_domain = at_site(sent.c.email_domain, site_id, domains)
    none = and_(sent.c.lead_id.is_(None), sent.c.status != "erased")
    found = set(conn.execute(select(sent.c.id).where(by_domain, none)).scalars())
    for number in numbers:
        said = cast(sent.c.answers, Text).contains(number, autoescape=True)
        found |= set(conn.execute(select(sent.c.id).where(sent.c.site_id == site_id, none, said)).scalars())
    return sorted(found)


def counts(conn: Connection, of: Whom) -> dict[str, int]:
    """How much of what would go: facts, submissions, events, consents, deliveries."""
    wanted: dict[str, ColumnElement[bool]] = {
        "facts": facts.c.lead_id.in_(of.records),
        "submissions": sent.c.id.in_(of.submissions),
        "events": _events(of),
        "consents": consents.c.lead_id.in_(of.records),
        "deliveries": owed.c.lead_id.in_(of.records) & owed.c.payload.is_not(None),
    }
    return {name: conn.execute(select(func.count()).where(which)).scalar_one() for name, which in wanted.items()}


def hold_deliveries(conn: Connection, records: Sequence[str]) -> None:
    """Nobody freezes a payload of theirs until the transaction ends."""
    conn.execute(select(owed.c.id).where(owed.c.lead_id.in_(records)).order_by(owed.c.id).with_for_update()).all()


def mark(conn: Connection, records: Sequence[str], now: datetime) -> None:
    """They are erased: a new version, without anything that was known. The stage stays, since reports count it."""
    raised = {"erased_at": now, "updated_at": now, "version": leads.c.version + 1}
    conn.execute(update(leads).where(leads.c.id.in_(records)).values(**raised, **COLUMNS))


def empty(conn: Connection, of: Whom, names: Iterable[str], now: datetime) -> None:
    """names: values of theirs that a campaign's name may hold (a mail tool's link)."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA secure_delete=ON")  # what was deleted is overwritten in the file
    for record in of.records:
        lead_keys.replace(conn, of.site_id, record, ())
    for column in GONE:
        conn.execute(delete(column.table).where(column.in_(of.records)))
    conn.execute(delete(events).where(_events(of)))
    _empty_submissions(conn, of.submissions, now)
    _forget_browsers(conn, of)
    _bare_receipts(conn, of.records)
    _empty_deliveries(conn, of.records, now)
    _empty_imports(conn, of.records)
    _unname(conn, of, [name.casefold() for name in names])


def _events(of: Whom) -> ColumnElement[bool]:
    """Theirs, and what their browsers did that counts for nobody."""
    browsers = at_site(events.c.visitor_id, of.site_id, of.visitors) & events.c.lead_id.is_(None)
    return or_(at_site(events.c.lead_id, of.site_id, of.records), browsers)


def _empty_submissions(conn: Connection, ids: Sequence[str], now: datetime) -> None:
    bare = {"visitor_id": None, "proof": None, "wants_contact": None, "alerted_at": None, "forgotten_at": now}
    conn.execute(update(sent).where(sent.c.id.in_(ids)).values(**submissions.ERASED, **bare))
    conn.execute(delete(touches).where(touches.c.submission_id.in_(ids)))
    conn.execute(delete(outbox).where(outbox.c.submission_id.in_(ids)))
    conn.execute(delete(outside_answers).where(outside_answers.c.submission_id.in_(ids)))
    keys = [f"{confirmations.KEY}{one.id}" for sub in ids for one in confirmations.of_submission(conn, sub)]
    conn.execute(delete(mails).where(mails.c.key.in_(keys)))
    confirmations.forget_erased(conn, ids)
    lessons.settle_erased(conn, ids)
    verdicts.forget(conn, ids, now)


def _forget_browsers(conn: Connection, of: Whom) -> None:
    conn.execute(delete(touches).where(at_site(touches.c.visitor_id, of.site_id, of.visitors)))
    conn.execute(delete(unsent).where(unsent.c.site_id == of.site_id, unsent.c.visitor_id.in_(of.visitors)))
    conn.execute(delete(visitors).where(visitors.c.id.in_(of.visitors)))


def _bare_receipts(conn: Connection, records: Sequence[str]) -> None:
    """That somebody agreed, to which words and when, can be shown still; who it was, cannot (rule 27)."""
    for row in conn.execute(select(consents.c.id, consents.c.evidence).where(consents.c.lead_id.in_(records))).all():
        kept = {name: row.evidence[name] for name in RECEIPT if name in row.evidence}
        conn.execute(update(consents).where(consents.c.id == row.id).values(evidence=kept))


def _empty_deliveries(conn: Connection, records: Sequence[str], now: datetime) -> None:
    """Bytes that went out, or may have, become the empty text: whoever may have the lead is told still. What a sender
    holds and has not put together yet, it holds no longer."""
    theirs = owed.c.lead_id.in_(records)
    under_way = and_(owed.c.claimed_until.is_not(None), owed.c.claimed_until > now)
    stale = and_(theirs, owed.c.status == "due", under_way != owed.c.payload.is_not(None))
    conn.execute(update(owed).where(stale).values(**deliveries.superseded("erased", now)))
    conn.execute(update(owed).where(theirs, owed.c.payload.is_not(None)).values(payload=""))
    answered = attempts.c.delivery_id.in_(select(owed.c.id).where(theirs))
    conn.execute(update(attempts).where(answered, attempts.c.reply.is_not(None)).values(reply=None))


def _empty_imports(conn: Connection, records: Sequence[str]) -> None:
    """What a list set aside, and what is here still of the files of lists that named them."""
    named = import_rows.c.lead_id.in_(records)
    lists = select(import_rows.c.import_id).where(named)
    over = and_(imports.c.id.in_(lists), imports.c.status.in_(("done", "undone")))
    conn.execute(update(imports).where(over).values(content=None, foreseen=None, rejected=None))
    conn.execute(update(import_rows).where(named).values(before={}))


def _unname(conn: Connection, of: Whom, names: Sequence[str]) -> None:
    """Where somebody came from was counted and stays; some mail tools put the address itself there."""
    for table, key, which in (
        (arrivals, arrivals.c.submission_id, arrivals.c.submission_id.in_(of.submissions)),
        (beginnings, beginnings.c.lead_id, beginnings.c.lead_id.in_(of.records)),
    ):
        marks = [table.c[name] for name in ("campaign", "source", "medium")]
        for row in conn.execute(select(key, *marks).where(which)).all():
            bare: Mapping[str, None] = {mark.name: None for mark in marks if _names(getattr(row, mark.name), names)}
            if bare:
                conn.execute(update(table).where(key == row[0]).values(**bare))


def _names(text: str | None, names: Sequence[str]) -> bool:
    return text is not None and any(name in text.casefold() for name in names)
