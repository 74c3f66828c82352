"""A test message: a made-up lead, marked as a test, sent once and written into no ledger."""

from __future__ import annotations

from datetime import datetime

from gateway.delivery import payload
from gateway.delivery.outgoing import DeliveryError
from gateway.delivery.sending import attempt, lane_of
from gateway.ids import new_id
from gateway.parts import Parts
from gateway.records import Delivery, Destination, Fact, Lead, Site
from gateway.store.deliveries import Attempt
from gateway.store.verdicts import VerdictRow

VALUES = {"email": "sara@example.ir", "first_name": "سارا", "last_name": "نمونه", "phone": "+989120000000"}


def try_out(parts: Parts, destination: Destination, site: Site) -> tuple[Attempt, DeliveryError | None]:
    """Send a made-up `lead.qualified` with `"test": true` to this destination (opened with the key); what came back,
    and what went wrong. A paused destination is tried as well."""
    now = parts.clock()
    lead_id, delivery_id = new_id("lead", now), new_id("dlv", now)
    delivery = Delivery(
        id=delivery_id,
        site_id=destination.site_id,
        lead_id=lead_id,
        destination_id=destination.id,
        version=1,
        type="lead.qualified",
        status="due",
        due_at=now,
        created_at=now,
    )
    body = payload.build(delivery, payload.LeadStory(_lead(lead_id, destination.site_id, now), site.key, _verdict(now)))
    lane = lane_of(destination, site)
    tried = attempt(lane, lane.outgoing(delivery_id, body, now), parts)
    return tried.attempt, tried.failure


def _lead(lead_id: str, site_id: str, now: datetime) -> Lead:
    facts = {name: Fact(name, value, "typed", "test", now) for name, value in VALUES.items()}
    return Lead(lead_id, site_id, now, now, test=True, stage="SQL", grade="A", interest=1, score=80, facts=facts)


def _verdict(now: datetime) -> VerdictRow:
    return VerdictRow("sub_test", now, "accept", 0, [], None)
