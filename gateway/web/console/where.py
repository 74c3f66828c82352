"""Where would this lead go? A dry run: each rule with what became of it, and each destination with why, its consent and
when. It asks what the ledger asks (gateway/delivery/planning.py), and changes nothing."""

from __future__ import annotations

from typing import Any

from flask import abort

from gateway.delivery import planning
from gateway.store import leads, whose
from gateway.web.console import route_words
from gateway.web.console.access import adopt, parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import page
from gateway.web.console.route_words import r


@blueprint.get("/leads/<lead_id>/where")
def lead_where(lead_id: str) -> Any:
    with parts().db.read() as conn:
        owner = whose.site_of_lead(conn, lead_id)
    adopt(owner)
    with parts().db.read() as conn:
        found = leads.get(conn, seat().site.id, lead_id)
        if found is None:
            abort(404)
        words, plan = route_words.of_site(conn), planning.plan(conn, found, parts().clock())
    return page("lead_where.html", r=r, lead=found, words=words, plan=plan)
