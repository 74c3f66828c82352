"""Who is to be forgotten, as other systems asked: staff erase on the lead's own page, or set the request aside."""

from __future__ import annotations

from typing import Any

from flask import abort

from gateway.store import api_tokens, audit, deliveries_search, destinations, leads, users
from gateway.store import erasure_requests as store
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import page, said
from gateway.web.console.wording import lead_facts


@blueprint.get("/erasures")
def erasures() -> Any:
    site = seat().site
    with parts().db.read() as conn:
        found = store.of_site(conn, site.id)
        people = {one.lead_id: leads.get(conn, site.id, one.lead_id) for one in found if one.answer is None}
        who = {one.id: one.name for one in destinations.of_site(conn, site.id)}
        who |= {one.id: one.name for one in api_tokens.of_site(conn, site.id)}
        left = deliveries_search.erasures_left(conn, site.id)
        staff = users.names(conn, {one.answered_by for one in found if one.answered_by})
    facts = {key: lead_facts(lead) for key, lead in people.items() if lead}
    waiting = [one for one in found if one.answer is None]
    done = [one for one in found if one.answer is not None]
    return page("erasures.html", waits=waiting, done=done, left=left, facts=facts, who=who, staff=staff)


@blueprint.post("/erasures/<request_id>/aside")
def erasure_aside(request_id: str) -> Any:
    """Nobody is erased for this one; whoever asks again begins a new one."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        lead_id = store.set_aside(conn, here.site.id, request_id, by=here.user.id, now=now)
        if lead_id is None:
            abort(404)
        audit.add(conn, here.site.id, now, "erasure_set_aside", lead_id, user_id=here.user.id, request=request_id)
    return said("inbound.aside_done", "erasures", {}, {}, well=True)
