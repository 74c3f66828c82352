"""Puts people of one organisation together: by the domain of their mailbox where it is their own, else by the company
that they name. Done by the sweeper, apart from intake: nobody waits for it, and nothing of a person depends on it.

A name leads to a domain only where that domain's own people agree on it (verification/organisations.py), and where no
other domain's do.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from forms.text import fold
from gateway.records import Lead, Site
from gateway.scoring.model import GRADES
from gateway.store import leads, organisations, sites
from gateway.store.db import AWAY, HOLD_SECONDS, Database, lock_names
from gateway.store.organisations import MOST, Belonging, Member
from gateway.store.unweighed import Waiting
from verification.organisations import LONGEST, Said, agreed_name, company_key, own_domain

AT_ONCE = 200  # leads looked up together
CLAIMED = frozenset({"browser", "typed"})  # anybody's word
NAMES_SEARCHED = 10  # spellings of its name that an organisation is found by

log = structlog.get_logger()


def regroup_due(db: Database, now: datetime) -> int:
    """Group anew those of the leads that wait; returns how many. Safe to run again, and beside itself."""
    with db.read() as conn:
        waiting = sorted(organisations.due(conn, AT_ONCE))  # two sweepers take the sites in one order
    done = 0
    while waiting:
        started = time.monotonic()
        with db.write() as conn:
            while waiting and time.monotonic() - started < HOLD_SECONDS:
                done += _regroup_one(conn, waiting.pop(0), now)
    return done


def regroup(db: Database, site_id: str, lead_id: str, now: datetime) -> None:
    """One lead at once, if it waits: what goes out of it tells its organisation."""
    regroup_all(db, site_id, [lead_id], now)


def regroup_all(db: Database, site_id: str, lead_ids: Sequence[str], now: datetime) -> None:
    """The same of several."""
    if not lead_ids:
        return
    with db.read() as conn:
        waiting = [Waiting(site_id, lead_id) for lead_id in organisations.marked(conn, lead_ids)]
    while waiting:
        started = time.monotonic()
        with db.write() as conn:
            while waiting and time.monotonic() - started < HOLD_SECONDS:
                _regroup_one(conn, waiting.pop(0), now)


def _regroup_one(conn: Connection, waiting: Waiting, now: datetime) -> bool:
    """False: another sweeper was quicker."""
    lock_names(conn, f"organisations:{waiting.site_id}")
    marked = organisations.marked_at(conn, waiting.lead_id)
    if marked is None:
        return False
    savepoint = conn.begin_nested()
    try:
        _regroup(conn, waiting, now)
    except AWAY:  # nothing is wrong with the lead: the next sweep tries again
        raise
    except Exception:  # as in the drain: what is wrong with one lead keeps no other waiting
        savepoint.rollback()
        log.exception("grouping_failed", lead=waiting.lead_id)  # it stands where it stood, until it changes again
    else:
        savepoint.commit()
    organisations.done(conn, waiting.lead_id, marked)
    return True


def _regroup(conn: Connection, waiting: Waiting, now: datetime) -> None:
    site_id = waiting.site_id
    lead = leads.get(conn, site_id, waiting.lead_id)
    assert lead is not None
    touched = organisations.take_out(conn, [waiting.lead_id, lead.id, *lead.earlier_ids])
    if lead.erased_at is None and not lead.test:
        touched |= _put(conn, lead, sites.get(conn, site_id), now)
    for organisation_id in sorted(touched):
        _count(conn, site_id, organisation_id, now)


def _put(conn: Connection, lead: Lead, site: Site, now: datetime) -> set[str]:
    """Where it goes, none where nothing tells."""
    email, company = lead.facts.get("email"), lead.facts.get("company")
    lists = {name: tuple(site.settings.get(f"{name}_domains", ())) for name in ("allow", "deny")}
    domain = own_domain(str(email.value), **lists) if email else None
    said = str(company.value)[:LONGEST] if company else None
    name = company_key(said) if said else None
    if domain is None and name is None:
        return set()
    belonging = Belonging(
        basis="domain" if domain else "name",
        company=name,
        said=said if name else None,
        firm=email is not None and email.strength not in CLAIMED,
        active_at=organisations.active_at(conn, lead.site_id, lead.id) or lead.created_at,
    )
    if domain is None and name is not None:
        called_so = organisations.by_domain(conn, lead.site_id, name)
        domain = called_so[0] if len(called_so) == 1 else None
    organisation_id = organisations.find_or_begin(conn, lead.site_id, (domain, name), now)
    organisations.put(conn, lead.site_id, lead.id, organisation_id, belonging=belonging)
    return {organisation_id}


def _count(conn: Connection, site_id: str, organisation_id: str, now: datetime) -> None:
    """What its line shows. Once its people call it otherwise, those who are somewhere by that name alone move."""
    before = organisations.get(conn, site_id, organisation_id)
    people = organisations.members(conn, site_id, organisation_id, limit=MOST + 1)
    if before is None:
        return
    if not people:
        organisations.drop(conn, organisation_id)
        _move(conn, site_id, [before.folded] if before.domain else [], now)
        return
    folded = _agreed(people) if before.domain else before.folded
    many = organisations.count(conn, site_id, organisation_id) if len(people) > MOST else 0
    counted = {**_best(people), "people": many or len({one.person for one in people})}
    name = _as_written(people, folded)
    words = [before.domain or "", name or "", *_spellings(people)]
    organisations.set_counts(
        conn,
        organisation_id,
        {**counted, "folded": folded, "name": name, "active_at": people[0].active_at, "search": fold(" ".join(words))},
    )
    if before.domain and before.folded != folded:
        _move(conn, site_id, [before.folded, folded], now)


def _move(conn: Connection, site_id: str, names: Iterable[str | None], now: datetime) -> None:
    known = [name for name in names if name]
    if known:
        organisations.mark(conn, site_id, organisations.by_name(conn, site_id, known), now)


def _agreed(people: Sequence[Member]) -> str | None:
    """By the people of the domain alone, each heard once: those who came by the name would only say it again."""
    voices = {one.person: Said(one.company, one.firm) for one in people if one.basis == "domain" and one.company}
    return agreed_name(voices.values())


def _best(people: Iterable[Member]) -> dict[str, Any]:
    """The best cell and the highest score, of those who are not disqualified."""
    fit = [one for one in people if one.disqualified is None]
    if not fit:
        return {"grade": None, "interest": None, "score": 0}
    best = min(fit, key=lambda one: _rank(one.grade, one.interest))
    return {"grade": best.grade, "interest": best.interest, "score": max(one.score for one in fit)}


def _rank(grade: str, interest: int) -> tuple[int, int]:
    """By its distance from A1, then by grade; ungraded ones stand behind E."""
    place = GRADES.index(grade) if grade in GRADES else len(GRADES)
    return place + interest, place


def _as_written(people: Iterable[Member], folded: str | None) -> str | None:
    """The spelling that most use of what it is called."""
    written = Counter(one.said for one in people if one.said and one.company == folded)
    return min(written, key=lambda name: (-written[name], name), default=None) if folded else None


def _spellings(people: Iterable[Member]) -> list[str]:
    return [name for name, _ in Counter(one.said for one in people if one.said).most_common(NAMES_SEARCHED) if name]
