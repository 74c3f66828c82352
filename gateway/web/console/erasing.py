"""Forgetting a person: what will be lost and who hears of it, then the press that does it. There is no undo."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, url_for

from gateway import erasing, organising
from gateway.delivery.destinations import csv
from gateway.doorbell import DELIVERY
from gateway.files import export_folder
from gateway.store import leads
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, page
from gateway.web.console.wording import lead_facts, lead_name


@blueprint.get("/leads/<lead_id>/erase")
def lead_erase(lead_id: str) -> Any:
    """What it takes; of one who was erased already, the lead's page."""
    site = seat().site
    with parts().db.read() as conn:
        lead = leads.get(conn, site.id, lead_id)
        if lead is None:
            abort(404)
        if lead.erased_at is not None:
            return redirect(url_for("console.lead", lead_id=lead.id), 303)
        person = erasing.find(conn, site.id, lead.id)
        assert person is not None
        lost = erasing.loss(conn, person)
        others = [other for one in lost.same_as if (other := leads.get(conn, site.id, one))]
    return page("lead_erase.html", lead=lead, name=lead_name(lead_facts(lead)), lost=lost, others=others)


@blueprint.post("/leads/<lead_id>/erase")
def lead_erase_done(lead_id: str) -> Any:
    here, now = seat(), parts().clock()
    with parts().db.read() as conn:
        lead = leads.get(conn, here.site.id, lead_id)
    if lead is None:
        abort(404)
    csv.forget(export_folder(parts().config.data_dir, here.site.key), {lead.id, *lead.earlier_ids})
    with parts().db.write() as conn:
        erasing.erase(conn, here.site.id, lead.id, by=here.user.id, now=now)
    organising.regroup(parts().db, here.site.id, lead.id, now)
    parts().doorbell.ring(DELIVERY)
    return done("erase_done", "lead", lead_id=lead.id)
