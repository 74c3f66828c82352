"""One rule of the routing, as a form: whom it is for, where they go, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, request, url_for
from sqlalchemy import Connection

from gateway.delivery import queueing
from gateway.routing import reaching
from gateway.routing.hours import WEEKS
from gateway.routing.model import MOST_RULES, Routing, Rule
from gateway.scoring.model import STAGES
from gateway.store import audit, rulebooks
from gateway.store import routes as store
from gateway.web.console import choices, conditions, meanwhile, route_parts, route_words
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.meanwhile import Newer
from gateway.web.console.pages import done, failed, formats, lang, page
from gateway.web.console.route_parts import Typed
from gateway.web.console.route_words import RouteWords, r
from gateway.web.console.routes import arrives
from gateway.words import say

PURPOSES = ("contact", "marketing")


@blueprint.get("/routes/rule/<rule_id>")
def route_rule(rule_id: str) -> Any:
    """`new` for a new one."""
    found = _found(rule_id)
    if found is None and rule_id != "new":
        abort(404)
    return _form(rule_id, route_parts.shown(found), was=_seen(found))


@blueprint.post("/routes/rule/<rule_id>")
def route_rule_save(rule_id: str) -> Any:
    """`then`: save, or a button of the list of conditions, which only shows the page anew."""
    here, now = seat(), parts().clock()
    facts = conditions.changed(request.form, "when")
    typed = route_parts.read(request.form, facts)
    if facts is not None:
        return _form(rule_id, typed, was=request.form.get("was", ""))
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        words, routing = route_words.of_site(conn), store.of_site(conn, here.site.id)
        before, known = _among(routing.rules, rule_id), _known(conn, rule_id, now)
        usable = [one.id for one in words.places if one.status != "disabled"]
        rule, problems = route_parts.judged(typed, usable)
        routing = replace(routing, fallback=routing.fallback or (typed.fallback if typed.fallback in usable else None))
        if not arrives(routing, words):
            problems["fallback"] = r("problem_fallback")
        if known is None:
            abort(404)
        if before is None and len(routing.rules) >= MOST_RULES:
            return failed("routes_many", "routes_page", count=MOST_RULES)
        passed = meanwhile.passed(_seen(before))
        if not problems and not passed:
            behind = _save(conn, replace(rule, id=known), routing, usable=usable, now=now)
            audit.add(conn, here.site.id, now, "routes_changed", known or here.site.id, user_id=here.user.id)
    if passed:
        newer = meanwhile.newer(("routes_changed",), rule_id)
        return _form(rule_id, typed, problems, was=_seen(before), newer=newer)
    if problems:
        return _form(rule_id, typed, problems, was=request.form.get("was", ""))
    return _saved(behind, words)


def _known(conn: Connection, rule_id: str, now: datetime) -> str | None:
    """The id to save under: empty for a new rule; also of one that somebody has taken away meanwhile. None: there is
    no such rule."""
    if rule_id == "new":
        return ""
    out = (one.rule for one in store.taken_out(conn, seat().site.id, now))
    found = _among([*store.of_site(conn, seat().site.id).rules, *out], rule_id)
    return found.id if found else None


def _save(conn: Connection, rule: Rule, routing: Routing, *, usable: Sequence[str], now: datetime) -> Rule | None:
    """With the fallback that was chosen in its form, where there was none; what waits for the rule goes by its new
    office hours. A new one stands where it can work; returns the rule that it was put before."""
    site_id, order = seat().site.id, [one.id for one in routing.rules]
    store.change(conn, site_id, {"fallback": routing.fallback})
    made = store.save_rule(conn, site_id, rule, now)
    queueing.replan(conn, site_id, replace(rule, id=made), now)
    if rule.id:
        return None
    place = reaching.place(rule, routing.rules, usable)
    store.reorder(conn, site_id, [*order[:place], made, *order[place:]])
    return routing.rules[place] if place < len(order) else None


def _saved(behind: Rule | None, words: RouteWords) -> Any:
    if behind is None:
        return done("routes_saved", "routes_page")
    flash(r("placed_before", n=formats().number(behind.position), rule=words.called(behind)), "success")
    return redirect(url_for("console.routes_page"), 303)


def _among(rules: Sequence[Rule], rule_id: str) -> Rule | None:
    return next((one for one in rules if one.id == rule_id), None)


def _seen(rule: Rule | None) -> str:
    """What its form shows of it; not where it stands."""
    return meanwhile.seen(asdict(route_parts.shown(rule)) if rule else None)


def _found(rule_id: str) -> Rule | None:
    with parts().db.read() as conn:
        return _among(store.of_site(conn, seat().site.id).rules, rule_id)


def _form(
    rule_id: str, typed: Typed, problems: Mapping[str, str] | None = None, *, was: str, newer: Newer | None = None
) -> Any:
    """was: what the page saw of the rule; newer: somebody else has changed it since."""
    site = seat().site
    with parts().db.read() as conn:
        words, routing = route_words.of_site(conn), store.of_site(conn, site.id)
        offered = choices.of_site(conn, site, lang(), rulebooks.in_force(conn, site.id))
    return page(
        "route_rule.html",
        409 if newer else 422 if problems else 200,
        r=r,
        rule_id=rule_id,
        was=was,
        newer=newer,
        stands=_among(routing.rules, rule_id),
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
