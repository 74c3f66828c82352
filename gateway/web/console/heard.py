"""On a lead's page: what staff heard of it, told with a day, and taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, request
from sqlalchemy import Connection

from gateway import heard
from gateway.doorbell import DELIVERY
from gateway.heard import Heard
from gateway.records import Lead
from gateway.store import leads, persons, rulebooks
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, failed


def days() -> list[date]:
    """Today at the site, and back from there."""
    today = parts().clock().astimezone(ZoneInfo(seat().site.timezone)).date()
    return [today - timedelta(days=back) for back in range(heard.DAYS)]


@blueprint.post("/leads/<lead_id>/heard")
def lead_heard(lead_id: str) -> Any:
    here, now = seat(), parts().clock()
    kind, _, name = request.form.get("what", "").partition(":")
    day = next((one for one in days() if one.isoformat() == request.form.get("day")), None)
    with parts().db.write() as conn:
        lead = _lead(conn, lead_id)
        if day is None or (kind, name) not in heard.choices(here.site, rulebooks.in_force(conn, here.site.id)):
            abort(400)
        zone = ZoneInfo(here.site.timezone)
        new = heard.tell(conn, lead, Heard(kind, name, day), zone, by=here.user.id, now=now)
    parts().doorbell.ring(DELIVERY)
    return (done if new else failed)("heard_told" if new else "heard_before", "lead", lead_id=lead.id)


@blueprint.post("/leads/<lead_id>/heard/undo")
def lead_heard_undo(lead_id: str) -> Any:
    here, now = seat(), parts().clock()
    try:
        with parts().db.write() as conn:
            lead = _lead(conn, lead_id)
            heard.take_back(conn, lead, request.form.get("event", ""), by=here.user.id, now=now)
    except LookupError:
        return failed("heard_stays", "lead", lead_id=lead_id)
    parts().doorbell.ring(DELIVERY)
    return done("heard_taken_back", "lead", lead_id=lead.id)


def _lead(conn: Connection, lead_id: str) -> Lead:
    persons.hold(conn, lead_id)  # before it is read: what it had is compared with what it gets
    found = leads.get(conn, seat().site.id, lead_id)
    if found is None or found.erased_at is not None:
        abort(404)
    return found
