"""Leads of which sales said what became of them, many and quickly: rows as the pipeline leaves them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from math import exp, log
from typing import Any

from sqlalchemy import Connection

from gateway.records import Event
from gateway.scoring.event_types import SENDERS
from gateway.store import destinations, events, leads
from gateway.store.tables import deliveries
from gateway.store.tables import events as events_table

STEP = log(2) / 10
Telling = Mapping[str, tuple[float, float]]  # event type, with its level → how many do it, what it is worth in points


def destination(conn: Connection, site_id: str, now: datetime) -> str:
    new = destinations.NewDestination(site_id, "webhook", "CRM", {"url": "https://crm.example/"})
    return destinations.add(conn, "secret", new, now).id


def person(conn: Connection, site_id: str, at: datetime, did: Sequence[Event], *, handed: str | None = None) -> str:
    """A lead with these events, handed over to this destination at that moment."""
    lead_id = leads.create(conn, site_id, at)
    for one in did:
        events.add(conn, site_id, lead_id, one, at + timedelta(days=3650))
    if handed:
        hand_over(conn, site_id, lead_id, handed, at)
    return lead_id


def hand_over(
    conn: Connection, site_id: str, lead_id: str, destination_id: str, at: datetime, *, chosen: str = "all"
) -> None:
    row = {"id": f"dlv_{lead_id}", "site_id": site_id, "lead_id": lead_id, "destination_id": destination_id}
    more = {"version": 1, "type": "lead.qualified", "status": "delivered", "created_at": at, "due_at": at, "tries": 1}
    more["chosen"] = chosen
    conn.execute(deliveries.insert().values(**row, **more))


def told(conn: Connection, site_id: str, lead_id: str, outcome: str, at: datetime) -> None:
    event = Event(f"{lead_id}:{outcome}:{at:%d%H%M}", outcome, at, source="crm")
    events.add(conn, site_id, lead_id, event, at)


def many(
    conn: Connection, site_id: str, now: datetime, telling: Telling, *, count: int, base: float = 0.0, seed: int = 1
) -> list[str]:
    """`count` leads of the last days, handed over, won or lost by chance: 10 points double the odds."""
    chance, crm, made, rows = random.Random(seed), destination(conn, site_id, now), [], []
    for number in range(count):
        at, who = now - timedelta(days=40 + number % 20, minutes=number), f"{seed}:{number}"
        did = [kind for kind, (share, _) in telling.items() if chance.random() < share]
        odds = base + STEP * sum(telling[kind][1] for kind in did)
        lead_id = leads.create(conn, site_id, at)
        hand_over(conn, site_id, lead_id, crm, at)
        ending = Event(f"{who}:end", "won" if chance.random() < 1 / (1 + exp(-odds)) else "lost",
                       at + timedelta(days=20), source="crm")  # fmt: skip
        rows += [
            _row(site_id, lead_id, one) for one in (*(happened(who, kind, at) for kind in ("submission", *did)), ending)
        ]
        made.append(lead_id)
    conn.execute(events_table.insert(), rows)
    return made


def _row(site_id: str, lead_id: str, one: Event) -> dict[str, Any]:
    return {**asdict(one), "params": dict(one.params), "site_id": site_id, "lead_id": lead_id, "received_at": one.at}


def happened(who: str, kind: str, at: datetime) -> Event:
    """kind: an event's type; `download:bottom` with its level; `answer:time_to_buy:0_3` with field and value."""
    name, _, rest = kind.partition(":")
    field, _, value = rest.partition(":")
    params = {"field": field, "value": value} if value else {"level": rest} if rest else {}
    source = next(one for one in SENDERS[name] if one != "browser")
    url = "https://shop.example/pricing" if name == "content_view" else ""
    return Event(f"{who}:{kind}", name, at - timedelta(minutes=1), field, url, source, True, params)  # type: ignore[arg-type]
