"""What a row brings to a lead that is there: it fills what is empty, outdoes what is weaker, and proposes the rest
(rule 3). What the same source said before under the same id, it may say anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from gateway import standing
from gateway.importing.beginning import Listed, consent, known_at
from gateway.importing.rows import Row, Said
from gateway.importing.whose import identifiers
from gateway.merging import furthest
from gateway.records import Fact, Lead
from gateway.store import consents, imports, leads, stage_moves, unweighed
from gateway.store.consents import ConsentRow
from gateway.store.imports import Done, FoundBy
from verification.addresses import canonical_email
from verification.identity import decide_write, stronger

BY_ID = ("id", "crm")  # outcomes by which a row is known to be the very one that its source told of before
ELSEWHERE = "elsewhere"  # note: its e-mail or CRM id is another lead's


@dataclass(frozen=True)
class Joined:
    """A row and the lead that it came to: that very record, merged or not."""

    row: Row
    outcome: FoundBy
    lead: Lead


def join(conn: Connection, listed: Listed, joined: Joined, now: datetime) -> Done:
    """Write what is new; what was there before stands in the result, so that it can be taken back."""
    row, lead = joined.row, joined.lead
    taken, before = _add_identifiers(conn, joined, now)
    wrote, outdone = _write_facts(conn, listed, joined, taken, now=now)
    before |= ({"facts": outdone} if outdone else {}) | _set_columns(conn, joined, now)
    receipts = _keep_consents(conn, listed, joined, now)
    changed = bool(wrote or before or receipts)
    if changed:
        unweighed.add(conn, lead.site_id, lead.id, now)
        standing.refresh(conn, lead.site_id, lead.id, now, tell="holders")
    notes = [*row.notes, *([ELSEWHERE] if taken else [])]
    return Done(row.number, joined.outcome, now, lead.id, changed, notes, before)


def _add_identifiers(conn: Connection, joined: Joined, now: datetime) -> tuple[set[str], dict[str, Any]]:
    """Let the lead be found by all that the row gives. Returns the values that are another lead's, and what was added.
    A phone may be several leads' (rule 9)."""
    lead, taken, added = joined.lead, set[str](), []
    for kind, value in identifiers(joined.row):
        owners = leads.found_by(conn, lead.site_id, kind, value)
        if lead.id in owners:
            continue
        if owners and kind != "phone":
            taken.add(kind)
        elif leads.add_identifier(conn, (lead.site_id, lead.id), kind, value, now):
            added.append(kind)
    return taken, {"identifiers": added} if added else {}


def _write_facts(
    conn: Connection, listed: Listed, joined: Joined, taken: set[str], *, now: datetime
) -> tuple[int, dict[str, int]]:
    """Returns how many were written, proposals among them, and of those that outdid another value its row. What staff
    saw of an import already is not offered again."""
    every = leads.all_facts(conn, joined.lead.id)
    current = {fact.field: fact for fact in every if fact.state == "current"}
    offered = {(fact.field, repr(fact.value)) for fact in every if fact.state != "current" and _listed(fact)}
    same_source = _of_same_source(conn, listed, joined, current)
    written, outdone = 0, {}
    for name, value in joined.row.facts.items():
        said = Fact(name, value, "import", listed.found.origin, known_at(joined.row, now))
        state = _state(current.get(name), said, renews=name in same_source)
        if "email" in taken and canonical_email(str(value)) == joined.row.email:
            state = "proposed"
        if state is None or (state == "proposed" and (name, repr(value)) in offered):
            continue
        leads.add_fact(conn, joined.lead.id, replace(said, state=state))
        written += 1
        if state == "current" and name in current:
            outdone[name] = current[name].id
    return written, outdone


def _listed(fact: Fact) -> bool:
    return fact.origin.startswith(imports.ORIGIN)


def _of_same_source(conn: Connection, listed: Listed, joined: Joined, current: Mapping[str, Fact]) -> set[str]:
    """Fields that an earlier import of this source wrote, of a lead that the source's own id names."""
    if joined.outcome not in BY_ID:
        return set()
    sources = imports.sources(conn, joined.lead.site_id, {fact.origin for fact in current.values()})
    return {name for name, fact in current.items() if sources.get(fact.origin) == listed.found.source}


def _state(current: Fact | None, said: Fact, *, renews: bool) -> Literal["current", "proposed"] | None:
    """None: it says nothing new, or is older than what its source said since."""
    if current is None:
        return "current"
    if renews and said.at < current.at:
        return None
    decision = decide_write(current.strength, said.strength, renews, current.value == said.value)
    if decision == "same":
        return "current" if stronger(said.strength, current.strength) != current.strength else None
    return "proposed" if decision == "propose" else "current"


def _set_columns(conn: Connection, joined: Joined, now: datetime) -> dict[str, Any]:
    """Owner, customer and stage; returns what they were. A known owner stays, a stage never falls."""
    row, lead = joined.row, joined.lead
    person = leads.get(conn, lead.site_id, lead.id)
    assert person is not None
    columns: dict[str, Any] = {}
    if row.owner and not person.owner:
        columns["owner"] = row.owner
    if (row.customer or row.stage == "customer") and not person.customer:
        columns["customer"] = True
    if row.stage and row.stage != "customer" and (stage := furthest((lead.stage, row.stage))) != lead.stage:
        columns["stage"] = stage
        move: dict[str, Any] = {"from_stage": lead.stage, "to_stage": stage, "code": "imported", "params": {}}
        stage_moves.add(conn, lead.id, now, move)
    if columns:
        leads.set_columns(conn, lead.id, columns)
    return {name: [getattr(lead, name), value] for name, value in columns.items()}


def _keep_consents(conn: Connection, listed: Listed, joined: Joined, now: datetime) -> int:
    """Receipts of what is new. A claim adds nothing to one in force, and lifts no withdrawal (rule 27)."""
    kept, force = 0, consents.in_force(conn, joined.lead.id)
    for said in joined.row.consents:
        if _says_more(said, force.get(said.purpose)):
            consents.add(conn, joined.lead.site_id, consent(listed, joined.lead.id, joined.row, said, now=now))
            kept += 1
    return kept


def _says_more(said: Said, force: ConsentRow | None) -> bool:
    if force is None:
        return True
    if said.given or force.state == "withdrawn":
        return False
    return said.at is None or said.at > force.at
