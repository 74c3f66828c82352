"""Which destination is owed which version of a lead (rules 26, 30, 31): routing is asked, and what it says is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway.delivery import planning
from gateway.delivery.planning import Plan
from gateway.ids import new_id
from gateway.records import Delivery, Fact, Lead
from gateway.routing.choosing import OWNER, TURN, Choice, Routed
from gateway.routing.hours import midnight
from gateway.routing.model import Rule
from gateway.store import deliveries, delivery_hours, imports, leads, routes, sites
from gateway.store.db import lock_names


def queue(conn: Connection, lead: Lead, now: datetime, *, quiet: bool = False) -> list[str]:
    """Owe this version of the lead to whom routing chooses and to whoever has the lead, or one merged into it,
    already (rule 31). Returns the new deliveries' ids; a version is owed once. Test leads are owed to nobody
    (rule 38). quiet: a list brought this version, so it is owed only to who has the lead; a lead that a list began
    stays so until something newer comes, else a CRM's own contacts would go back to it."""
    if lead.test:
        return []
    lock_names(conn, f"deliveries:{lead.id}")
    held = quiet or (lead.waits and not imports.something_newer(conn, lead.site_id, lead.id))
    planned = _plan(conn, lead, now, counting=not held)
    choices = planned.routed.choices
    if held:
        owed = deliveries.owed(conn, lead.id, *lead.earlier_ids)
        choices = tuple(one for one in choices if one.code == "has_it" or one.destination_id in owed)
    made = [delivery for one in choices if (delivery := _owe(conn, lead, one, now))]
    for delivery in made:
        deliveries.supersede_older(conn, delivery, now)
    targets = {one.destination_id for one in choices}
    deliveries.supersede_unrouted(conn, lead.id, lead.version, targets=targets, now=now)
    for place in planned.destinations:
        if place.status == "disabled" and place.id in planned.known.holders:
            _park(conn, lead, place.id, now)
    if not held:
        _deal(conn, lead, planned.routed, now)
        routes.note_held(conn, planned.routed.held, now)
    return [delivery.id for delivery in made]


def replan(conn: Connection, site_id: str, rule: Rule, now: datetime) -> None:
    """A rule has other office hours now: what waits for it goes when these begin, on the day whose place it has."""
    zone = ZoneInfo(sites.get(conn, site_id).timezone)
    for delivery_id, lead_id in delivery_hours.waiting(conn, site_id, rule.id, now):
        lead = leads.get(conn, site_id, lead_id)
        day = routes.dealt_to(conn, lead, [rule]).get(rule.id) if lead else None
        at = max(now, midnight(day, zone)) if day else now
        delivery_hours.put_off(conn, delivery_id, rule.hours.opening(at, zone) if rule.hours else at)


def keep_hours(conn: Connection, destination_id: str, now: datetime) -> None:
    """What was due within a rule's office hours and did not go out in time waits for the next ones."""
    zone, rules = routes.with_hours(conn, destination_id)
    for rule in rules:
        opening = rule.hours.opening(now, ZoneInfo(zone)) if rule.hours else now
        if opening > now:
            delivery_hours.hold(conn, destination_id, rule.id, until=opening, now=now)


def _plan(conn: Connection, lead: Lead, now: datetime, *, counting: bool) -> Plan:
    """counting: places and turns are dealt by this plan, so nobody else may deal of the site's until it is done."""
    routing = routes.of_site(conn, lead.site_id)
    if counting and routing.counts:
        routes.hold(conn, lead.site_id)
    return planning.planned(conn, lead, routing, now, whole=False)


def _deal(conn: Connection, lead: Lead, routed: Routed, now: datetime) -> None:
    """The places that the lead takes, and its owner, kept as a fact with where it came from."""
    for choice in routed.choices:
        if choice.rule and choice.day:
            routes.deal(conn, choice.rule, lead.id, choice.day)
    if routed.dealing:
        owner = routes.next_owner(conn, routed.dealing)
        leads.add_fact(conn, lead.id, Fact(OWNER, owner.known_as, "import", f"{TURN}{routed.dealing.id}", now))


def _park(conn: Connection, lead: Lead, destination_id: str, now: datetime) -> None:
    """A disabled destination has this lead: what it ought to hear, such as its erasure, waits for staff."""
    owed = _duty(conn, lead, Choice(destination_id, "has_it"), now)
    parked = replace(owed, status="parked", reason="destination_disabled", finished_at=now)
    if deliveries.add(conn, parked):
        deliveries.supersede_parked(conn, parked, now)


def _owe(conn: Connection, lead: Lead, choice: Choice, now: datetime) -> Delivery | None:
    """The new duty, or None where this version is owed already."""
    delivery = _duty(conn, lead, choice, now)
    return delivery if deliveries.add(conn, delivery) else None


def _duty(conn: Connection, lead: Lead, choice: Choice, now: datetime) -> Delivery:
    """As yet of no row. Its type is decided again when it is sent."""
    return Delivery(
        id=new_id("dlv", now),
        site_id=lead.site_id,
        lead_id=lead.id,
        destination_id=choice.destination_id,
        version=lead.version,
        type=_type(conn, lead, choice.destination_id),
        status="due",
        due_at=choice.not_before or now,
        created_at=now,
        chosen=choice.code,
        rule_id=choice.rule.id if choice.rule else None,
        rule_position=choice.rule.position if choice.rule else None,
        rule_title=choice.rule.title if choice.rule else None,
        not_before=choice.not_before,
    )


def _type(conn: Connection, lead: Lead, destination_id: str) -> str:
    if lead.erased_at is not None:
        return "lead.erased"
    if lead.merged_into is not None:
        return "lead.merged"
    return "lead.updated" if deliveries.has_received(conn, lead.id, destination_id) else "lead.qualified"
