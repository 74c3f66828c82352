"""The site's own settings: name, origins, zone, language, cookies, who is told, declared events and pages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from gateway import renewing
from gateway.net import origin
from gateway.records import Site
from gateway.store import audit
from gateway.store import sites as store
from gateway.store.db import lock_names
from gateway.web import own_hosts
from gateway.web.browser_events import PAGE_TYPES
from gateway.web.console import meanwhile
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.meanwhile import Newer
from gateway.web.console.pages import LANGUAGES, done, page, t
from verification.addresses import email_domain

EVENT = re.compile("[a-z][a-z0-9_]{0,59}")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|[^\s@]+@localhost\S*")
MAX_LINES = 100
LABELS = {"name": "site_name", "lang": "site_lang", "pages": "declared_pages"}  # others are called as they are named
# Places alone: old names without one ("Iran", "GB") and the machine's own ("localtime") are none to choose.
ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")) + ["UTC"]


def lines(text: str | None) -> list[str]:
    """One entry a line, blanks left out, each once."""
    return list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


class SettingsForm(FlaskForm):
    name = StringField(validators=[DataRequired(), Length(max=200)])
    origins = TextAreaField()
    own_address = StringField(validators=[Length(max=200)])
    timezone = StringField(validators=[AnyOf(available_timezones())])
    lang = StringField(validators=[AnyOf(LANGUAGES)])
    cookies = StringField(validators=[AnyOf(("free", "ask"))])
    notify = TextAreaField()
    allow_domains = TextAreaField()
    deny_domains = TextAreaField()
    events = TextAreaField()
    pages = TextAreaField()
    views = BooleanField()

    def validate_origins(self, field: Any) -> None:
        _check(field, lambda line: origin(line) is not None)

    def validate_own_address(self, field: Any) -> None:
        text = (field.data or "").strip().rstrip("/")
        origins = tuple(made for line in lines(self.origins.data) if (made := origin(line)))
        code = own_hosts.problem(origin(text) or text, origins, parts().config.base_url) if text else None
        if code is None and text and _taken(text):
            code = "taken"
        if code:
            raise ValidationError(code)

    def validate_notify(self, field: Any) -> None:
        _check(field, lambda line: ADDRESS.fullmatch(line) is not None and len(line) <= 254)

    def validate_allow_domains(self, field: Any) -> None:
        _check(field, lambda line: domain(line) is not None)

    def validate_deny_domains(self, field: Any) -> None:
        _check(field, lambda line: domain(line) is not None)

    def validate_events(self, field: Any) -> None:
        _check(field, lambda line: EVENT.fullmatch(line) is not None)

    def validate_pages(self, field: Any) -> None:
        _check(field, lambda line: registered(line) is not None)


def _taken(text: str) -> bool:
    with parts().db.read() as conn:
        others = [site for site in store.all_sites(conn) if site.id != seat().site.id]
    return any(site.settings.get(own_hosts.SETTING) == origin(text) for site in others)


def domain(line: str) -> str | None:
    """`example.com`, also written `@example.com`, in ASCII and lower case. None for a whole address:
    who denies one person would deny everybody of that provider."""
    name = line.strip().removeprefix("@")
    found = email_domain(f"a@{name}") if "@" not in name else None
    return found if found and "." in found else None


def registered(line: str) -> dict[str, str] | None:
    """`/prices content_view bottom` as the site keeps it; the level may be left out. None for anything else."""
    path, *rest = line.split()
    kind, level = (*rest, "", "")[:2]
    if len(rest) > 2 or not path.startswith("/") or len(path) > 500 or kind not in (*PAGE_TYPES, ""):
        return None
    if level not in {"", "top", "bottom"}:
        return None
    found = {"path": path, "type": kind or PAGE_TYPES[0]}
    return {**found, "level": level} if level else found


def _check(field: Any, fits: Any) -> None:
    found = lines(field.data)
    bad = [line for line in found if not fits(line)]
    if bad or len(found) > MAX_LINES:
        raise ValidationError((bad or found[MAX_LINES:])[0])


@blueprint.route("/settings", methods=["GET", "POST"])
def settings() -> Any:
    site = seat().site
    form = SettingsForm(data=_shown(site)) if request.method != "POST" else SettingsForm()
    if request.method != "POST":
        return _page(form, 200, was=meanwhile.seen(_shown(site)))
    if not form.validate():
        return _page(form, 422, was=request.form.get("was", meanwhile.seen(_shown(site))))
    stands = _save(site.id, form)
    if stands is not None:
        return _page(form, 409, was=meanwhile.seen(_shown(stands)), newer=_newer(stands, form))
    return done("settings_saved", "settings")


def _page(form: SettingsForm, status: int, *, was: str, newer: Newer | None = None) -> Any:
    with parts().db.read() as conn:
        lists = renewing.ages(conn)
    told = {
        "zones": sorted({*ZONES, seat().site.timezone}),
        "mail_works": parts().config.smtp_url is not None,
        "lists": lists,
        "lists_old": any(age.old(parts().clock()) for age in lists),
    }
    return page("settings.html", status, form=form, was=was, newer=newer, **told)


def _newer(stands: Site, form: SettingsForm) -> Newer:
    """Somebody else's change, by what its page calls each: where saving would make another thing of it."""
    before, after = (
        {name: _plain(value) for name, value in _shown(site).items()}
        for site in (stands, replace(stands, **_columns(stands, form)))
    )
    changes = meanwhile.differing({name: t(LABELS.get(name, name)) for name in before}, before, after)
    return meanwhile.newer(("settings_changed",), stands.id, changes=changes)


def _plain(value: object) -> str:
    return ("✓" if value else "✗") if isinstance(value, bool) else "\n".join(lines(str(value or "")))


def _shown(site: Site) -> dict[str, Any]:
    def text(name: str) -> str:
        return "\n".join(site.settings.get(name, ()))

    return {
        "name": site.name,
        "origins": "\n".join(site.origins),
        "own_address": site.settings.get(own_hosts.SETTING) or "",
        "timezone": site.timezone,
        "lang": site.lang,
        "cookies": site.cookies,
        "notify": text("notify"),
        "allow_domains": text("allow_domains"),
        "deny_domains": text("deny_domains"),
        "events": text("events"),
        "pages": "\n".join(
            " ".join(str(one[part]) for part in ("path", "type", "level") if one.get(part))
            for one in site.settings.get("pages", ())
        ),
        "views": bool(site.settings.get("views")),
    }


def _save(site_id: str, form: SettingsForm) -> Site | None:
    """None: saved. Else the site as it stands, which somebody else has changed since the page was shown."""
    now, here = parts().clock(), seat()
    with parts().db.write() as conn:
        lock_names(conn, f"settings:{site_id}")
        stands = store.get(conn, site_id)
        if meanwhile.passed(meanwhile.seen(_shown(stands))):
            return stands
        store.change(conn, site_id, _columns(stands, form))
        audit.add(conn, site_id, now, "settings_changed", site_id, user_id=here.user.id)
    return None


def _columns(stands: Site, form: SettingsForm) -> dict[str, Any]:
    """The site's columns as the form wants them. What the page does not show of its settings stays as it is."""
    shown: dict[str, Any] = {name: lines(form[name].data) for name in ("notify", "events")}
    for name in ("allow_domains", "deny_domains"):
        shown[name] = [named for line in lines(form[name].data) if (named := domain(line))]
    shown["pages"] = [found for line in lines(form.pages.data) if (found := registered(line))]
    shown["views"] = form.views.data
    if seat().may("site_new"):  # whoever names a host decides what answers there
        shown[own_hosts.SETTING] = origin((form.own_address.data or "").strip()) or ""
    return {
        "name": (form.name.data or "").strip(),
        "origins": [made for line in lines(form.origins.data) if (made := origin(line))],
        "timezone": form.timezone.data,
        "lang": form.lang.data,
        "cookies": form.cookies.data,
        "settings": {**stands.settings, **shown},
    }
