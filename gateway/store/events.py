"""Events: what leads and visitors did. One id counts once a site; an event belongs to the lead linked at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from gateway.records import Event
from gateway.store import visitors
from gateway.store.conflicts import insert_if_absent
from gateway.store.tables import events

BEFORE_LINK = timedelta(days=30)  # rule 6: how far back a visitor's events go to the lead that it created


def add(conn: Connection, site_id: str, lead_id: str | None, event: Event, now: datetime) -> bool:  # noqa: PLR0917
    """Keep an event; false when its id was here before."""
    values = {
        "site_id": site_id,
        "id": event.id,
        "lead_id": lead_id,
        "visitor_id": event.visitor_id,
        "type": event.type,
        "name": event.name,
        "url": event.url,
        "at": min(event.at, now),  # a clock that runs ahead does not score tomorrow
        "received_at": now,
        "source": event.source,
        "human": event.human,
        "params": dict(event.params),
    }
    return insert_if_absent(conn, events, values)


def add_from_browser(conn: Connection, site_id: str, visitor_id: str, found: Sequence[Event], now: datetime) -> set[str]:  # noqa: PLR0917
    """Keep a visitor's events for the lead that it is linked to now, if any (rule 6); returns the leads touched."""
    visitors.ensure(conn, site_id, visitor_id, now)
    lead_id = visitors.lead_of(conn, site_id, visitor_id)
    new = [add(conn, site_id, lead_id, event, now) for event in found]
    return {lead_id} if lead_id and any(new) else set()


def of_lead(conn: Connection, site_id: str, lead_id: str) -> list[Event]:
    """The lead's events in time order (ties by id)."""
    query = select(events).where(events.c.site_id == site_id, events.c.lead_id == lead_id)
    return [_event(row) for row in conn.execute(query.order_by(events.c.at, events.c.id))]


def give_to_lead(conn: Connection, site_id: str, visitor_ids: Sequence[str], lead_id: str, now: datetime) -> int:  # noqa: PLR0917
    """Rule 6: what this browser did in the 30 days before goes to the lead that its submission created."""
    mine = (
        (events.c.site_id == site_id)
        & events.c.visitor_id.in_(visitor_ids)
        & events.c.lead_id.is_(None)
        & (events.c.at >= now - BEFORE_LINK)
    )
    return conn.execute(update(events).where(mine).values(lead_id=lead_id)).rowcount


def _event(row: Row[Any]) -> Event:
    return Event(
        row.id, row.type, row.at, row.name, row.url, row.source, row.human, row.params, row.visitor_id
    )
