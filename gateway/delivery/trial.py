"""A test message: a made-up lead, marked as a test, sent once and written into no ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.delivery import payload
from gateway.delivery.attempting import attempt, lane_of
from gateway.delivery.outgoing import DeliveryError, Kind, Outgoing
from gateway.ids import new_id
from gateway.parts import Parts
from gateway.records import Delivery, Destination, Fact, Lead, Site
from gateway.store import leads, leads_search
from gateway.store.deliveries import Attempt
from gateway.store.leads_search import Filter
from gateway.store.verdicts import VerdictRow

# Facts that most kinds map, so that a test finds a property that is not there.
VALUES = {
    "email": "sara@example.ir", "first_name": "سارا", "last_name": "نمونه", "phone": "+989120000000",
    "company": "نمونه", "job_title": "نمونه", "website": "https://example.ir", "city": "تهران", "country": "Iran",
    "message": "این سرنخ آزمایشی است. This lead is a test.",
}  # fmt: skip


def try_out(parts: Parts, destination: Destination, site: Site) -> tuple[Attempt, DeliveryError | None]:
    """Send a made-up `lead.qualified` with `"test": true` to this destination (opened with the key); what came back,
    and what went wrong. A paused destination is tried as well."""
    now = parts.clock()
    delivery, body = _made_up(site, destination.id, now)
    lane = lane_of(destination, site)
    tried = attempt(lane, lane.outgoing(delivery.id, body, now), parts)
    return tried.attempt, tried.failure


def preview(parts: Parts, kind: Kind[Any], stored: Mapping[str, Any], site: Site) -> tuple[bool, str]:
    """Whether it is about a real lead, and what would be sent with these settings: of the site's newest lead, or of a
    made-up one. Nothing leaves the house."""
    now = parts.clock()
    delivery, body = _made_up(site, "dst_preview", now)
    with parts.db.read() as conn:
        newest = leads_search.page(conn, site.id, Filter(), limit=1).lines
        lead = leads.get(conn, site.id, newest[0].id) if newest else None
        if lead is not None:
            delivery = replace(delivery, lead_id=lead.id, version=lead.version)
            body = payload.build(delivery, payload.tell(conn, lead, ()))
    assert kind.preview is not None
    outgoing = Outgoing(delivery.id, body, now, kind.mapped(stored), site=site.key)
    return lead is not None, kind.preview(outgoing, kind.opened(stored), parts.config.base_url)


def _made_up(site: Site, destination_id: str, now: datetime) -> tuple[Delivery, str]:
    """A first delivery of a lead that is none, and its body."""
    lead_id = new_id("lead", now)
    delivery = Delivery(
        id=new_id("dlv", now),
        site_id=site.id,
        lead_id=lead_id,
        destination_id=destination_id,
        version=1,
        type="lead.qualified",
        status="due",
        due_at=now,
        created_at=now,
    )
    story = payload.LeadStory(_lead(lead_id, site.id, now), site.key, _verdict(now))
    return delivery, payload.build(delivery, story)


def _lead(lead_id: str, site_id: str, now: datetime) -> Lead:
    facts = {name: Fact(name, value, "typed", "test", now) for name, value in VALUES.items()}
    return Lead(lead_id, site_id, now, now, test=True, stage="SQL", grade="A", interest=1, score=80, facts=facts)


def _verdict(now: datetime) -> VerdictRow:
    return VerdictRow("sub_test", now, "accept", 0, [], None)
