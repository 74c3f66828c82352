"""Destinations: where leads go. Added with a secret that is shown once; paused, resumed, tried."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for

from gateway.delivery import trial
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.outgoing import SettingsError
from gateway.records import Destination
from gateway.store import audit, deliveries_search
from gateway.store import destinations as store
from gateway.store.destinations import NewDestination
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, lang, page, t
from gateway.web.console.wording import Wording

PURPOSES = ("contact", "marketing")


@blueprint.get("/destinations")
def destinations_list() -> Any:
    site = seat().site
    with parts().db.read() as conn:
        found = store.of_site(conn, site.id, parts().config.secret_key)
        counts = deliveries_search.counts(conn, site.id)
    return page("destinations.html", found=found, counts=counts)


@blueprint.route("/destinations/new", methods=["GET", "POST"])
def destination_add() -> Any:
    if request.method != "POST":
        return page("destination_new.html", given={}, problem=None, purposes=PURPOSES, kinds=tuple(DESTINATIONS))
    given = request.form
    try:
        made = _add()
    except SettingsError as error:
        return page(
            "destination_new.html", 422, given=given, problem=error, purposes=PURPOSES, kinds=tuple(DESTINATIONS)
        )
    return page("destination_made.html", made=made, secret=made.settings.get("secret"))


def _add() -> Destination:
    given, here, now = request.form, seat(), parts().clock()
    url = given.get("url", "").strip()
    if not url:
        raise SettingsError("url", "missing")
    new = NewDestination(
        site_id=here.site.id,
        kind=given.get("kind", "webhook"),
        name=given.get("name", "").strip()[:200] or "CRM",
        settings={"url": url},
        sends="all" if given.get("sends") == "all" else "rules",
        purpose=given.get("purpose") if given.get("purpose") in PURPOSES else None,
    )
    with parts().db.write() as conn:
        made = store.add(conn, parts().config.secret_key, new, now)
        audit.add(conn, here.site.id, now, "destination_added", made.id, user_id=here.user.id)
    return made


@blueprint.post("/destinations/<destination_id>/pause")
def destination_pause(destination_id: str) -> Any:
    """Pause an active one, or let a paused one go on."""
    here, now = seat(), parts().clock()
    found = _destination(destination_id)
    pausing = found.status == "active"
    with parts().db.write() as conn:
        if pausing:
            store.pause(conn, here.site.id, found.id)
        else:
            store.resume(conn, here.site.id, found.id, now)
        action = "destination_paused" if pausing else "destination_resumed"
        audit.add(conn, here.site.id, now, action, found.id, user_id=here.user.id)
    return done("destination_paused" if pausing else "destination_resumed", "destinations_list")


@blueprint.post("/destinations/<destination_id>/test")
def destination_test(destination_id: str) -> Any:
    """Send a made-up lead now and say what came back."""
    found = _destination(destination_id)
    tried, failure = trial.try_out(parts(), found, seat().site.key)
    if failure is None:
        flash(t("destination_test_ok", status=tried.http_status or 0, ms=round(tried.ms)), "success")
        return redirect(url_for("console.destinations_list"), 303)
    flash(t("destination_test_failed", reason=Wording(lang()).reason_words(failure.reason)), "danger")
    return redirect(url_for("console.destinations_list"), 303)


def _destination(destination_id: str) -> Destination:
    with parts().db.read() as conn:
        found = store.get(conn, seat().site.id, destination_id, parts().config.secret_key)
    if found is None:
        abort(404)
    return found
