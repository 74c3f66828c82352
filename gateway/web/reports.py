"""What other systems report of leads, read off a message's body: the same by API and at a destination's own address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.happened import WITHDRAWS, WRITES
from gateway.reported import OUTCOMES, REASONS, Named
from gateway.web.api_door import Problem
from gateway.web.api_members import at, one_of

MAX_RECORD = 200  # characters, as crm_records keeps them
MAX_EMAIL = 320
TYPES = ("outcome", "erasure")


@dataclass(frozen=True)
class Message:
    """A message as it was sent. what: an outcome, or `erasure`. at: when it happened."""

    what: str
    who: Named
    at: datetime
    received: datetime
    reason: str
    purpose: str


def read(row: Mapping[str, Any], destination_id: str, now: datetime) -> Message:
    """The message. destination_id: whose records `record` names. Raises Problem."""
    erasure = one_of(row, "type", TYPES) == "erasure"
    outcome = "" if erasure else one_of(row, "outcome", OUTCOMES)
    if not (erasure or outcome):
        raise Problem(422, "outcome: unknown", allowed=list(OUTCOMES))
    who = Named(
        _name(row, "lead", 60), _name(row, "record", MAX_RECORD), destination_id, _name(row, "email", MAX_EMAIL)
    )
    if not (who.lead or who.record or who.email):
        raise Problem(422, "lead: name one by lead, record or email")
    reason = one_of(row, "reason", REASONS)
    if reason and outcome != "bad":
        raise Problem(422, "reason: of the outcome bad alone")
    purpose = one_of(row, "purpose", WRITES)
    if purpose and outcome not in WITHDRAWS:
        raise Problem(422, f"purpose: of {', '.join(WITHDRAWS)} alone")
    return Message("erasure" if erasure else outcome, who, at(row, "", now), now, reason, purpose)


def _name(row: Mapping[str, Any], name: str, longest: int) -> str:
    """By whom somebody is meant; empty where it is missing. Many systems' ids are numbers."""
    found = row.get(name)
    if found is None:
        return ""
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or len(found) > longest:
        raise Problem(422, f"{name}: a text of at most {longest} characters")
    return found.strip()
