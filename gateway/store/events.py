"""Events: what leads and visitors did. One id counts once a site; an event is of the lead linked at that moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from gateway.records import Event
from gateway.store import leads, persons, visitors
from gateway.store.conflicts import insert_if_absent
from gateway.store.expiring import Expiring
from gateway.store.pairs import among
from gateway.store.tables import events, submissions

MOST_A_DAY = 300  # events kept of one visitor: more is no person's day, and each costs every scoring of the lead
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


def add_from_browser(conn: Connection, site_id: str, visitor_id: str, found: Sequence[Event], now: datetime) -> int:  # noqa: PLR0917
    """Keep a visitor's events for the lead that it is linked to now, if any (rule 6), as far as its day has room;
    returns how many are new."""
    room = MOST_A_DAY - _lately(conn, site_id, visitor_id, since=now - timedelta(days=1))
    if room <= 0:
        return 0
    visitors.ensure(conn, visitors.Seen(site_id, visitor_id, now))
    lead_id = visitors.lead_of(conn, site_id, visitor_id)
    new = sum(add(conn, site_id, lead_id, event, now) for event in found[:room])
    if lead_id and new:
        leads.mark_for_scoring(conn, lead_id, now)
    return new


def _lately(conn: Connection, site_id: str, visitor_id: str, *, since: datetime) -> int:
    mine = (events.c.site_id == site_id) & (events.c.visitor_id == visitor_id) & (events.c.received_at > since)
    return conn.execute(select(func.count()).where(mine)).scalar_one()


def take_away(conn: Connection, site_id: str, event_id: str) -> bool:
    """Forget what staff told; whether there was such an event. What anybody else told stays."""
    mine = (events.c.site_id == site_id) & (events.c.id == event_id) & (events.c.source == "staff")
    return conn.execute(delete(events).where(mine)).rowcount == 1


def strangers(before: datetime) -> Expiring:
    """What browsers did that are nobody's: older than BEFORE_LINK it can go to no lead any more."""
    nobodys = events.c.lead_id.is_(None) & (events.c.source == "browser") & (events.c.received_at < before)
    return Expiring(events, nobodys)


def add_download(
    conn: Connection, site_id: str, submission_id: str, *, offer_key: str, level: str, now: datetime
) -> None:
    """An offer's file was fetched by whoever sent this submission: one a lead and offer (rule 22). Works before
    the submission is processed too: the event waits beside it."""
    query = select(submissions.c.lead_id, submissions.c.visitor_id).where(
        submissions.c.id == submission_id, submissions.c.site_id == site_id
    )
    row = conn.execute(query).one()
    owner = row.lead_id or submission_id
    params = {"offer": offer_key, "level": level, "submission": submission_id}
    event = Event(_download_id(offer_key, owner), "download", now, offer_key[:200], "", "form", True, params)
    if row.lead_id is None:
        add(conn, site_id, None, event, now)
    elif not _downloaded(conn, site_id, row.lead_id, offer_key) and add(conn, site_id, row.lead_id, event, now):
        leads.mark_for_scoring(conn, row.lead_id, now)


def give_download(conn: Connection, site_id: str, submission_id: str, *, offer_key: str, lead_id: str) -> None:
    """A file that was fetched before its submission was processed counts for the lead now."""
    if not _downloaded(conn, site_id, lead_id, offer_key):
        waiting = _download_id(offer_key, submission_id)
        conn.execute(_GIVE, {"at_site": site_id, "this": waiting, "whose": lead_id})


def _download_id(offer_key: str, owner: str) -> str:
    """The key is of any length, an event's id of at most 80 characters."""
    return f"download:{hashlib.blake2b(offer_key.encode(), digest_size=8).hexdigest()}:{owner}"


def _downloaded(conn: Connection, site_id: str, lead_id: str, offer_key: str) -> bool:
    """By this very record: what another of its person's had is still its own when they are apart."""
    asked = {"at_site": site_id, "whose": lead_id, "offer": offer_key[:200]}
    return conn.execute(_DOWNLOADED, asked).first() is not None


_GIVE = (
    update(events)
    .where(events.c.site_id == bindparam("at_site"), events.c.id == bindparam("this"), events.c.lead_id.is_(None))
    .values(lead_id=bindparam("whose"))
)
_DOWNLOADED = (
    select(events.c.id)
    .where(
        events.c.site_id == bindparam("at_site"),
        events.c.lead_id == bindparam("whose"),
        events.c.type == "download",
        events.c.name == bindparam("offer"),
    )
    .limit(1)
)


# In the order of the record: to ask a row for each by its name costs five times as much.
COLUMNS = (
    events.c.id, events.c.type, events.c.at, events.c.name, events.c.url, events.c.source, events.c.human,
    events.c.params, events.c.visitor_id,
)  # fmt: skip
_OF_LEAD = (
    select(*COLUMNS)
    .where(events.c.site_id == bindparam("at_site"), events.c.lead_id.in_(persons.members(bindparam("whose"))))
    .order_by(events.c.at, events.c.id)
)


def of_lead(conn: Connection, site_id: str, lead_id: str) -> list[Event]:
    """The person's events in time order (ties by id); of one file's downloads the first (rule 22), which each of two
    leads may have had before they were merged."""
    return once_each(conn.execute(_OF_LEAD, {"at_site": site_id, "whose": lead_id}))


def once_each(rows: Iterable[Row[Any]]) -> list[Event]:
    """The same from rows that begin with COLUMNS, in time order."""
    found: dict[tuple[str, str], Event] = {}
    for row in rows:
        event = Event(*row[: len(COLUMNS)])
        once = event.name if (event.type, event.source) == ("download", "form") else event.id
        found.setdefault((event.type, once), event)
    return list(found.values())


def give_to_lead(conn: Connection, site_id: str, visitor_ids: Sequence[str], lead_id: str, now: datetime) -> int:  # noqa: PLR0917
    """Rule 6: what this browser did in the 30 days before goes to the lead that its submission created."""
    places = [(site_id, visitor_id) for visitor_id in visitor_ids]
    return conn.execute(_GIVE_PAST, {"places": places, "since": now - BEFORE_LINK, "whose": lead_id}).rowcount


_GIVE_PAST = (
    update(events)
    .where(
        among(events.c.visitor_id, bindparam("places", expanding=True)),
        events.c.lead_id.is_(None),
        events.c.at >= bindparam("since"),
    )
    .values(lead_id=bindparam("whose"))
)
