"""Routing: the rules in order, as sentences; who gets whom no rule takes; a share for exploration; and ready-made
rules for a destination that has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, request, url_for

from gateway.routing import reaching
from gateway.routing.model import EXPLORES, MOST_RULES, Routing
from gateway.routing.presets import ROLES
from gateway.store import audit, users
from gateway.store import routes as store
from gateway.web.console import meanwhile, route_words
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.meanwhile import Newer
from gateway.web.console.pages import done, failed, page, t
from gateway.web.console.route_words import RouteWords, r


@blueprint.get("/routes")
def routes_page() -> Any:
    return _shown()


def _shown(
    status: int = 200,
    refused: str | None = None,
    typed: Mapping[str, Any] | None = None,
    newer: Newer | None = None,
) -> Any:
    """refused: why what was typed for the rest is not saved; that stays chosen. newer: somebody else has saved it."""
    now = parts().clock()
    with parts().db.read() as conn:
        words = route_words.of_site(conn)
        routing = store.of_site(conn, seat().site.id)
        out = store.taken_out(conn, seat().site.id, now)
        staff = users.names(conn, {one.by for one in out if one.by})
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
        unreached=reaching.unreached(routing.rules, [one.id for one in usable], now),
        out=out,
        removed=next((one for one in out if one.rule.id == request.args.get("removed")), None),
        staff=staff,
        was=meanwhile.seen(_rest(routing)),
        newer=newer,
        refused=refused,
        rest=typed or {"fallback": routing.fallback, "percent": routing.explore_percent, "to": routing.explore_to},
    )


@blueprint.post("/routes")
def routes_save() -> Any:
    """Who gets whom no rule takes, and exploration. Without a fallback nothing is saved: whoever asks to be contacted
    must arrive somewhere (rule 25)."""
    here, now, given = seat(), parts().clock(), request.form
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        words, before = route_words.of_site(conn), store.of_site(conn, here.site.id)
        usable = {one.id for one in words.places if one.status != "disabled"}
        fallback, to = given.get("fallback", ""), given.get("explore_to", "")
        share = next((one for one in EXPLORES if str(one) == given.get("explore_percent")), 0)
        columns: dict[str, Any] = {
            "fallback": fallback if fallback in usable else None,
            "explore_percent": share if to in usable else 0,
            "explore_to": to if to in usable else None,
        }
        refused = _refusal(Routing(fallback=columns["fallback"]), words, share if to not in usable else 0)
        passed = meanwhile.passed(meanwhile.seen(_rest(before)))
        if refused is None and not passed:
            store.change(conn, here.site.id, columns)
            audit.add(conn, here.site.id, now, "routes_changed", here.site.id, user_id=here.user.id)
    typed = {"fallback": fallback, "percent": share, "to": to}
    if passed:
        newer = meanwhile.newer(("routes_changed",), here.site.id, changes=_changes(before, typed, words))
        return _shown(409, None, typed, newer)
    if refused:
        return _shown(422, refused, typed)
    return done("routes_saved", "routes_page")


def _rest(routing: Routing) -> list[Any]:
    """What the form below the rules saves."""
    return [routing.fallback, routing.explore_percent, routing.explore_to]


def _changes(routing: Routing, typed: Mapping[str, Any], words: RouteWords) -> list[tuple[str, str]]:
    def told(fallback: str | None, percent: int, to: str | None) -> dict[str, str]:
        share = r("explore_share", n=percent) if percent else r("explore_off")
        return {
            "fallback": words.destination(fallback) if fallback else "–",
            "explore": f"{share} – {words.destination(to)}" if percent and to else share,
        }

    labels = {"fallback": r("fallback"), "explore": r("explore")}
    stands = told(routing.fallback, routing.explore_percent, routing.explore_to)
    return meanwhile.differing(labels, stands, told(typed["fallback"], typed["percent"], typed["to"]))


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
        audit.add(conn, here.site.id, now, "routes_changed", found[0], user_id=here.user.id)
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
        audit.add(conn, here.site.id, now, "routes_changed", rule_id, user_id=here.user.id)
    return done("routes_saved", "routes_page", _anchor=rule_id)


@blueprint.post("/routes/<rule_id>/remove")
def route_remove(rule_id: str) -> Any:
    """It can be put back for a while; the page that follows offers that first."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        if not store.take_out(conn, here.site.id, rule_id, by=here.user.id, now=now):
            abort(404)
        audit.add(conn, here.site.id, now, "routes_changed", rule_id, user_id=here.user.id)
    return redirect(url_for("console.routes_page", removed=rule_id), 303)


@blueprint.post("/routes/<rule_id>/back")
def route_back(rule_id: str) -> Any:
    """Put back a rule that was taken away: where it stood, with the places that it has dealt."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        became = store.put_back(conn, here.site.id, rule_id, now)
        if became == "back":
            audit.add(conn, here.site.id, now, "routes_changed", rule_id, user_id=here.user.id)
    if became == "gone":
        abort(404)
    if became == "many":
        return failed("routes_many", "routes_page", count=MOST_RULES)
    if became == "nowhere":
        flash(r("back_nowhere"), "danger")
        return redirect(url_for("console.routes_page"), 303)
    flash(t("routes_saved"), "success")
    return redirect(url_for("console.routes_page", _anchor=rule_id), 303)


def arrives(routing: Routing, words: RouteWords) -> bool:
    """Whether whoever asks to be contacted has somewhere to go, by the marketer's own word."""
    return any(one.status != "disabled" and (one.id == routing.fallback or one.sends == "all") for one in words.places)


def _refusal(routing: Routing, words: RouteWords, share: int) -> str | None:
    if words.places and not arrives(routing, words):
        return "routes_need_fallback"
    return "routes_need_explore_to" if share else None
