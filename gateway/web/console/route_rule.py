"""One rule of the routing, as a form: whom it is for, where they go, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import abort, request
from sqlalchemy import Connection

from gateway.delivery import queueing
from gateway.routing.hours import WEEKS
from gateway.routing.model import MOST_RULES, Routing, Rule
from gateway.scoring.model import STAGES
from gateway.store import audit, rulebooks
from gateway.store import routes as store
from gateway.web.console import choices, conditions, route_parts, route_words
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, failed, lang, page
from gateway.web.console.route_parts import Typed
from gateway.web.console.route_words import r
from gateway.web.console.routes import arrives
from gateway.words import say

PURPOSES = ("contact", "marketing")


@blueprint.get("/routes/rule/<rule_id>")
def route_rule(rule_id: str) -> Any:
    """`new` for a new one."""
    return _form(rule_id, route_parts.shown(_found(rule_id)))


@blueprint.post("/routes/rule/<rule_id>")
def route_rule_save(rule_id: str) -> Any:
    """`then`: save, or a button of the list of conditions, which only shows the page anew."""
    here, now, before = seat(), parts().clock(), _found(rule_id)
    facts = conditions.changed(request.form, "when")
    typed = route_parts.read(request.form, facts)
    if facts is not None:
        return _form(rule_id, typed)
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        words, routing = route_words.of_site(conn), store.of_site(conn, here.site.id)
        usable = [one.id for one in words.places if one.status != "disabled"]
        rule, problems = route_parts.judged(typed, usable)
        routing = replace(routing, fallback=routing.fallback or (typed.fallback if typed.fallback in usable else None))
        if not arrives(routing, words):
            problems["fallback"] = r("problem_fallback")
        if before is None and len(routing.rules) >= MOST_RULES:
            return failed("routes_many", "routes_page", count=MOST_RULES)
        if not problems:
            _save(conn, replace(rule, id=before.id if before else ""), routing, now)
            audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    return _form(rule_id, typed, problems) if problems else done("routes_saved", "routes_page")


def _save(conn: Connection, rule: Rule, routing: Routing, now: datetime) -> None:
    """With the fallback that was chosen in its form, where there was none; what waits for the rule goes by its new
    office hours."""
    site_id = seat().site.id
    store.change(conn, site_id, {"fallback": routing.fallback})
    made = store.save_rule(conn, site_id, rule, now)
    queueing.replan(conn, site_id, replace(rule, id=made), now)


def _found(rule_id: str) -> Rule | None:
    with parts().db.read() as conn:
        found = next((one for one in store.of_site(conn, seat().site.id).rules if one.id == rule_id), None)
    return found if found or rule_id == "new" else abort(404)


def _form(rule_id: str, typed: Typed, problems: Mapping[str, str] | None = None) -> Any:
    site = seat().site
    with parts().db.read() as conn:
        words, routing = route_words.of_site(conn), store.of_site(conn, site.id)
        offered = choices.of_site(conn, site, lang(), rulebooks.in_force(conn, site.id))
    return page(
        "route_rule.html",
        422 if problems else 200,
        r=r,
        rule_id=rule_id,
        position=next((one.position for one in routing.rules if one.id == rule_id), None),
        typed=typed,
        problem=problems or {},
        words=words,
        usable=[one for one in words.places if one.status != "disabled"],
        choices=offered,
        stages=[(one, say(lang(), f"scoring.stage_{one}")) for one in STAGES],
        segments={**{key: key for key in typed.asks.get("segments", ())}, **words.segments},
        forms={**{key: key for key in typed.asks.get("forms", ())}, **words.forms},
        purposes=PURPOSES,
        weeks=tuple(WEEKS),
        lost=not arrives(routing, words),
    )
