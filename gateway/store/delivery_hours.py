"""Deliveries that wait for a rule's office hours, or for the day of their place with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from gateway.store.deliveries import idle
from gateway.store.tables import deliveries


def hold(conn: Connection, destination_id: str, rule_id: str, *, until: datetime, now: datetime) -> None:
    """A rule's office hours are over: what it chose waits until they begin, unless it is under way."""
    waiting = (deliveries.c.destination_id == destination_id) & (deliveries.c.rule_id == rule_id)
    soon = and_(idle(deliveries, now), deliveries.c.due_at < until)
    conn.execute(update(deliveries).where(waiting, soon).values(due_at=until, not_before=until))


def waiting(conn: Connection, site_id: str, rule_id: str, now: datetime) -> list[tuple[str, str]]:
    """(delivery, lead) of those that this rule makes wait."""
    due = (deliveries.c.site_id == site_id) & (deliveries.c.status == "due")
    ours = and_(due, deliveries.c.rule_id == rule_id, deliveries.c.not_before > now)
    return [(row.id, row.lead_id) for row in conn.execute(select(deliveries.c.id, deliveries.c.lead_id).where(ours))]


def put_off(conn: Connection, delivery_id: str, until: datetime) -> None:
    """It waits until then, and no longer."""
    conn.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(due_at=until, not_before=until))
