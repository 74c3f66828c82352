"""Organisations and who is of them: written by gateway/organising.py, which says who belongs where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, update

from gateway.ids import new_id
from gateway.records import Lead
from gateway.store.conflicts import insert_absent, insert_or_set, set_all
from gateway.store.counted import COUNTED
from gateway.store.pairs import among
from gateway.store.persons import places
from gateway.store.tables import events, leads, organisation_people, organisations, submissions, ungrouped
from gateway.store.unweighed import Waiting

Basis = Literal["domain", "name"]
MOST = 2000  # people of one that are looked at: whoever has more is no company, and each new one would read them all


# What each lead asks, put together once: that costs more than running it.
_AT: BindParameter[str] = bindparam("at_site")
_WHOSE: BindParameter[str] = bindparam("whose")
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_DUE = select(ungrouped.c.site_id, ungrouped.c.lead_id).order_by(ungrouped.c.at.desc()).limit(bindparam("most"))
_MARKED = select(ungrouped.c.at).where(ungrouped.c.lead_id == _WHOSE)
_THAT_WAIT = select(ungrouped.c.lead_id).where(ungrouped.c.lead_id.in_(_THESE)).order_by(ungrouped.c.lead_id)
_DONE = delete(ungrouped).where(
    ungrouped.c.lead_id.in_(
        select(ungrouped.c.lead_id)
        .where(ungrouped.c.lead_id == _WHOSE, ungrouped.c.at == bindparam("marked"))
        .with_for_update(skip_locked=True)
    )
)
_DID = select(func.max(events.c.at)).where(among(events.c.lead_id, places(_WHOSE, _AT)), events.c.human)
_SENT = select(func.max(submissions.c.received_at)).where(among(submissions.c.lead_id, places(_WHOSE, _AT)))
_CALLED = (
    select(organisations.c.domain)
    .where(
        organisations.c.site_id == _AT, organisations.c.folded == bindparam("so"), organisations.c.domain.is_not(None)
    )
    .limit(2)
)
_OF_KEY = select(organisations.c.id).where(organisations.c.site_id == _AT, organisations.c.key == bindparam("this"))
_GET = select(organisations).where(organisations.c.id == bindparam("this"), organisations.c.site_id == _AT)
_SET = update(organisations).where(organisations.c.id == bindparam("this"))  # the columns that are given with it
_OF_LEADS = select(organisation_people.c.organisation_id).where(organisation_people.c.lead_id.in_(_THESE))
_TAKE_OUT = delete(organisation_people).where(organisation_people.c.lead_id.in_(_THESE))
_MEMBERS = (
    select(
        organisation_people.c.lead_id, COUNTED, organisation_people.c.basis, organisation_people.c.company,
        organisation_people.c.said, organisation_people.c.firm, organisation_people.c.active_at,
        leads.c.grade, leads.c.interest, leads.c.score, leads.c.disqualified,
    )
    .join(leads, leads.c.id == organisation_people.c.lead_id)
    .where(organisation_people.c.site_id == _AT, organisation_people.c.organisation_id == bindparam("this"))
    .order_by(organisation_people.c.active_at.desc(), organisation_people.c.lead_id.desc())
    .limit(bindparam("most"))
)  # fmt: skip


@dataclass(frozen=True)
class Organisation:
    """grade, interest: the best cell; none where all of its people are disqualified. score: the highest."""

    id: str
    site_id: str
    domain: str | None
    name: str | None
    folded: str | None
    people: int
    grade: str | None
    interest: int | None
    score: int
    active_at: datetime


@dataclass(frozen=True)
class Belonging:
    """That a person is of an organisation. company: what they say, folded; said: as written; firm: their address is
    confirmed or better."""

    basis: Basis
    company: str | None
    said: str | None
    firm: bool
    active_at: datetime


class Member(NamedTuple):
    """A person of an organisation with where they stand; `person` is whom they are counted under."""

    lead_id: str
    person: str
    basis: Basis
    company: str | None
    said: str | None
    firm: bool
    active_at: datetime
    grade: str
    interest: int
    score: int
    disqualified: str | None


def key_of(domain: str | None, name: str | None) -> str:
    return domain or f"={name}"


def mark(conn: Connection, site_id: str, lead_ids: Iterable[str], now: datetime) -> None:
    """Let these leads be grouped anew within seconds."""
    set_all(conn, ungrouped, [{"lead_id": lead_id, "site_id": site_id, "at": now} for lead_id in lead_ids])


def mark_all(conn: Connection, people: Iterable[Lead], now: datetime) -> None:
    """The same of these."""
    set_all(conn, ungrouped, [{"lead_id": lead.id, "site_id": lead.site_id, "at": now} for lead in people])


def due(conn: Connection, limit: int) -> Sequence[Waiting]:
    """The last changed first: they wait for no stock of old leads."""
    return [Waiting(*row) for row in conn.execute(_DUE, {"most": limit})]


def marked_at(conn: Connection, lead_id: str) -> datetime | None:
    """Since when it waits; None: it does not. Read without a lock: a worker that marks it anew waits for no sweeper."""
    return conn.execute(_MARKED, {"whose": lead_id}).scalar()


def marked(conn: Connection, lead_ids: Iterable[str]) -> list[str]:
    """Those of these leads that wait, in one order for everybody."""
    return list(conn.execute(_THAT_WAIT, {"these": list(lead_ids)}).scalars())


def done(conn: Connection, lead_id: str, marked: datetime) -> None:
    """It waits no longer, unless it was marked anew since, or is being so."""
    conn.execute(_DONE, {"whose": lead_id, "marked": marked})


def active_at(conn: Connection, site_id: str, lead_id: str) -> datetime | None:
    """When this person last did something: sent a form, or an event of theirs that no machine made."""
    asked = {"whose": lead_id, "at_site": site_id}
    return max((at for query in (_DID, _SENT) if (at := conn.execute(query, asked).scalar())), default=None)


def by_domain(conn: Connection, site_id: str, name: str) -> list[str]:
    """The domains whose people call theirs so, two at most: with two, the name alone says nothing."""
    return [str(domain) for domain in conn.execute(_CALLED, {"at_site": site_id, "so": name}).scalars()]


def of_person(conn: Connection, site_id: str, lead_id: str) -> Organisation | None:
    """The organisation in which the person stands whose leads go by this one."""
    found: str | None = conn.execute(_OF_LEADS, {"these": [lead_id]}).scalar()
    return get(conn, site_id, found) if found else None


def find_or_begin(conn: Connection, site_id: str, names: tuple[str | None, str | None], now: datetime) -> str:
    """The id of the one of this (domain, folded name)."""
    domain, name = names
    key = key_of(domain, name)
    empty = {"people": 0, "score": 0, "active_at": now, "search": "", "folded": None if domain else name}
    values = {"id": new_id("org", now), "site_id": site_id, "key": key, "domain": domain, **empty}
    insert_absent(conn, organisations, [values])
    found: str = conn.execute(_OF_KEY, {"at_site": site_id, "this": key}).scalar_one()
    return found


def put(conn: Connection, site_id: str, lead_id: str, organisation_id: str, *, belonging: Belonging) -> None:
    said = {
        "site_id": site_id,
        "organisation_id": organisation_id,
        "basis": belonging.basis,
        "company": belonging.company,
        "said": belonging.said,
        "firm": belonging.firm,
        "active_at": belonging.active_at,
    }
    insert_or_set(conn, organisation_people, {"lead_id": lead_id}, said)


def take_out(conn: Connection, lead_ids: Sequence[str]) -> set[str]:
    """These records are of no organisation; returns those that they were in."""
    before = set(conn.execute(_OF_LEADS, {"these": list(lead_ids)}).scalars())
    if before:
        conn.execute(_TAKE_OUT, {"these": list(lead_ids)})
    return before


def members(conn: Connection, site_id: str, organisation_id: str, *, limit: int = MOST) -> list[Member]:
    """Its people, the last active first."""
    asked = {"at_site": site_id, "this": organisation_id, "most": limit}
    return [Member(*row) for row in conn.execute(_MEMBERS, asked)]


def count(conn: Connection, site_id: str, organisation_id: str) -> int:
    """All its records, by the index alone."""
    mine = organisation_people
    query = select(func.count()).where(mine.c.site_id == site_id, mine.c.organisation_id == organisation_id)
    return conn.execute(query).scalar_one()


def by_name(conn: Connection, site_id: str, names: Iterable[str]) -> list[str]:
    """The people who are somewhere because of one of these names alone, MOST at most: all are marked in one write."""
    mine = organisation_people
    query = select(mine.c.lead_id).where(
        mine.c.site_id == site_id, mine.c.company.in_(list(names)), mine.c.basis == "name"
    )
    return list(conn.execute(query.limit(MOST)).scalars())


def get(conn: Connection, site_id: str, organisation_id: str) -> Organisation | None:
    row = conn.execute(_GET, {"this": organisation_id, "at_site": site_id}).first()
    return organisation_of(row) if row else None


def set_counts(conn: Connection, organisation_id: str, counted: Mapping[str, Any]) -> None:
    """name, folded, people, grade, interest, score, active_at, search."""
    conn.execute(_SET, {"this": organisation_id, **counted})


def drop(conn: Connection, organisation_id: str) -> None:
    """Nobody is of it any more."""
    conn.execute(delete(organisations).where(organisations.c.id == organisation_id))


def organisation_of(row: Any) -> Organisation:
    """A row of the table `organisations`."""
    return Organisation(
        row.id, row.site_id, row.domain, row.name, row.folded, row.people, row.grade, row.interest, row.score,
        row.active_at,
    )  # fmt: skip
