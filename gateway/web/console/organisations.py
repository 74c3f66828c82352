"""Organisations: their list, and one with its people and all that they did."""

from __future__ import annotations

from typing import Any, get_args

from flask import abort, request

from gateway.store import keyset, leads_search, organisations, organisations_search
from gateway.store.organisations_search import Sort
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import address, page, safe_next

PEOPLE = 100  # shown of one
DEEDS = 100


@blueprint.get("/organisations")
def organisations_list() -> Any:
    site_id = seat().site.id
    text = request.args.get("q", "")[: leads_search.MAX_SEARCH]
    sort: Sort = next((one for one in get_args(Sort) if one == request.args.get("sort")), "recent")
    after = request.args.get("after", "")
    with parts().db.read() as conn:
        try:
            found = organisations_search.page(conn, site_id, text, sort=sort, cursor=after)
        except keyset.CursorError:
            abort(400)
        total = organisations_search.count(conn, site_id, text)
    asked = {name: value for name, value in (("q", text), ("sort", request.args.get("sort", ""))) if value}
    return page(
        "organisations.html",
        found=found,
        total=total,
        text=text,
        sort=sort,
        sorts=get_args(Sort),
        older=address("organisations_list", {**asked, "after": found.cursor}) if found.cursor else None,
        newer=address("organisations_list", asked) if after else None,
    )


@blueprint.get("/organisations/<organisation_id>")
def organisation(organisation_id: str) -> Any:
    site_id = seat().site.id
    with parts().db.read() as conn:
        found = organisations.get(conn, site_id, organisation_id)
        if found is None:
            abort(404)
        members = organisations.members(conn, site_id, found.id, limit=PEOPLE)
        records = organisations_search.records_of(conn, [one.lead_id for one in members])
        lines = {line.id: line for line in leads_search.of_ids(conn, site_id, [one.lead_id for one in members])}
        ids = list(records)
        story = {
            "deeds": organisations_search.deeds(conn, site_id, ids, limit=DEEDS),
            "sent": organisations_search.forms_sent(conn, site_id, ids),
            "offers": organisations_search.offers_taken(conn, site_id, ids),
            "open_deliveries": organisations_search.open_deliveries(conn, ids),
            "held": organisations_search.held(conn, site_id, found.domain) if found.domain else 0,
            "namesakes": organisations_search.called_the_same(conn, found),
        }
    return page(
        "organisation.html",
        one=found,
        people=[(lines[one.lead_id], one) for one in members if one.lead_id in lines],
        whose={record: lines[person] for record, person in records.items() if person in lines},
        most=PEOPLE,
        back=safe_next(request.args.get("back"), "/console/organisations"),
        **story,
    )
