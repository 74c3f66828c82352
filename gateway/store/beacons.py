"""What a browser tells in one beacon: events, and where its visit came from. Written for several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.records import Event
from gateway.store import events, touches


@dataclass(frozen=True)
class Beacon:
    """events: those that the site declared. pages: (when, `{"url", "referrer", "utm"}`) of the page views."""

    site_id: str
    visitor_id: str
    at: datetime
    events: Sequence[Event]
    pages: Sequence[tuple[datetime, Mapping[str, Any]]] = field(default=())


def keep_all(conn: Connection, batch: Sequence[Beacon]) -> list[int]:
    """Keep them as `Database.grouped` asks; how many events of each were new. A page view that tells nothing new
    leaves no touch. By visitor, so that two processes never wait for each other's rows crosswise."""
    order = sorted(range(len(batch)), key=lambda place: batch[place].visitor_id)
    kept = {place: _keep(conn, batch[place]) for place in order}
    return [kept[place] for place in range(len(batch))]


def _keep(conn: Connection, beacon: Beacon) -> int:
    new = events.add_from_browser(conn, beacon.site_id, beacon.visitor_id, beacon.events, beacon.at)
    if new:
        for at, page in beacon.pages:
            touches.note(conn, beacon.site_id, beacon.visitor_id, at, page=page)
    return new
