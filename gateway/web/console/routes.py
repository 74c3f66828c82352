"""Routing: which cells and stages go to which destination, who gets those who asked to be contacted, and the rest."""

from __future__ import annotations

from typing import Any

from flask import request

from gateway.delivery.routing import Route
from gateway.records import Destination
from gateway.store import audit
from gateway.store import destinations as destination_rows
from gateway.store import routes as store
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.leads import CELLS, STAGES
from gateway.web.console.pages import done, page


@blueprint.get("/routes")
def routes_page() -> Any:
    site = seat().site
    with parts().db.read() as conn:
        places = [one for one in destination_rows.of_site(conn, site.id) if one.status != "disabled"]
        routes = store.of_site(conn, site.id)
    return page(
        "routes.html",
        places=places,
        stages=STAGES,
        cells={one.id: _joined(routes, one, "cells") for one in places},
        chosen_stages={one.id: _joined(routes, one, "stages") for one in places},
        contact={route.destination_id for route in routes if route.kind == "contact"},
        fallback=next((route.destination_id for route in routes if route.kind == "fallback"), ""),
    )


@blueprint.post("/routes")
def routes_save() -> Any:
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        places = [one for one in destination_rows.of_site(conn, here.site.id) if one.status != "disabled"]
        store.replace_all(conn, here.site.id, _posted(places))
        audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    return done("routes_saved", "routes_page")


def _posted(places: list[Destination]) -> list[Route]:
    """Rules first, then contact, then the fallback: the order in which they speak."""
    given, known = request.form, [one.id for one in places]
    rules = []
    for one in known:
        cells = tuple(cell for cell in CELLS if cell in given.getlist(f"cell_{one}"))
        stages = tuple(stage for stage in STAGES if stage in given.getlist(f"stage_{one}"))
        if cells or stages:
            rules.append(Route(0, "rule", one, cells, stages))
    contact = [Route(0, "contact", one) for one in known if one in given.getlist("contact")]
    fallback = [Route(0, "fallback", one) for one in known if one == given.get("fallback")]
    return [*rules, *contact, *fallback]


def _joined(routes: list[Route], place: Destination, part: str) -> set[str]:
    mine = [route for route in routes if route.kind == "rule" and route.destination_id == place.id]
    return {value for route in mine for value in getattr(route, part)}
