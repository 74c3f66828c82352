"""Destinations: where leads go. Added with a secret that is shown once; changed, paused, tried, taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import abort, flash, redirect, request, send_file, url_for

from gateway.delivery import trial
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.mapping import WRITES
from gateway.delivery.outgoing import Kind, SettingsError
from gateway.files import export_folder, exported
from gateway.records import Destination
from gateway.store import audit, deliveries_health
from gateway.store import destinations as store
from gateway.store.db import lock_names
from gateway.store.destinations import NewDestination
from gateway.web.console import choices, destination_forms, meanwhile
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.meanwhile import Newer
from gateway.web.console.pages import count_menu, done, lang, page, t
from gateway.web.console.wording import Wording

PURPOSES = ("contact", "marketing")
CHANGES = ("destination_changed", "destination_rotated")  # in the audit: of what its form shows


@blueprint.get("/destinations")
def destinations_list() -> Any:
    site = seat().site
    with parts().db.read() as conn:
        found = store.of_site(conn, site.id, parts().config.secret_key)
        health = deliveries_health.of_site(conn, site.id, parts().clock())
    where = {one.id: destination_forms.where(one) for one in found}
    return page("destinations.html", found=found, health=health, where=where, kinds=DESTINATIONS)


@blueprint.route("/destinations/new", methods=["GET", "POST"])
def destination_add() -> Any:
    """Choose a kind, then answer what it asks for."""
    posted = request.method == "POST"
    name = request.form.get("kind", "webhook") if posted else request.args.get("kind", "")
    kind = DESTINATIONS.get(name)
    if kind is None:
        return page("destination_kinds.html", 422 if posted else 200, kinds=list(DESTINATIONS.values()))
    if not posted:
        return _asked(kind, {})
    try:
        if request.form.get("then") == "preview":
            return _asked(kind, request.form, shown=_preview(kind, {}))
        made = _add(kind)
    except SettingsError as error:
        return _asked(kind, request.form, problem=error)
    if made.settings.get("secret"):
        return page("destination_made.html", made=made, secret=made.settings["secret"])
    return done("destination_added", "destination_edit", destination_id=made.id)


@blueprint.route("/destinations/<destination_id>", methods=["GET", "POST"])
def destination_edit(destination_id: str) -> Any:
    """Other settings, name or choice of leads; secrets that are not entered stay. One that nobody can read any more
    gets new ones. What waited is tried at once."""
    found = _destination(destination_id)
    kind = DESTINATIONS[found.kind]
    if request.method != "POST":
        return _asked(kind, destination_forms.given(found), found=found)
    count_menu()
    goes_on = found.paused_reason != "by_hand"  # one that paused itself has been mended here
    try:
        if request.form.get("then") == "preview":
            return _asked(kind, request.form, found=found, shown=_preview(kind, found.settings))
        changed = _save(kind, found, goes_on=goes_on)
    except SettingsError as error:
        return _asked(kind, request.form, problem=error, found=found)
    if changed is None:
        return _outdated(kind, _destination(destination_id))
    if found.unreadable and changed.settings.get("secret"):
        return page("destination_made.html", made=changed, secret=changed.settings["secret"])
    return done("destination_changed" if goes_on else "destination_changed_paused", "destinations_list")


def _save(kind: Kind[Any], found: Destination, *, goes_on: bool) -> Destination | None:
    """None where somebody else has saved it since the page was shown. Raises SettingsError."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        # its lane before its row, as senders do: the other way round each would wait for the other
        lock_names(conn, f"destination:{found.id}", f"lane:{found.id}")
        stands = store.get(conn, here.site.id, found.id, parts().config.secret_key) or abort(404)
        if meanwhile.passed(_seen(stands)):
            return None
        changed = store.change_settings(
            conn, parts().config.secret_key, stands, destination_forms.entered(kind, request.form)
        )
        store.change(conn, here.site.id, found.id, _posted_choice(kind))
        if goes_on:
            store.resume(conn, here.site.id, found.id, now)
        audit.add(conn, here.site.id, now, "destination_changed", found.id, user_id=here.user.id)
    return changed


@blueprint.post("/destinations/<destination_id>/rotate")
def destination_rotate(destination_id: str) -> Any:
    """A new signing secret, shown once; the old one signs as well for a day."""
    here, now = seat(), parts().clock()
    found = _destination(destination_id)
    if found.unreadable or DESTINATIONS[found.kind].rotate is None:
        abort(404)
    with parts().db.write() as conn:
        changed = store.rotate(conn, parts().config.secret_key, found, now + store.OVERLAP)
        audit.add(conn, here.site.id, now, "destination_rotated", found.id, user_id=here.user.id)
    until = datetime.fromisoformat(changed.settings["old_until"])
    return page("destination_made.html", made=changed, secret=changed.settings["secret"], until=until)


@blueprint.get("/destinations/<destination_id>/files/<file>")
def destination_file(destination_id: str, file: str) -> Any:
    """One of the files that this destination wrote."""
    path = next((one for one in _files(_destination(destination_id)) if one.name == file), None)
    if path is None:
        abort(404)
    return send_file(path.resolve(), mimetype="text/csv", as_attachment=True, download_name=path.name)


@blueprint.post("/destinations/<destination_id>/remove")
def destination_remove(destination_id: str) -> Any:
    """Take it away with its routes and secret; what was due to it is parked and stays as history."""
    here, now = seat(), parts().clock()
    found = _destination(destination_id)
    with parts().db.write() as conn:
        store.remove(conn, here.site.id, found.id, now)
        audit.add(conn, here.site.id, now, "destination_removed", found.id, user_id=here.user.id)
    return done("destination_removed", "destinations_list")


def _asked(
    kind: Kind[Any],
    given: Mapping[str, Any],
    *,
    problem: SettingsError | None = None,
    found: Destination | None = None,
    shown: tuple[bool, str] | None = None,
    newer: Newer | None = None,
) -> Any:
    """The page that asks for a destination's settings, of a new one or of one that is there. shown: a preview; newer:
    somebody else has saved it since."""
    rules = kind.mapped(found.settings if found else {})
    with parts().db.read() as conn:
        offered = choices.of_site(conn, seat().site, lang())
    lines = destination_forms.lines(kind, rules, offered, given)
    facts = destination_forms.facts(offered, rules)
    wrong = destination_forms.problem_field(problem.field, given) if problem else ""
    return page(
        "destination_form.html",
        409 if newer else 422 if problem else 200,
        kind=kind,
        newer=newer,
        was=_seen(found) if newer or request.method != "POST" else request.form.get("was", ""),
        given=given,
        problem=problem,
        wrong=wrong,
        found=found,
        lines=lines,
        facts=facts,
        writes=WRITES,
        purposes=PURPOSES,
        files=_files(found) if found else [],
        shown=shown,
        advice=[one.in_(lang()) for one in kind.unheeded(found.settings if found else {})],
        filled=[one.name for one in kind.asks if given.get(one.name) and not one.signs],
    )


def _seen(found: Destination | None) -> str:
    return meanwhile.seen(destination_forms.given(found) if found else None, parts().config.secret_key)


def _outdated(kind: Kind[Any], found: Destination) -> Any:
    """Somebody else has saved it since this page was shown."""
    rules, there = kind.mapped(found.settings), destination_forms.given(found)
    with parts().db.read() as conn:
        offered = choices.of_site(conn, seat().site, lang())
    stands, typed = (
        destination_forms.told(kind, one, destination_forms.lines(kind, rules, offered, one), lang())
        for one in (there, request.form)
    )
    changes = meanwhile.differing({label: label for label in stands}, stands, typed)
    newer = meanwhile.newer(CHANGES, found.id, changes=changes)
    return _asked(kind, request.form, found=found, newer=newer)


def _preview(kind: Kind[Any], present: Mapping[str, Any]) -> tuple[bool, str]:
    """What would be sent by what was entered, nicely set. Raises SettingsError."""
    if kind.preview is None:
        abort(404)
    stored = kind.read(destination_forms.entered(kind, request.form), present)
    real, body = trial.preview(parts(), kind, stored, seat().site)
    return real, json.dumps(json.loads(body), ensure_ascii=False, indent=2)


def _posted_choice(kind: Kind[Any]) -> dict[str, Any]:
    """Name, sends, purpose and pace, as the columns hold them. Raises SettingsError."""
    given = request.form
    paced = {"per_second": destination_forms.pace(given)} if "per_second" in given else {}
    return {
        **paced,
        "name": given.get("name", "").strip()[:200] or ("CRM" if kind.name == "webhook" else kind.title.in_(lang())),
        "sends": "all" if given.get("sends") == "all" else "rules",
        "purpose": given.get("purpose") if given.get("purpose") in PURPOSES else None,
    }


def _add(kind: Kind[Any]) -> Destination:
    count_menu()
    here, now = seat(), parts().clock()
    given = destination_forms.entered(kind, request.form)
    choice = _posted_choice(kind)
    new = NewDestination(here.site.id, kind.name, choice["name"], given, choice["sends"], choice["purpose"])
    with parts().db.write() as conn:
        made = store.add(conn, parts().config.secret_key, new, now)
        store.change(conn, here.site.id, made.id, choice)
        audit.add(conn, here.site.id, now, "destination_added", made.id, user_id=here.user.id)
    return made


def _files(found: Destination) -> list[Path]:
    key = found.settings.get("key")
    return exported(export_folder(parts().config.data_dir, seat().site.key), key) if found.kind == "csv" and key else []


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
    if failure is not None:
        flash(t("destination_test_failed", reason=Wording(lang()).reason_words(failure.reason)), "danger")
    elif tried.http_status:
        flash(t("destination_test_ok", status=tried.http_status, ms=round(tried.ms)), "success")
    else:
        flash(t("destination_test_done", ms=round(tried.ms)), "success")
    if failure is None:
        for advice in DESTINATIONS[found.kind].unheeded(found.settings):
            flash(advice.in_(lang()), "warn")
    if request.args.get("back") == "edit":
        return redirect(url_for("console.destination_edit", destination_id=found.id), 303)
    return redirect(url_for("console.destinations_list"), 303)


def _destination(destination_id: str) -> Destination:
    with parts().db.read() as conn:
        found = store.get(conn, seat().site.id, destination_id, parts().config.secret_key)
    if found is None:
        abort(404)
    return found
