"""One lead held against the others: its keys, the pairs it makes, who is counted as one with it, and who is merged.

Safe to run again: what is written is what the facts say now. What staff said of a pair stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from gateway import merging
from gateway.matching import candidates, known
from gateway.matching.context import bearing
from gateway.matching.joining import Found, Group
from gateway.matching.known import Known
from gateway.store import compared, counted, duplicates, lead_keys, leads, persons
from gateway.store.duplicates import Weighed
from verification.matching.judge import Context, Match, consider, judge

MOST_PAIRS = 10  # of one lead, the likeliest: a number that sixty share makes no thousand questions to staff


@dataclass(frozen=True)
class Weighing:
    """Of which site's leads, by what, and when."""

    site_id: str
    context: Context
    now: datetime


@dataclass(frozen=True)
class Others:
    """Whom a lead is held against, in this order; and those of them that a CRM calls the same."""

    lead_ids: Sequence[str]
    of_crm: Collection[str]


def preview(conn: Connection, new: Known, site_id: str, context: Context) -> list[Found]:
    """Whom a lead that does not stand yet (`known.newcomer`) would be merged with, linked to or shown beside, the
    likeliest first. Writes nothing."""
    found = candidates.find(conn, site_id, new.record, test=new.test)
    of_crm = candidates.of_crm(conn, site_id, new.given)
    matches = _matches(conn, site_id, new, Others([*of_crm, *found.lead_ids], of_crm), bearing(context, found.borne))
    return _decide(conn, site_id, new, matches, known.read(conn, site_id, matches))


def weigh_in(conn: Connection, lead_id: str, weighing: Weighing) -> None:
    """Bring up to date what is known of who this lead may be. For a transaction that holds `persons.lock(conn,
    site_id)` from its start on."""
    site_id = weighing.site_id
    mine = known.read(conn, site_id, [lead_id]).get(lead_id)
    if mine is None:  # erased: nobody finds it any more
        lead_keys.replace(conn, site_id, lead_id, ())
        compared.forget(conn, lead_id)
        _write(conn, lead_id, [], weighing)
        return
    lead_keys.replace(conn, site_id, lead_id, candidates.numbers(mine.record, test=mine.test))
    known.keep(conn, mine)
    found = candidates.find(conn, site_id, mine.record, test=mine.test)
    of_crm = candidates.of_crm(conn, site_id, mine.given)
    ids = [*of_crm, *persons.came_before(conn, site_id, lead_id), *found.lead_ids]
    matches = _matches(conn, site_id, mine, Others(ids, of_crm), bearing(weighing.context, found.borne))
    others = known.read(conn, site_id, matches)
    met = _decide(conn, site_id, mine, matches, others)
    if any(one.then == "merge" for one in met):
        before = {end for pair in duplicates.of_lead(conn, [lead_id]) for end in (pair.older, pair.younger)}
        counted.hold(conn, lead_id, *before, *(one.lead_id for one in met))
    _write(conn, lead_id, [_weighed(mine, others[one.lead_id], one) for one in met], weighing)
    for one in met:
        if one.then == "merge":
            _merge(conn, (lead_id, one.lead_id), weighing)


def _matches(  # noqa: PLR0917
    conn: Connection, site_id: str, mine: Known, others: Others, context: Context
) -> dict[str, Match]:
    """Lead → how the two match, of those that are other people's so far and of the same kind, test or real (rule 38).
    MOST_PAIRS at most: first whom a CRM calls the same, then who is the same, the likeliest first."""
    ids = [lead_id for lead_id in dict.fromkeys(others.lead_ids) if lead_id != mine.lead_id]
    found: list[tuple[bool, bool, float, str, Match]] = []
    for other in known.meet(conn, site_id, ids[: candidates.MOST]):
        if other.person == mine.person or other.test != mine.test:
            continue
        crm = other.lead_id in others.of_crm
        match = judge(mine.record, other.record, context) if crm else consider(mine.record, other.record, context)
        if match and (crm or match.decision != "different"):
            found.append((not crm, match.decision != "same", -match.weight, other.lead_id, match))
    found.sort(key=lambda one: one[:4])
    return {lead_id: match for *_, lead_id, match in found[:MOST_PAIRS]}


def _decide(  # noqa: PLR0917
    conn: Connection, site_id: str, mine: Known, matches: Mapping[str, Match], others: Mapping[str, Known]
) -> list[Found]:
    """What becomes of it and each of those that may be the same person, in their order."""
    if not matches:
        return []
    group = Group(conn, site_id, mine, others)
    met = [group.meet(others[lead_id], match) for lead_id, match in matches.items() if lead_id in others]
    return [one for one in met if one.then != "nothing"]


def _weighed(mine: Known, other: Known, found: Found) -> Weighed:
    older, younger = sorted((mine, other), key=lambda one: (one.created_at, one.lead_id))
    parts = [(part.field, part.level, part.weight) for part in found.match.parts]
    decision: Literal["same", "possible"] = "possible" if found.then == "show" else "same"
    return Weighed(older.lead_id, younger.lead_id, decision, found.match.weight, parts)


def _write(conn: Connection, lead_id: str, pairs: Sequence[Weighed], weighing: Weighing) -> None:
    """Let these be the lead's pairs, beside those that staff said something of."""
    before = [pair for pair in duplicates.of_lead(conn, [lead_id]) if pair.answer is None]
    wanted = {(pair.older, pair.younger) for pair in pairs}
    duplicates.drop(conn, [pair.id for pair in before if (pair.older, pair.younger) not in wanted])
    for pair in pairs:
        duplicates.keep(conn, weighing.site_id, pair, weighing.now)
    ends = {end for pair in _same(before) ^ _same(pairs) for end in pair}
    if ends:
        counted.recount(conn, weighing.site_id, ends)
        for end in sorted(ends):  # what is sent of each names the other
            leads.mark_for_scoring(conn, end, weighing.now)


def _same(pairs: Iterable[Weighed]) -> set[tuple[str, str]]:
    return {(pair.older, pair.younger) for pair in pairs if pair.decision == "same"}


def _merge(conn: Connection, ids: tuple[str, str], weighing: Weighing) -> None:
    if len(set(persons.survivors(conn, ids).values())) > 1:  # else an earlier one brought them together
        merging.merge(conn, weighing.site_id, ids, by=None, now=weighing.now)
