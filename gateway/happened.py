"""What other systems and staff say of leads: kept once, with all that it changes, and scored at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import standing
from gateway.records import Event
from gateway.store import consents, events, leads, persons
from gateway.store.consents import ConsentRow

# Rule 27: these take the purposes' consents back until a confirmed new one.
WITHDRAWS = ("unsubscribed", "bounced", "complained")
WRITES = ("marketing", "contact")  # the purposes for which somebody is written to; keeping what they said is another


@dataclass(frozen=True)
class Sent:
    """One event as it was sent: for which lead, and what."""

    lead_id: str
    event: Event


def keep(conn: Connection, site_id: str, sent: Sequence[Sent], now: datetime) -> int:
    """Store what is new, and what it changes; returns how many are. All people are held at the start and events come
    in the order of ids, so that two calls, or a call and a merge, never wait for each other."""
    persons.hold(conn, *(one.lead_id for one in sent))
    ordered = sorted(sent, key=lambda one: (one.event.id, one.lead_id))
    new = [one for one in ordered if events.add(conn, site_id, one.lead_id, one.event, now)]
    for one in new:
        if one.event.type == "contact_request":
            leads.set_columns(conn, one.lead_id, {"contact_requested": True})
        record_outcome(conn, site_id, one.lead_id, one.event)
    for lead_id in sorted({one.lead_id for one in new}):
        standing.refresh(conn, site_id, lead_id, now)
    return len(new)


def record_outcome(conn: Connection, site_id: str, lead_id: str, event: Event) -> None:
    """What an outcome changes beside the event: flags, and consents that are taken back (rule 27)."""
    if event.type in {"won", "customer"}:
        leads.set_columns(conn, lead_id, {"customer": True})
    if event.type in WITHDRAWS:
        purpose = event.params.get("purpose")
        purposes = (str(purpose),) if purpose in WRITES else WRITES
        consents.withdraw_all(conn, site_id, lead_id, reason=event.type, at=event.at, purposes=purposes)
        refuse_unasked(conn, site_id, lead_id, purposes[0], reason=event.type, at=event.at)


def refuse_unasked(
    conn: Connection,
    site_id: str,
    lead_id: str,
    purpose: str,
    *,
    reason: str,
    at: datetime,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Who never gave the consent has refused it all the same: a tick over a typed address must not bring it back.
    evidence: of the request that says so."""
    if purpose not in consents.in_force(conn, lead_id):
        refusal = ConsentRow(
            purpose=purpose,
            legal_basis="consent",
            text="",
            lang="",
            state="withdrawn",
            at=at,
            lead_id=lead_id,
            evidence={"reason": reason, **(evidence or {})},
        )
        consents.add(conn, site_id, refusal)
