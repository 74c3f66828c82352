"""Two leads that are one person: merged, and apart again (rules 2, 9).

Nothing is moved (gateway/store/persons.py), so undoing restores both sides exactly, whatever came meanwhile: it came
to one of the two. The person keeps the older lead's id; the other ids lead to it. Only staff merge: what strong
evidence merges by itself is not decided here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import standing
from gateway.delivery import ledger
from gateway.records import Lead
from gateway.store import audit, leads, persons


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
    for lead_id in sorted(ids):
        leads.alone(conn, site_id, lead_id, lock=True)
    one, other = (leads.get(conn, site_id, lead_id) for lead_id in ids)
    check(one, other)
    assert one is not None and other is not None
    for lead in (one, other):
        _keep_stage(conn, lead)
    merge_id = persons.add_merge(conn, site_id, one.id, other.id, by=by, now=now)
    survivor, *_ = _regroup(conn, one.id)
    _tell_gone(conn, site_id, one.id if survivor == other.id else other.id, now)
    standing.refresh(conn, site_id, survivor, now)
    audit.add(conn, site_id, now, "lead.merged", survivor, user_id=by, merge=merge_id, ids=sorted((one.id, other.id)))
    return merge_id


def undo(conn: Connection, site_id: str, merge_id: str, *, by: str | None, now: datetime) -> tuple[str, str]:
    """Take one merge back. Returns the two leads that are apart now; the same twice where another merge still connects
    them. Raises LookupError: no such merge, or it was undone."""
    found = persons.merge(conn, site_id, merge_id)
    if found is None or found.undone_at is not None:
        raise LookupError(f"no merge {merge_id} to undo")
    persons.undo(conn, merge_id, by=by, now=now)
    apart = {_regroup(conn, end)[0]: end for end in (found.one, found.other)}
    for lead_id in apart:
        _restore_stage(conn, site_id, lead_id, now)
        leads.set_columns(conn, lead_id, {"fingerprint": None})  # a version of its own again, whatever it says
        standing.refresh(conn, site_id, lead_id, now)
    audit.add(conn, site_id, now, "lead.unmerged", found.one, user_id=by, merge=merge_id, ids=sorted(apart))
    one, other = (persons.survivors(conn, [end])[end] for end in (found.one, found.other))
    return one, other


def _regroup(conn: Connection, lead_id: str) -> list[str]:
    person = persons.connected(conn, lead_id)
    persons.set_survivor(conn, person)
    return person


def _keep_stage(conn: Connection, lead: Lead) -> None:
    """Stages go forwards by themselves and hardly back: where it stood alone is kept for when it is alone again."""
    if not lead.earlier_ids:
        leads.set_columns(conn, lead.id, {"stage_apart": lead.stage})


def _restore_stage(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """Each goes on from the stage that it had before its first merge; what it did since is folded in by refreshing."""
    lead, own = leads.get(conn, site_id, lead_id), leads.stage_apart(conn, lead_id)
    if lead is None or lead.stage == own:
        return
    leads.set_columns(conn, lead_id, {"stage": own})
    if own is not None:
        move: dict[str, Any] = {"from_stage": lead.stage, "to_stage": own, "code": "unmerged", "params": {}}
        leads.add_stage_move(conn, lead_id, now, move)


def _tell_gone(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """Whoever has this lead hears into which it went; its own versions that are still due say so as well."""
    gone = leads.alone(conn, site_id, lead_id)
    assert gone is not None
    leads.set_columns(conn, lead_id, {"version": gone.version + 1, "updated_at": now})
    told = leads.alone(conn, site_id, lead_id)
    assert told is not None
    ledger.queue(conn, told, now)
