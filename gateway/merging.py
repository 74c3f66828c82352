"""Two leads that are one person: merged, and apart again (rules 2, 9).

Nothing is moved (gateway/store/persons.py), so undoing restores both sides exactly, whatever came meanwhile: it came
to one of the two. The person keeps the older lead's id; the other ids lead to it. Staff merge,
and what strong evidence merges by itself comes here too (gateway/matching; `by` is none then).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import standing
from gateway.delivery import ledger
from gateway.records import Lead
from gateway.scoring.stages import FUNNEL
from gateway.store import audit, counted, duplicates, leads, persons, stage_moves


class MergeError(Exception):
    """Why not, as a code for the catalogue: same, unknown, test, erased."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check(one: Lead | None, other: Lead | None) -> None:
    """Raises MergeError."""
    if one is None or other is None:
        raise MergeError("unknown")
    if one.id == other.id:
        raise MergeError("same")
    if one.test != other.test:
        raise MergeError("test")
    if one.erased_at or other.erased_at:
        raise MergeError("erased")


def merge(conn: Connection, site_id: str, ids: tuple[str, str], *, by: str | None, now: datetime) -> str:
    """Let two leads be one person under the older's id. Returns the merge's id, which undoes it. Raises MergeError.

    Destinations that have the younger hear `lead.merged`, and all that have either get the person (rule 31).
    """
    persons.lock(conn, site_id)
    counted.hold(conn, *ids)
    one, other = (leads.get(conn, site_id, lead_id) for lead_id in ids)
    check(one, other)
    assert one is not None and other is not None
    for lead in (one, other):
        _keep_stage(conn, lead)
    ends = [[lead.id, *lead.earlier_ids] for lead in (one, other)]
    before = persons.survivors(conn, [*ends[0], *ends[1]])
    merge_id = persons.add_merge(conn, site_id, *ids, by=by, now=now)  # those named: the person of one may part later
    survivor, *_ = _regroup(conn, one.id)
    for pair in duplicates.between(conn, *ends):
        duplicates.answer(conn, pair.id, "merged", by=by, now=now)
    counted.recount(conn, site_id, [survivor])
    kept, gone = (one, other) if survivor == one.id else (other, one)
    _tell_moved(conn, site_id, before, now)
    _put_at(conn, kept, furthest((kept.stage, gone.stage)), "merged", now=now)
    standing.refresh(conn, site_id, survivor, now)
    audit.add(conn, site_id, now, "lead.merged", survivor, user_id=by, merge=merge_id, ids=sorted((one.id, other.id)))
    return merge_id


def undo(conn: Connection, site_id: str, merge_id: str, *, by: str | None, now: datetime) -> tuple[str, str]:
    """Take one merge back. Returns the two leads that are apart now, of which it is said that they are two people.
    Raises LookupError: no such merge, it was undone, or the
    person was erased."""
    persons.lock(conn, site_id)
    found = persons.merge(conn, site_id, merge_id)
    end = leads.alone(conn, site_id, found.one) if found else None
    if found is None or found.undone_at is not None or end is None or end.erased_at is not None:
        raise LookupError(f"no merge {merge_id} to undo")
    counted.hold(conn, found.one, found.other)
    before = persons.survivors(conn, persons.connected(conn, found.one))
    persons.undo(conn, merge_id, by=by, now=now)
    apart = [_regroup(conn, end) for end in (found.one, found.other)]
    for person in apart:
        _restore_stage(conn, site_id, person, now)
    for pair in duplicates.between(conn, *apart):
        duplicates.answer(conn, pair.id, "apart", by=by, now=now)
    counted.recount(conn, site_id, [person[0] for person in apart])
    one, other = (person[0] for person in apart)
    for lead_id in (one, other):
        leads.set_columns(conn, lead_id, {"fingerprint": None})  # a version of its own again, whatever it says
        standing.refresh(conn, site_id, lead_id, now)
    _tell_moved(conn, site_id, before, now)
    audit.add(conn, site_id, now, "lead.unmerged", found.one, user_id=by, merge=merge_id, ids=sorted((one, other)))
    return one, other


def furthest(stages: Sequence[str | None]) -> str | None:
    """Where a person goes on from, whose records stood at these, the survivor's first: stages go forwards (rule 25).
    What an outcome made of one of them is found anew from its events."""
    if stages[0] is not None and stages[0] not in FUNNEL:
        return stages[0]
    return max((stage for stage in stages if stage in FUNNEL), key=FUNNEL.index, default=None)


def _regroup(conn: Connection, lead_id: str) -> list[str]:
    person = persons.connected(conn, lead_id)
    persons.set_survivor(conn, person)
    return person


def _keep_stage(conn: Connection, lead: Lead) -> None:
    """Stages go forwards by themselves and hardly back: where it stood alone is kept for when it is alone again."""
    if not lead.earlier_ids:
        leads.set_columns(conn, lead.id, {"stage_apart": lead.stage})


def _restore_stage(conn: Connection, site_id: str, person: Sequence[str], now: datetime) -> None:
    """Each goes on from the stage that it had before its first merge; what it did since is folded in by refreshing."""
    lead = leads.get(conn, site_id, person[0])
    assert lead is not None
    _put_at(conn, lead, furthest([stage_moves.apart(conn, one) for one in person]), "unmerged", now=now)


def _put_at(conn: Connection, lead: Lead, stage: str | None, code: str, *, now: datetime) -> None:
    if lead.stage == stage:
        return
    leads.set_columns(conn, lead.id, {"stage": stage})
    if stage is not None:
        move: dict[str, Any] = {"from_stage": lead.stage, "to_stage": stage, "code": code, "params": {}}
        stage_moves.add(conn, lead.id, now, move)


def _tell_moved(conn: Connection, site_id: str, before: Mapping[str, str], now: datetime) -> None:
    """Each record that stands under another one than `before` is told of: who follows `merged_into` from one id to the
    next would else end at somebody whom it was parted from. One that stands for itself again tells its own version."""
    for lead_id, under in sorted(persons.survivors(conn, before).items()):
        if under not in {lead_id, before[lead_id]}:
            _tell_gone(conn, site_id, lead_id, now)


def _tell_gone(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """Whoever has this lead hears into which it went; its own versions that are still due say so as well."""
    gone = leads.alone(conn, site_id, lead_id)
    assert gone is not None
    told: dict[str, Any] = {"version": gone.version + 1, "updated_at": now}
    leads.set_columns(conn, lead_id, told)
    ledger.queue(conn, replace(gone, **told), now)
