"""Leads, their facts with provenance, the identifiers they are found by, and the links that claim them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, or_, select, update

from forms.text import fold
from gateway.ids import new_id
from gateway.records import Fact, Lead
from gateway.store import persons, segments
from gateway.store.conflicts import insert_absent, insert_if_absent
from gateway.store.tables import facts, identifiers, identity_links, leads, sites, unscored
from verification.identity import decide_write, stronger

SEARCHED = ("first_name", "last_name", "name", "email", "phone", "company")  # facts that the console's search reads
SHARED_LIMIT = 20  # candidates read for one identifier: a switchboard's number must not become a scan

# What each submission asks, put together once: that costs more than running it.
_FOUND_BY = (
    select(identifiers.c.lead_id)
    .where(
        identifiers.c.site_id == bindparam("at_site"),
        identifiers.c.kind == bindparam("of_kind"),
        identifiers.c.value == bindparam("this"),
    )
    .order_by(identifiers.c.at, identifiers.c.lead_id)
    .limit(SHARED_LIMIT)
)
_IDENTIFIERS = (
    select(identifiers.c.kind, identifiers.c.value)
    .where(identifiers.c.lead_id == bindparam("whose"))
    .order_by(identifiers.c.at)
)
_FACTS = select(facts).where(facts.c.lead_id == bindparam("whose")).order_by(facts.c.id)
_REPLACE = (
    update(facts)
    .where(
        facts.c.lead_id == bindparam("whose"),
        facts.c.field.in_(bindparam("fields", expanding=True)),
        facts.c.state == "current",
    )
    .values(state="former")
)
_NOT_ERASED = leads.c.erased_at.is_(None)
_NEW = {
    "version": 0,  # the first save makes it 1
    "grade": "–",
    "interest": 4,
    "score": 0,
    "contact_requested": False,
    "customer": False,
    "deal_open": False,
    "search": "",
}
_ROW = select(leads).where(leads.c.id == bindparam("this"), leads.c.site_id == bindparam("at_site"))
_LOCKED = _ROW.with_for_update(key_share=True)
_MERGED = select(leads).where(leads.c.merged_into == bindparam("under")).order_by(leads.c.created_at, leads.c.id)
_CURRENT = (
    select(facts)
    .where(facts.c.lead_id.in_(bindparam("these", expanding=True)), facts.c.state == "current")
    .order_by(facts.c.id)
)
_SET = update(leads).where(leads.c.id == bindparam("this"))  # the columns that are given with it
_RAISE = (
    update(leads)
    .where(
        leads.c.id == bindparam("this"),
        or_(leads.c.fingerprint.is_(None), leads.c.fingerprint != bindparam("seen")),
    )
    .values(fingerprint=bindparam("seen"), version=leads.c.version + 1, updated_at=bindparam("now"))
)
_OF_PERSON = (
    select(identifiers.c.kind, identifiers.c.value)
    .where(identifiers.c.lead_id.in_(persons.members(bindparam("whose"))))
    .order_by(identifiers.c.at)
)
_ADD_LEAD, _ADD_FACTS, _ADD_LINK = leads.insert(), facts.insert(), identity_links.insert()


@dataclass(frozen=True)
class LinkRow:
    lead_id: str
    submission_id: str | None
    visitor_id: str | None
    basis: str
    strength: str
    at: datetime
    undone_at: datetime | None = None


def get(conn: Connection, site_id: str, lead_id: str, *, lock: bool = False) -> Lead | None:
    """The lead with its current facts; a merged lead's id leads to its survivor.

    lock: nobody else writes down where this person stands until the transaction ends; what they wrote is read.
    """
    row = _row(conn, site_id, lead_id, lock=lock)
    if row is not None and row.merged_into is not None:
        row = _row(conn, site_id, row.merged_into, lock=lock)
    return _lead(conn, row) if row else None


def alone(conn: Connection, site_id: str, lead_id: str) -> Lead | None:
    """This very record, merged or not, with nothing of those that it was merged with."""
    row = _row(conn, site_id, lead_id)
    return _own(row, _current(conn, [row.id])) if row else None


def create(conn: Connection, site_id: str, now: datetime, *, test: bool = False) -> str:
    lead_id = new_id("lead", now)
    row = {"id": lead_id, "site_id": site_id, "created_at": now, "updated_at": now, "test": test}
    conn.execute(_ADD_LEAD, {**_NEW, **row})
    return lead_id


def set_columns(conn: Connection, lead_id: str, columns: Mapping[str, Any]) -> None:
    """Set stage, grade, interest, score, flags, owner, version or updated_at of a lead."""
    conn.execute(_SET, {"this": lead_id, **columns})


def change_fingerprint(conn: Connection, lead_id: str, seen: str, now: datetime) -> bool:
    """Raise the version if what it counts has changed; false when nothing has."""
    return conn.execute(_RAISE, {"this": lead_id, "seen": seen, "now": now}).rowcount == 1


def mark_for_scoring(conn: Connection, lead_id: str, now: datetime) -> None:
    """Something of this very record counts that was not folded in yet: the sweeper refreshes its person's score
    within seconds, whoever that is by then."""
    set_columns(conn, lead_id, {"score_changes_at": now})


def unmark_merged(conn: Connection, lead: Lead) -> None:
    """The records merged into this one wait for no scoring. To be called before events are read: what comes later
    marks them anew."""
    if lead.earlier_ids:
        merged = update(leads).where(leads.c.id.in_(lead.earlier_ids))
        conn.execute(merged.values(score_changes_at=None, segments=None))
        segments.leave(conn, lead.earlier_ids)


def with_score_due(conn: Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(site, lead) whose score changes by time alone and has not been refreshed (rule 26)."""
    everywhere = leads.c.site_id.in_(select(sites.c.id))  # the index begins with the site
    able = leads.c.id.not_in(select(unscored.c.lead_id))
    query = select(leads.c.site_id, leads.c.id).where(everywhere, leads.c.score_changes_at <= now, able)
    return [(row.site_id, row.id) for row in conn.execute(query.order_by(leads.c.score_changes_at).limit(limit))]


def count(conn: Connection, site_id: str) -> int:
    query = select(func.count()).where(leads.c.site_id == site_id, leads.c.merged_into.is_(None), _NOT_ERASED)
    return conn.execute(query).scalar_one()


# --- facts ----------------------------------------------------------------------------------------------------------


def all_facts(conn: Connection, lead_id: str) -> list[Fact]:
    """Current, former and proposed values of this very record, oldest first."""
    return [fact_of(row) for row in conn.execute(_FACTS, {"whose": lead_id})]


def facts_of_person(conn: Connection, lead: Lead) -> list[Fact]:
    """Those of all its records, oldest first. A value in force in one of them that another's outdoes is a proposal."""
    query = select(facts).where(facts.c.lead_id.in_(persons.members(lead.id))).order_by(facts.c.id)
    return as_seen(conn.execute(query), lead)


def as_seen(rows: Iterable[Row[Any]], lead: Lead) -> list[Fact]:
    """The same from the rows of the table `facts`."""
    found = (fact_of(row) for row in rows)
    return [shown for fact in found if (shown := _as_seen(fact, lead.facts))]


def _as_seen(fact: Fact, in_force: Mapping[str, Fact]) -> Fact | None:
    chosen = in_force.get(fact.field)
    if fact.state != "current" or chosen is None or chosen.id == fact.id:
        return fact
    return None if chosen.value == fact.value else replace(fact, state="proposed")


def in_force(found: Iterable[Fact]) -> dict[str, Fact]:
    """One value a field. `found`: the current ones of a person's records, the oldest record's first; each further one
    counts as if it were written now (rule 3): it fills what is empty and outdoes what is weaker."""
    known: dict[str, Fact] = {}
    for fact in found:
        before = known.get(fact.field)
        if before is None or _outdoes(fact, before):
            known[fact.field] = fact
    return known


def _outdoes(fact: Fact, before: Fact) -> bool:
    if fact.value == before.value:  # said twice: the better evidence
        return stronger(fact.strength, before.strength) != before.strength
    return decide_write(before.strength, fact.strength) == "overwrite"


def add_fact(conn: Connection, lead_id: str, fact: Fact) -> None:
    """Write a value. One that is current makes the field's earlier current value a former one."""
    add_facts(conn, lead_id, [fact])


def add_facts(conn: Connection, lead_id: str, found: Sequence[Fact], *, begun: bool = False) -> None:
    """The same for values of different fields. begun: the lead began in this transaction and has none yet."""
    if not found:
        return
    replaced = [fact.field for fact in found if fact.state == "current" and not begun]
    if replaced:
        conn.execute(_REPLACE, {"whose": lead_id, "fields": replaced})
    rows = [
        {
            "lead_id": lead_id,
            "field": fact.field,
            "value": fact.value,
            "strength": fact.strength,
            "origin": fact.origin,
            "at": fact.at,
            "state": fact.state,
        }
        for fact in found
    ]
    conn.execute(_ADD_FACTS, rows)


def drop_proposals(conn: Connection, lead_id: str, origin: str) -> None:
    """What this submission proposed goes, since it is about to be written on better evidence."""
    mine = and_(facts.c.lead_id == lead_id, facts.c.origin == origin, facts.c.state == "proposed")
    conn.execute(delete(facts).where(mine))


def refresh_search(conn: Connection, lead: Lead) -> None:
    """A person is found by what any of its records says."""
    said = _current(conn, [lead.id, *lead.earlier_ids]) if lead.earlier_ids else lead.facts.values()
    set_columns(conn, lead.id, {"search": searched(said)})


def searched(said: Iterable[Fact]) -> str:
    """By what whoever said this is found."""
    words = dict.fromkeys(str(fact.value) for fact in said if fact.field in SEARCHED)
    return fold(" ".join(words))


# --- identity -------------------------------------------------------------------------------------------------------


def add_identifier(conn: Connection, lead: tuple[str, str], kind: str, value: str, now: datetime) -> bool:  # noqa: PLR0917
    """Let the lead (site, id) be found by this value; false when another lead owns the e-mail already."""
    site_id, lead_id = lead
    values = {"site_id": site_id, "kind": kind, "value": value, "lead_id": lead_id, "at": now}
    return insert_if_absent(conn, identifiers, values)


def add_identifiers(conn: Connection, lead: tuple[str, str], given: Mapping[str, str], now: datetime) -> None:
    """The same for one of each kind; what another lead owns stays with that one."""
    site_id, lead_id = lead
    own = {"site_id": site_id, "lead_id": lead_id, "at": now}
    insert_absent(conn, identifiers, [{**own, "kind": kind, "value": value} for kind, value in given.items()])


def found_by(conn: Connection, site_id: str, kind: str, value: str | None) -> list[str]:
    """The leads that carry this identifier, the oldest first, at most SHARED_LIMIT."""
    if not value:
        return []
    return list(conn.execute(_FOUND_BY, {"at_site": site_id, "of_kind": kind, "this": value}).scalars())


def identifiers_of(conn: Connection, lead_id: str) -> dict[str, tuple[str, ...]]:
    """Of this very record: {"email": (…), "phone": (…), "crm": (…)}, each oldest first; kinds without a value are left
    out."""
    return by_kind(conn.execute(_IDENTIFIERS, {"whose": lead_id}))


def identifiers_of_person(conn: Connection, lead_id: str) -> dict[str, tuple[str, ...]]:
    """The same of all its records."""
    return by_kind(conn.execute(_OF_PERSON, {"whose": lead_id}))


def by_kind(rows: Iterable[Row[Any]]) -> dict[str, tuple[str, ...]]:
    """Rows of (kind, value)."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.kind] = (*found.get(row.kind, ()), row.value)
    return found


def add_link(conn: Connection, site_id: str, link: LinkRow) -> None:
    row = {
        "site_id": site_id,
        "lead_id": link.lead_id,
        "submission_id": link.submission_id,
        "visitor_id": link.visitor_id,
        "basis": link.basis,
        "strength": link.strength,
        "at": link.at,
    }
    conn.execute(_ADD_LINK, row)


def set_link_strength(conn: Connection, submission_id: str, strength: str) -> None:
    """The link that stands: the same claim, on better evidence."""
    mine = (identity_links.c.submission_id == submission_id) & identity_links.c.undone_at.is_(None)
    conn.execute(update(identity_links).where(mine).values(strength=strength))


def links_of(conn: Connection, lead_id: str) -> list[LinkRow]:
    """Of all the person's records, oldest first."""
    mine = identity_links.c.lead_id.in_(persons.members(lead_id))
    query = select(identity_links).where(mine).order_by(identity_links.c.id)
    return [_link(row) for row in conn.execute(query)]


def link_of_submission(conn: Connection, submission_id: str) -> LinkRow | None:
    query = select(identity_links).where(
        identity_links.c.submission_id == submission_id, identity_links.c.undone_at.is_(None)
    )
    row = conn.execute(query.order_by(identity_links.c.id.desc())).first()
    return _link(row) if row else None


def find(conn: Connection, site_id: str, text: str) -> list[str]:
    """Ids of leads whose id, canonical e-mail or phone is this text exactly."""
    by_id = select(leads.c.id).where(leads.c.site_id == site_id, leads.c.id == text)
    named = (identifiers.c.kind.in_(("email", "phone", "crm"))) & (identifiers.c.value == text)
    by_identifier = select(identifiers.c.lead_id).where(identifiers.c.site_id == site_id, named)
    return list(conn.execute(by_id.union(by_identifier)).scalars())


# --- rows -----------------------------------------------------------------------------------------------------------


def _row(conn: Connection, site_id: str, lead_id: str, *, lock: bool = False) -> Row[Any] | None:
    return conn.execute(_LOCKED if lock else _ROW, {"this": lead_id, "at_site": site_id}).first()


def _current(conn: Connection, lead_ids: Sequence[str]) -> list[Fact]:
    """The values in force of these records, in their order."""
    place = {lead_id: number for number, lead_id in enumerate(lead_ids)}
    rows = conn.execute(_CURRENT, {"these": list(lead_ids)})
    return [fact_of(row) for row in sorted(rows, key=lambda row: place[row.lead_id])]


def _lead(conn: Connection, row: Row[Any]) -> Lead:
    merged = conn.execute(_MERGED, {"under": row.id}).all()
    return person_of((row, *merged), _current(conn, [row.id, *(one.id for one in merged)]))


def person_of(everybody: Sequence[Row[Any]], current: Iterable[Fact]) -> Lead:
    """The person of these records, the one that it stands under first, the others by age, with their values in force
    in that order: what is so of any of them is so of the person."""
    lead, ids = _own(everybody[0], current), [one.id for one in everybody]
    if len(everybody) == 1:
        return lead
    return replace(
        lead,
        contact_requested=any(one.contact_requested for one in everybody),
        customer=any(one.customer for one in everybody),
        deal_open=any(one.deal_open for one in everybody),
        owner=next((one.owner for one in everybody if one.owner), None),
        waits=all(one.waits for one in everybody),
        earlier_ids=tuple(ids[1:]),
    )


def _own(row: Row[Any], current: Iterable[Fact]) -> Lead:
    return Lead(
        id=row.id,
        site_id=row.site_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        test=row.test,
        stage=row.stage,
        grade=row.grade,
        interest=row.interest,
        score=row.score,
        score_changes_at=row.score_changes_at,
        contact_requested=row.contact_requested,
        customer=row.customer,
        deal_open=row.deal_open,
        disqualified=row.disqualified,
        owner=row.owner,
        waits=bool(row.waits),
        merged_into=row.merged_into,
        erased_at=row.erased_at,
        facts=in_force(current),
        segments=tuple(row.segments or ()),
    )


def fact_of(row: Row[Any]) -> Fact:
    """A row of the table `facts`."""
    return Fact(row.field, row.value, row.strength, row.origin, row.at, row.state, row.id)


def _link(row: Row[Any]) -> LinkRow:
    return LinkRow(row.lead_id, row.submission_id, row.visitor_id, row.basis, row.strength, row.at, row.undone_at)
