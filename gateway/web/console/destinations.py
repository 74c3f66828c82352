"""Destinations: where leads go. Added with a secret that is shown once; changed, paused, tried, taken away."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for

from gateway.delivery import trial
from gateway.delivery.outgoing import SettingsError
from gateway.records import Destination
from gateway.store import audit, deliveries_search
from gateway.store import destinations as store
from gateway.store.destinations import NewDestination
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import count_menu, done, lang, page, t
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
        return _asked({})
    try:
        made = _add()
    except SettingsError as error:
        return _asked(request.form, problem=error)
    return page("destination_made.html", made=made, secret=made.settings.get("secret"))


@blueprint.route("/destinations/<destination_id>", methods=["GET", "POST"])
def destination_edit(destination_id: str) -> Any:
    """Another address, name or choice of leads; the secret stays, unless nobody can read it any more: then the new
    one is shown. What waited tries the new address at once."""
    found = _destination(destination_id)
    if request.method != "POST":
        given = {"name": found.name, "sends": found.sends, "purpose": found.purpose, **found.settings}
        return _asked(given, found=found)
    here, now = seat(), parts().clock()
    count_menu()
    goes_on = found.paused_reason != "by_hand"  # one that paused itself has been mended here
    try:
        with parts().db.write() as conn:
            changed = store.change_settings(conn, parts().config.secret_key, found, {"url": _posted_url()})
            store.change(conn, here.site.id, found.id, _posted_choice())
            if goes_on:
                store.resume(conn, here.site.id, found.id, now)
            audit.add(conn, here.site.id, now, "destination_changed", found.id, user_id=here.user.id)
    except SettingsError as error:
        return _asked(request.form, problem=error, found=found)
    if found.unreadable:
        return page("destination_made.html", made=changed, secret=changed.settings.get("secret"))
    return done("destination_changed" if goes_on else "destination_changed_paused", "destinations_list")


@blueprint.post("/destinations/<destination_id>/remove")
def destination_remove(destination_id: str) -> Any:
    """Take it away with its routes and secret; what was due to it is parked and stays as history."""
    here, now = seat(), parts().clock()
    found = _destination(destination_id)
    with parts().db.write() as conn:
        store.remove(conn, here.site.id, found.id, now)
        audit.add(conn, here.site.id, now, "destination_removed", found.id, user_id=here.user.id)
    return done("destination_removed", "destinations_list")


def _asked(given: Any, problem: SettingsError | None = None, found: Destination | None = None) -> Any:
    """The page that asks for a destination's settings, of a new one or of one that is there."""
    status = 422 if problem else 200
    return page("destination_new.html", status, given=given, problem=problem, found=found, purposes=PURPOSES)


def _posted_url() -> str:
    url = request.form.get("url", "").strip()
    if not url:
        raise SettingsError("url", "missing")
    return url


def _posted_choice() -> dict[str, Any]:
    """Name, sends and purpose, as the columns hold them."""
    given = request.form
    return {
        "name": given.get("name", "").strip()[:200] or "CRM",
        "sends": "all" if given.get("sends") == "all" else "rules",
        "purpose": given.get("purpose") if given.get("purpose") in PURPOSES else None,
    }


def _add() -> Destination:
    count_menu()
    here, now = seat(), parts().clock()
    kind = request.form.get("kind", "webhook")
    new = NewDestination(here.site.id, kind, settings={"url": _posted_url()}, **_posted_choice())
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
    tried, failure = trial.try_out(parts(), found, seat().site)
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
