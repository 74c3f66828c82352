"""Lists of deliveries with their attempts, for the console, the API and the lead's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, exists, func, select

from gateway.store import keyset, leads_search, persons
from gateway.store.deliveries import ERASED, PASSED, Attempt
from gateway.store.destinations import there
from gateway.store.keyset import Order
from gateway.store.tables import attempts, deliveries, destinations

_NEWEST = Order(deliveries.c.created_at, datetime, deliveries.c.id)


@dataclass(frozen=True)
class DeliveryLine:
    id: str
    lead_id: str
    destination_id: str
    destination: str  # its name
    version: int
    type: str
    status: str
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    tries: int
    reason: str | None
    payload: str | None
    chosen: str | None = None
    rule_position: int | None = None
    rule_title: str | None = None
    attempts: Sequence[Attempt] = ()

    @property
    def why(self) -> dict[str, Any] | None:
        """Why the destination gets the lead: a code, and the place and title of the rule that chose it."""
        if self.chosen is None:
            return None
        rule = {"position": self.rule_position, "title": self.rule_title} if self.rule_position else None
        return {"code": self.chosen, "rule": rule}


@dataclass(frozen=True)
class Filter:
    """Which deliveries; empty means all. who: words of a lead's name, address, number or company, as staff search
    leads. since, until: when they were made, from and before."""

    status: str = ""
    destination_id: str = ""
    reason: str = ""
    lead_id: str = ""
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None


ALL = Filter()


@dataclass(frozen=True)
class DeliveryPage:
    lines: Sequence[DeliveryLine]
    cursor: str | None


def page(conn: Connection, site_id: str, wanted: Filter = ALL, *, cursor: str = "", limit: int = 25) -> DeliveryPage:
    """The newest first. Raises keyset.CursorError."""
    query = _select().where(*conditions(site_id, wanted))
    shown, following = keyset.page(conn, query, _NEWEST, cursor=cursor, limit=limit)
    return DeliveryPage([_line(row) for row in shown], following)


def conditions(site_id: str, wanted: Filter) -> list[ColumnElement[bool]]:
    """What a delivery of this site must be like to be among them."""
    given: dict[Column[Any], str] = {
        deliveries.c.status: wanted.status,
        deliveries.c.destination_id: wanted.destination_id,
        deliveries.c.reason: wanted.reason,
        deliveries.c.lead_id: wanted.lead_id,
    }
    # SQLite has no statistics, and would go through the site's for the few of one lead.
    site = func.coalesce(deliveries.c.site_id, "") if wanted.lead_id else deliveries.c.site_id
    found = [site == site_id, *(column == value for column, value in given.items() if value)]
    if wanted.since:
        found.append(deliveries.c.created_at >= wanted.since)
    if wanted.until:
        found.append(deliveries.c.created_at < wanted.until)
    if words := wanted.who.split():
        found.append(deliveries.c.lead_id.in_(leads_search.records_found(site_id, " ".join(words))))
    return found


def erasures_left(conn: Connection, site_id: str) -> list[DeliveryLine]:
    """Parked ones that should have told of an erasure, the oldest first: somebody is still known there."""
    left = (deliveries.c.site_id == site_id) & (deliveries.c.status == "parked") & (deliveries.c.type == ERASED)
    rows = conn.execute(_select().where(left, there()).order_by(deliveries.c.created_at, deliveries.c.id))
    return [_line(row) for row in rows]


def reasons(conn: Connection, site_id: str) -> dict[str, int]:
    """Why this site's parked ones were parked, and how many each; those of removed destinations left out."""
    parked = (deliveries.c.site_id == site_id) & (deliveries.c.status == "parked") & deliveries.c.reason.is_not(None)
    query = select(deliveries.c.reason, func.count()).join(destinations).where(parked, there())
    return {row[0]: row[1] for row in conn.execute(query.group_by(deliveries.c.reason).order_by(func.count().desc()))}


def parked(
    conn: Connection, site_id: str, wanted: Filter, ids: Sequence[str] | None, *, limit: int
) -> list[DeliveryLine]:
    """Those of the filter (or of these ids) that may be owed anew, the longest parked first: at a destination that is
    there, with no newer version due or delivered."""
    query = _select().where(*_may_be_owed(site_id, wanted))
    if ids is not None:
        query = query.where(deliveries.c.id.in_(ids))
    rows = conn.execute(query.order_by(deliveries.c.finished_at, deliveries.c.id).limit(limit))
    return [_line(row) for row in rows]


def count_parked(conn: Connection, site_id: str, wanted: Filter) -> int:
    """How many `parked` would give without a limit."""
    query = select(func.count()).select_from(deliveries).join(destinations).where(*_may_be_owed(site_id, wanted))
    return conn.execute(query).scalar_one()


def _may_be_owed(site_id: str, wanted: Filter) -> list[ColumnElement[bool]]:
    """Of a lead's versions at one destination the newest alone: the others would give way to it."""
    newer = deliveries.alias()
    later = exists().where(
        newer.c.lead_id == deliveries.c.lead_id,
        newer.c.destination_id == deliveries.c.destination_id,
        newer.c.version > deliveries.c.version,
        newer.c.status == "parked",
    )
    there = destinations.c.status != "disabled"
    return [*conditions(site_id, wanted), deliveries.c.status == "parked", there, ~PASSED, ~later]


def get(conn: Connection, site_id: str, delivery_id: str) -> DeliveryLine | None:
    """One delivery with every attempt, oldest first."""
    row = conn.execute(_select().where(deliveries.c.site_id == site_id, deliveries.c.id == delivery_id)).first()
    return _line(row, _attempts(conn, [row.id]).get(row.id, [])) if row else None


def of_lead(conn: Connection, site_id: str, lead_id: str) -> list[DeliveryLine]:
    """All of a lead's, oldest first, with their attempts."""
    query = _select().where(deliveries.c.lead_id.in_(persons.members(lead_id, site_id)))
    rows = conn.execute(query.order_by(deliveries.c.created_at, deliveries.c.id)).all()
    tried = _attempts(conn, [row.id for row in rows])
    return [_line(row, tried.get(row.id, [])) for row in rows]


def counts(conn: Connection, site_id: str) -> dict[str, dict[str, int]]:
    """Destination id → status → number."""
    places = select(destinations.c.id).where(
        destinations.c.site_id == site_id
    )  # by their index, which holds the status
    query = select(deliveries.c.destination_id, deliveries.c.status, func.count()).where(
        deliveries.c.destination_id.in_(places)
    )
    found: dict[str, dict[str, int]] = {}
    for destination_id, status, number in conn.execute(
        query.group_by(deliveries.c.destination_id, deliveries.c.status)
    ):
        found.setdefault(destination_id, {})[status] = number
    return found


def _select() -> Select[Any]:
    named = select(deliveries, destinations.c.name.label("destination"))
    return named.join(destinations, destinations.c.id == deliveries.c.destination_id)


def _attempts(conn: Connection, ids: Sequence[str]) -> dict[str, list[Attempt]]:
    query = select(attempts).where(attempts.c.delivery_id.in_(ids)).order_by(attempts.c.id)
    found: dict[str, list[Attempt]] = {}
    for row in conn.execute(query):
        line = Attempt(row.at, row.ms, row.http_status, row.error, row.reply)
        found.setdefault(row.delivery_id, []).append(line)
    return found


def _line(row: Any, tried: Sequence[Attempt] = ()) -> DeliveryLine:
    return DeliveryLine(
        id=row.id,
        lead_id=row.lead_id,
        destination_id=row.destination_id,
        destination=row.destination,
        version=row.version,
        type=row.type,
        status=row.status,
        created_at=row.created_at,
        due_at=row.due_at,
        finished_at=row.finished_at,
        tries=row.tries,
        reason=row.reason,
        payload=row.payload,
        chosen=row.chosen,
        rule_position=row.rule_position,
        rule_title=row.rule_title,
        attempts=tried,
    )
