"""Routing: the rules in order, as sentences; who gets whom no rule takes; a share for exploration; and ready-made
rules for a destination that has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, request

from gateway.routing.model import EXPLORES, Routing
from gateway.routing.presets import ROLES
from gateway.store import audit
from gateway.store import routes as store
from gateway.web.console import route_words
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, page
from gateway.web.console.route_words import RouteWords, r


@blueprint.get("/routes")
def routes_page() -> Any:
    return _shown()


def _shown(status: int = 200, refused: str | None = None, typed: Mapping[str, Any] | None = None) -> Any:
    """refused: why what was typed for the rest is not saved; that stays chosen."""
    with parts().db.read() as conn:
        words = route_words.of_site(conn)
        routing = store.of_site(conn, seat().site.id)
    usable = [one for one in words.places if one.status != "disabled"]
    led_to = {*routing.destinations, routing.fallback}
    return page(
        "routes.html",
        status,
        r=r,
        words=words,
        routing=routing,
        usable=usable,
        idle=[one for one in usable if one.id not in led_to and one.sends != "all"],
        lost=bool(words.places) and not arrives(routing, words),
        roles=ROLES,
        explores=EXPLORES,
        refused=refused,
        rest=typed or {"fallback": routing.fallback, "percent": routing.explore_percent, "to": routing.explore_to},
    )


@blueprint.post("/routes")
def routes_save() -> Any:
    """Who gets whom no rule takes, and exploration. Without a fallback nothing is saved: whoever asks to be contacted
    must arrive somewhere (rule 25)."""
    here, now, given = seat(), parts().clock(), request.form
    with parts().db.write() as conn:
        words = route_words.of_site(conn)
        usable = {one.id for one in words.places if one.status != "disabled"}
        fallback, to = given.get("fallback", ""), given.get("explore_to", "")
        share = next((one for one in EXPLORES if str(one) == given.get("explore_percent")), 0)
        columns: dict[str, Any] = {
            "fallback": fallback if fallback in usable else None,
            "explore_percent": share if to in usable else 0,
            "explore_to": to if to in usable else None,
        }
        refused = _refusal(Routing(fallback=columns["fallback"]), words, share if to not in usable else 0)
        if refused is None:
            store.change(conn, here.site.id, columns)
            audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    if refused:
        return _shown(422, refused, {"fallback": fallback, "percent": share, "to": to})
    return done("routes_saved", "routes_page")


@blueprint.post("/routes/role")
def routes_role() -> Any:
    """One choice: what a destination is there for."""
    here, now = seat(), parts().clock()
    role = next((one for one in ROLES if one == request.form.get("role")), None)
    with parts().db.write() as conn:
        found = [one.id for one in route_words.of_site(conn).places if one.id == request.form.get("destination")]
        if role is None or not found:
            abort(400)
        store.hold(conn, here.site.id)
        store.ship(conn, here.site.id, found[0], role, now=now)
        audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    return done("routes_saved", "routes_page")


@blueprint.post("/routes/<rule_id>/move")
def route_move(rule_id: str) -> Any:
    """One place up or down; at the end it stays."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        order = [rule.id for rule in store.of_site(conn, here.site.id).rules]
        if rule_id not in order:
            abort(404)
        at = order.index(rule_id)
        to = max(0, at - 1 if request.form.get("to") == "up" else at + 1)
        order.insert(to, order.pop(at))
        store.reorder(conn, here.site.id, order)
        audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    return done("routes_saved", "routes_page", _anchor=rule_id)


@blueprint.post("/routes/<rule_id>/remove")
def route_remove(rule_id: str) -> Any:
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        if not store.remove_rule(conn, here.site.id, rule_id):
            abort(404)
        audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    return done("route_removed", "routes_page")


def arrives(routing: Routing, words: RouteWords) -> bool:
    """Whether whoever asks to be contacted has somewhere to go, by the marketer's own word."""
    return any(one.status != "disabled" and (one.id == routing.fallback or one.sends == "all") for one in words.places)


def _refusal(routing: Routing, words: RouteWords, share: int) -> str | None:
    if words.places and not arrives(routing, words):
        return "routes_need_fallback"
    return "routes_need_explore_to" if share else None
