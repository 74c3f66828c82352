"""/api/v1/organisations: the companies that a site's leads belong to, and one with its people."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, jsonify, request

from gateway.delivery.payload import iso
from gateway.store import leads_search, organisations, organisations_search
from gateway.store.organisations import Organisation
from gateway.web.api_door import Problem, limited, needs, parts, token
from gateway.web.api_lists import chosen, lead_line, page_size


def add_to(blueprint: Blueprint) -> None:
    blueprint.get("/organisations")(list_organisations)
    blueprint.get("/organisations/<organisation_id>")(show_organisation)


@limited
@needs("leads:read")
def list_organisations() -> Response:
    """The site's organisations, the last active first."""
    asked = request.args
    (sort,) = chosen("sort", organisations_search.SORTS, [asked.get("sort", "recent")])
    with parts().db.read() as conn:
        page = organisations_search.page(
            conn,
            token().site_id,
            asked.get("q", ""),
            sort=cast(organisations_search.Sort, sort),
            cursor=asked.get("cursor", ""),
            limit=page_size(),
        )
    return jsonify(organisations=[_line(one) for one in page.lines], next=page.cursor)


@limited
@needs("leads:read")
def show_organisation(organisation_id: str) -> Response:
    """One, with a page of its leads, the last active first."""
    site_id = token().site_id
    with parts().db.read() as conn:
        found = organisations.get(conn, site_id, organisation_id)
        if found is None:
            raise Problem(404, "No such organisation")
        page = organisations_search.people(conn, found, cursor=request.args.get("cursor", ""), limit=page_size())
        lines = {line.id: line for line in leads_search.of_ids(conn, site_id, page.lead_ids)}
        counts = organisations_search.standings(conn, found)
        held = organisations_search.held(conn, site_id, found.domain) if found.domain else 0
    leads = [lead_line(lines[lead_id]) for lead_id in page.lead_ids]
    return jsonify(_line(found) | {"counts": {**counts, "held": held}, "leads": leads, "next": page.cursor})


def _line(one: Organisation) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "domain": one.domain,
        "people": one.people,
        "cell": f"{one.grade}{one.interest}" if one.grade else None,
        "score": one.score,
        "active_at": iso(one.active_at),
    }
