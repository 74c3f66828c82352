"""What staff say of a lead: a value of theirs pins the field (rule 2), and proposals are used or set aside (rule 3)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import standing
from gateway.records import TEST_MARK, Event, Fact, Lead
from gateway.store import audit, events, leads, persons, proposals, unweighed
from gateway.store.db import lock_names
from verification.addresses import canonical_email


class TakenError(Exception):
    """The address is another person's; `lead_id` says whose. They may be one person: staff can compare them."""

    def __init__(self, lead_id: str) -> None:
        super().__init__("taken")
        self.lead_id = lead_id


def write(conn: Connection, lead: Lead, said: tuple[str, str, Any], *, by: str, now: datetime) -> None:
    """Let a value stand, whatever comes in later but from staff. `said`: the field, its type (of FIELD_TYPES) and the
    cleaned value; by an address or a number the lead is found from now on. Earlier values stay among what was said
    before. It scores as the same answer in a form does: what was heard on the phone counts. Raises TakenError, and has
    then written nothing.
    """
    field, kind, value = said
    if kind in {"email", "phone"}:
        _find_by(conn, lead, kind, value, now=now)
    leads.add_fact(conn, lead.id, Fact(field, value, "staff", f"staff:{by}", now))
    known = leads.facts_of_person(conn, lead)
    proposals.settle(conn, lead.id, [fact.id for fact in known if fact.field == field and fact.value == value])
    unweighed.add(conn, lead.site_id, lead.id, now)
    events.add(conn, lead.site_id, lead.id, _answer(lead, said, by=by, now=now), now)
    standing.refresh(conn, lead.site_id, lead.id, now)
    audit.add(conn, lead.site_id, now, "lead.written", lead.id, user_id=by, field=field)


def _answer(lead: Lead, said: tuple[str, str, Any], *, by: str, now: datetime) -> Event:
    """As a form's: without text that people wrote."""
    field, kind, value = said
    compared = kind in {"choice", "choices"} or isinstance(value, bool | int | float)
    params = {"field": field, "by": by, **({"value": value} if compared else {})}
    told = hashlib.blake2b(f"{lead.id} answer {field} {now.isoformat()}".encode(), digest_size=16).hexdigest()
    return Event(id=f"staff:{told}", type="answer", at=now, name=field, source="staff", params=params)


def set_aside(conn: Connection, lead: Lead, fact_id: int, *, by: str, now: datetime) -> None:
    """A proposal waits no longer. Raises LookupError where it does not wait."""
    if not proposals.settle(conn, lead.id, [fact_id]):
        raise LookupError(f"no proposal {fact_id}")
    audit.add(conn, lead.site_id, now, "lead.set_aside", lead.id, user_id=by, fact=fact_id)


def _find_by(conn: Connection, lead: Lead, kind: str, value: str, *, now: datetime) -> None:
    mark = TEST_MARK if lead.test else ""
    kept = mark + (canonical_email(value) if kind == "email" else value)
    lock_names(conn, f"{lead.site_id}:{kept}")  # as a form that brings the same address at this moment (linking.names)
    if kind == "email":  # a number may be several people's, a mailbox may not (rule 9)
        owners = leads.found_by(conn, lead.site_id, kind, kept)
        under = persons.survivors(conn, owners)
        if other := next((under[owner] for owner in owners if under[owner] != lead.id), None):
            raise TakenError(other)
        if owners:
            return
    leads.add_identifier(conn, (lead.site_id, lead.id), kind, kept, now)
