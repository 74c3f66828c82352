"""How many leads some conditions hold for now: asked while a segment is being written, before anything counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.scoring.conditions import Seen, all_hold
from gateway.scoring.mail_clicks import by_people
from gateway.scoring.model import EventCondition, When
from gateway.scoring.score import in_order
from gateway.store import events, leads, leads_search
from gateway.store.db import Database
from gateway.store.leads_search import Filter, LeadLine

LOOKED_AT = 2000  # leads, while somebody waits for the page
SECONDS = 4
AT_ONCE = 100  # leads a transaction


@dataclass(frozen=True)
class Counted:
    held: int
    leads: int  # looked at, the newest first
    cut: bool  # there are more


def count(db: Database, site_id: str, when: Sequence[When], now: datetime) -> Counted:
    """Of the site's leads that the funnel holds, as each of them stands today."""
    held, looked_at, cursor, end = 0, 0, "", time.monotonic() + SECONDS
    asks = any(isinstance(one, EventCondition) for one in when)
    while True:
        with db.read() as conn:
            page = leads_search.page(conn, site_id, Filter(sort="newest"), cursor=cursor, limit=AT_ONCE)
            lines = [one for one in page.lines if one.disqualified is None]
            held += sum(all_hold(when, _seen(conn, site_id, one, now, asks=asks)) for one in lines)
        looked_at += len(page.lines)
        if page.cursor is None:
            return Counted(held, looked_at, cut=False)
        if looked_at >= LOOKED_AT or time.monotonic() > end:
            return Counted(held, looked_at, cut=True)
        cursor = page.cursor


def _seen(conn: Connection, site_id: str, line: LeadLine, now: datetime, *, asks: bool) -> Seen:
    """asks: whether any condition asks for what happened, which takes the longest to read."""
    lead = leads.get(conn, site_id, line.id)
    facts = {name: fact.value for name, fact in lead.facts.items()} if lead else {}
    past = by_people(in_order(events.of_lead(conn, site_id, line.id), now)) if asks else []
    return Seen(facts, past, now, f"{line.grade}{line.interest}", line.stage, line.score, line.contact_requested)
