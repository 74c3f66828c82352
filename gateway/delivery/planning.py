"""Where a lead would go now: what is known of it, asked of its site's routing. The ledger does what this says, and the
dry run shows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway.records import Destination, Lead
from gateway.routing.choosing import Routed, drawn, known_owner, route
from gateway.routing.conditions import Consented, Known, OneOf
from gateway.routing.model import Owner, Routing
from gateway.store import consents, deliveries, destinations, routes, sites, submissions


@dataclass(frozen=True)
class Plan:
    """routed: what the routing says of this lead. destinations: all of the site's, the disabled ones among them."""

    routed: Routed
    routing: Routing
    known: Known
    destinations: Sequence[Destination]

    @property
    def owner(self) -> str | None:
        """Whose the lead is already."""
        return known_owner(self.known.lead)

    @property
    def next_owner(self) -> Owner | None:
        """Who would get it, were it dealt now."""
        rule = self.routed.dealing
        return rule.owners[rule.turn % len(rule.owners)] if rule else None

    def place(self, destination_id: str) -> Destination:
        return next(one for one in self.destinations if one.id == destination_id)

    def lacks(self, destination_id: str) -> str | None:
        """The purpose for which the destination needs a consent that does not stand now (rule 27)."""
        purpose = self.place(destination_id).purpose
        return purpose if purpose and purpose not in self.known.consents else None


def plan(conn: Connection, lead: Lead, now: datetime, *, whole: bool = True) -> Plan:
    """Reads only. whole: with the lead's consents, whatever the rules ask for."""
    return planned(conn, lead, routes.of_site(conn, lead.site_id), now, whole=whole)


def planned(conn: Connection, lead: Lead, routing: Routing, now: datetime, *, whole: bool = True) -> Plan:
    """The same by a routing that was read before."""
    known, places = _known(conn, lead, routing, now=now, whole=whole), destinations.of_site(conn, lead.site_id)
    return Plan(route(known, routing, places), routing, known, places)


def hypothetical(lead: Lead, routing: Routing, places: Sequence[Destination], now: datetime) -> frozenset[str]:
    """Whom routing would choose for a lead that stands so, were it new to all of them: without caps, office hours and
    who has it. What it sent and agreed to is not known, so rules that ask for it do not hold."""
    return chosen(Known(lead, now), routing, places)


def chosen(known: Known, routing: Routing, places: Sequence[Destination]) -> frozenset[str]:
    return frozenset(choice.destination_id for choice in route(known, routing, places).choices)


def asked_of(conn: Connection, lead: Lead, routing: Routing, now: datetime, *, whole: bool = False) -> Known:
    """The lead with the forms that it sent and the consents that stand, as far as this routing asks for them."""
    forms = any(isinstance(one, OneOf) and one.what == "form" for rule in routing.rules for one in rule.when)
    agreed = whole or routing.reads(Consented) or (routing.explore_percent and drawn(lead.id, routing))
    return Known(
        lead,
        now,
        forms=frozenset(_forms(conn, lead)) if forms else frozenset(),
        consents=frozenset(_standing(conn, lead)) if agreed else frozenset(),
    )


def _known(conn: Connection, lead: Lead, routing: Routing, *, now: datetime, whole: bool) -> Known:
    timed = any(rule.hours or rule.per_day for rule in routing.rules)
    zone = ZoneInfo(sites.get(conn, lead.site_id).timezone if timed else "UTC")
    return replace(
        asked_of(conn, lead, routing, now, whole=whole),
        zone=zone,
        dealt=routes.dealt_to(conn, lead, routing.rules),
        taken=routes.taken(conn, routing.rules, now.astimezone(zone).date()),
        holders=frozenset(deliveries.reached(conn, lead.id, *lead.earlier_ids)),
    )


def _forms(conn: Connection, lead: Lead) -> Collection[str]:
    sent = submissions.of_lead(conn, lead.site_id, lead.id)
    return {one.form_key for one in sent if one.status == "accepted"}


def _standing(conn: Connection, lead: Lead) -> Collection[str]:
    return {purpose for purpose, row in consents.in_force(conn, lead.id).items() if row.state != "withdrawn"}
