"""Routing: which cells, stages and segments go to which destination, who gets those who asked to be contacted, and
the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request

from gateway.delivery.routing import Route
from gateway.records import Destination
from gateway.store import audit, rulebooks
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
        segments = {one.key: one for one in rulebooks.in_force(conn, site.id).segments}
    return page(
        "routes.html",
        places=places,
        stages=STAGES,
        cells={one.id: _joined(routes, one, "cells") for one in places},
        chosen_stages={one.id: _joined(routes, one, "stages") for one in places},
        segments={**dict.fromkeys(_named(routes)), **segments},  # none: the rulebook no longer has it
        chosen_segments={one.id: _joined(routes, one, "segments") for one in places},
        contact={route.destination_id for route in routes if route.kind == "contact"},
        fallback=next((route.destination_id for route in routes if route.kind == "fallback"), ""),
    )


@blueprint.post("/routes")
def routes_save() -> Any:
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        places = [one for one in destination_rows.of_site(conn, here.site.id) if one.status != "disabled"]
        keys = [*(one.key for one in rulebooks.in_force(conn, here.site.id).segments)]
        keys += _named(store.of_site(conn, here.site.id))
        store.replace_all(conn, here.site.id, _posted(places, dict.fromkeys(keys)))
        audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    return done("routes_saved", "routes_page")


def _posted(places: list[Destination], keys: Iterable[str]) -> list[Route]:
    """Rules first, then contact, then the fallback: the order in which they speak."""
    given, known = request.form, [one.id for one in places]
    rules = []
    for one in known:
        cells = tuple(cell for cell in CELLS if cell in given.getlist(f"cell_{one}"))
        stages = tuple(stage for stage in STAGES if stage in given.getlist(f"stage_{one}"))
        segments = tuple(key for key in keys if key in given.getlist(f"segment_{one}"))
        if cells or stages or segments:
            rules.append(Route(0, "rule", one, cells, stages, segments))
    contact = [Route(0, "contact", one) for one in known if one in given.getlist("contact")]
    fallback = [Route(0, "fallback", one) for one in known if one == given.get("fallback")]
    return [*rules, *contact, *fallback]


def _named(routes: list[Route]) -> list[str]:
    """Keys of segments, in the order of the routes."""
    return list(dict.fromkeys(key for route in routes for key in route.segments))


def _joined(routes: list[Route], place: Destination, part: str) -> set[str]:
    mine = [route for route in routes if route.kind == "rule" and route.destination_id == place.id]
    return {value for route in mine for value in getattr(route, part)}
