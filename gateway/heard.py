"""What staff heard, on the phone or at a stand: told as events of the closed list, without free text, and scored at
once. A mistake is taken back within a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway import standing
from gateway.happened import WITHDRAWS, Sent, keep
from gateway.records import Event, Lead, Site
from gateway.scoring.event_types import EVENT_TYPES
from gateway.scoring.model import Rulebook
from gateway.store import audit, events, leads, stage_moves

WITH_VALUES = ("answer", "assessment")  # those are told as facts, on the field's own page
TYPES = tuple(kind.name for kind in EVENT_TYPES if "staff" in kind.sources and kind.name not in WITH_VALUES)
DAYS = 60  # back from today: what is older comes by a list or the API
MENDED_WITHIN = timedelta(days=1)  # an event is taken back so long after it was told
FLAGS = {"contact_request": "contact_requested", "won": "customer"}  # what else an event sets
SETTERS = {"contact_requested": ("contact_request",), "customer": ("won", "customer")}


@dataclass(frozen=True)
class Heard:
    """type: one of TYPES. name: in the site's own words, empty for none. day: at the site."""

    type: str
    name: str
    day: date


def choices(site: Site, rulebook: Rulebook) -> list[tuple[str, str]]:
    """(type, name) of all that may be told: each type, and those of its names that the site or its rules declare. An
    event of the site's own has always a name."""
    ruled = [(kind, rule.name) for kind in TYPES for rule in rulebook.event_rules.get(kind, ()) if rule.name]
    declared = [("custom", name) for name in site.settings.get("events", ())]
    plain = [(kind, "") for kind in TYPES if kind != "custom"]
    return list(dict.fromkeys([*plain, *ruled, *declared]))


def tell(conn: Connection, lead: Lead, heard: Heard, zone: ZoneInfo, *, by: str, now: datetime) -> bool:
    """Keep what was heard, with all that it changes; false where the same was told of that day before."""
    columns = {flag for kind, flag in FLAGS.items() if kind == heard.type and not getattr(lead, flag)}
    event = Event(
        id=_id(lead.id, heard),
        type=heard.type,
        at=_moment(heard.day, zone, now),
        name=heard.name,
        source="staff",
        params={"by": by, "told": now.isoformat(), "set": sorted(columns)},
    )
    new = keep(conn, lead.site_id, [Sent(lead.id, event)], now)
    if new:
        audit.add(conn, lead.site_id, now, "event_told", lead.id, user_id=by, event=event.id, type=event.type)
    return bool(new)


def told(conn: Connection, lead: Lead) -> list[Event]:
    """What staff told of the person, the latest first; answers stand with the facts."""
    found = reversed(events.of_lead(conn, lead.site_id, lead.id))
    return [one for one in found if one.source == "staff" and one.type in TYPES]


def mendable(event: Event, now: datetime) -> bool:
    """Whether it may still be taken back. Who wants no more mails has said so for good (rule 27)."""
    if event.type in WITHDRAWS or "told" not in event.params:
        return False
    return now - datetime.fromisoformat(event.params["told"]) < MENDED_WITHIN


def take_back(conn: Connection, lead: Lead, event_id: str, *, by: str, now: datetime) -> None:
    """Forget an event that was told by mistake, with the flags that it set, and the stage where nothing has moved it
    since. Raises LookupError where there is none that may be."""
    mine = told(conn, lead)
    event = next((one for one in mine if one.id == event_id), None)
    if event is None or not mendable(event, now) or not events.take_away(conn, lead.site_id, event_id):
        raise LookupError(event_id)
    rest = [one for one in events.of_lead(conn, lead.site_id, lead.id) if one.id != event_id]
    for flag in event.params["set"]:
        if not any(one.type in SETTERS[flag] for one in rest):
            leads.set_columns(conn, lead.id, {flag: False})
    _stage_back(conn, lead, datetime.fromisoformat(event.params["told"]), now)
    audit.add(conn, lead.site_id, now, "event_taken_back", lead.id, user_id=by, event=event_id, type=event.type)
    standing.refresh(conn, lead.site_id, lead.id, now)


def _stage_back(conn: Connection, lead: Lead, moved_at: datetime, now: datetime) -> None:
    moves = stage_moves.of_person(conn, lead.id)
    if not moves or moves[-1].at != moved_at or moves[-1].to_stage != lead.stage:
        return
    before = moves[-1].from_stage
    leads.set_columns(conn, lead.id, {"stage": before})
    if before:
        back = {"from_stage": lead.stage, "to_stage": before, "code": "taken_back", "params": {}}
        stage_moves.add(conn, lead.id, now, back)


def _moment(day: date, zone: ZoneInfo, now: datetime) -> datetime:
    """Now, if it is today at the site; else noon of that day."""
    if day >= now.astimezone(zone).date():
        return now
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def _id(lead_id: str, heard: Heard) -> str:
    """The same of the same day is one event, so that a double click is."""
    text = f"{lead_id} {heard.type} {heard.name} {heard.day}"
    return f"staff:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
