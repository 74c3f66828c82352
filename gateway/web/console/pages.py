"""What every page of the console is given: words, formats, the seat, and ways to answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gateway.files import BOM, csv_rows
from gateway.store import duplicates_search
from gateway.store import overview as overview_counts
from gateway.web import limits
from gateway.web.console import labels, wording
from gateway.web.console.access import Seat, parts, user
from gateway.web.console.formats import Formats
from gateway.words import known_keys, say

LANGUAGES = ("fa", "en")
PAGE = 25  # rows a list shows at once
UNSIGNED_ZONE = "Asia/Tehran"  # before a site is known
AWAY_SECONDS = 5  # as on the visitor's side
SECRETS = frozenset({"password", "again", "current"})  # fields of passwords: they stand on no page
HTTP_WORDS = {400, 401, 403, 404, 405, 413, 429}  # each has its own sentence in the catalogue


def lang() -> str:
    """The user's language; before sign-in the one chosen here, else of whom a link was made for, else the browser's."""
    signed_in = user()
    if signed_in is not None:
        return signed_in.lang
    chosen = session.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    if g.get("addressee_lang") in LANGUAGES:
        return str(g.addressee_lang)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def t(code: str, **params: Any) -> str:
    """The console's words in the page's language; those for one thing where `count` is 1."""
    key = f"console.{code}"
    if params.get("count") == 1 and f"{key}_one" in known_keys("console"):
        key = f"{key}_one"
    return say(lang(), key, **params)


def formats() -> Formats:
    here: Seat | None = g.get("seat")
    zone = ZoneInfo(here.site.timezone if here else UNSIGNED_ZONE)
    return Formats(lang(), zone, parts().clock())


def context() -> dict[str, Any]:
    """What templates see beside their own parameters."""
    here: Seat | None = g.get("seat")
    language = lang()
    return {
        "t": t,
        "say": lambda code, **params: say(language, code, **params),
        "lang": language,
        "dir": "rtl" if language == "fa" else "ltr",
        "fmt": formats(),
        "seat": here,
        "me": user(),
        "may": here.may if here else lambda _endpoint: False,
        "asset": asset,
        "requested_path": requested_path,
        "current_section": current_section,
        "waiting": waiting,
        "duplicates_waiting": duplicates_waiting,
        "form_words": form_words,
        "known_words": known_keys,
        **wording.functions(language),
    }


SECTIONS = {  # page → the entry of the side bar that it stands under
    "overview": "overview",
    "by_person": "overview",
    "lead": "leads",
    "lead_fact": "leads",
    "lead_fact_write": "leads",
    "lead_compare": "leads",
    "lead_erase": "leads",
    "erasures": "leads",
    "leads_list": "leads",
    "segments_list": "leads",
    "organisations_list": "leads",
    "organisation": "leads",
    "imports_list": "leads",
    "import_page": "leads",
    "duplicates": "duplicates",
    "review": "review",
    "review_sample": "review",
    "forms_list": "forms",
    "form": "forms",
    "form_new": "forms",
    "form_save": "forms",
    "form_version": "forms",
    "form_policy": "forms",
    "form_policy_save": "forms",
    "form_setup": "forms",
    "form_setup_save": "forms",
    "form_visits": "forms",
    "form_questions": "forms",
    "form_results": "forms",
    "destinations_list": "destinations",
    "destination_add": "destinations",
    "destination_edit": "destinations",
    "inbound": "destinations",
    "inbound_key": "destinations",
    "deliveries_list": "destinations",
    "delivery": "destinations",
    "routes_page": "destinations",
    "route_rule": "destinations",
    "route_rule_save": "destinations",
    "lead_where": "leads",
    "rules_page": "rules",
    "rules_save": "rules",
    "rules_customers": "rules",
    "rules_stages": "rules",
    "rules_segments": "rules",
    "rules_change": "rules",
    "rules_change_save": "rules",
    "rules_text": "rules",
    "rules_try": "rules",
    "rules_outcomes": "rules",
    "rules_outcomes_try": "rules",
    "rules_text_save": "rules",
    "rules_versions": "rules",
    "rules_version": "rules",
    "settings": "settings",
    "people": "settings",
    "person_invite": "settings",
    "tokens": "settings",
    "token_create": "settings",
}


def current_section() -> str:
    return SECTIONS.get((request.endpoint or "").removeprefix("console."), "")


def waiting() -> int:
    """How many submissions wait for review here; asked once a page."""
    here: Seat | None = g.get("seat")
    if here is None:
        return 0
    if "held" not in g:
        with parts().db.read() as conn:
            g.held = overview_counts.held(conn, here.site.id, parts().clock())
    return int(g.held)


def duplicates_waiting() -> int:
    """How many pairs of leads may be one person; asked once a page, like `waiting`."""
    here: Seat | None = g.get("seat")
    if here is None:
        return 0
    if "duplicates" not in g:
        with parts().db.read() as conn:
            g.duplicates = duplicates_search.waiting(conn, here.site.id)
    return int(g.duplicates)


def form_words(key: str) -> str:
    """What the form of this key is called; the key where it was never published. All of the site's are read once a
    page."""
    if "form_titles" not in g:
        with parts().db.read() as conn:
            g.form_titles = labels.titles(conn, g.seat.site.id, lang())
    return str(g.form_titles.get(key, key))


def count_menu() -> None:
    """Ask now what the menu counts: before something is made whose secret the page shows once, since nothing may fail
    between the two."""
    waiting()
    duplicates_waiting()


def page(template: str, status: int = 200, /, **params: Any) -> tuple[str, int]:
    return render_template(f"console/{template}", **params), status


def address(endpoint: str, params: Mapping[str, Any]) -> str:
    """A page's address with these in its path or query."""
    return url_for(f"console.{endpoint}", **params)


def done(code: str, endpoint: str, **params: Any) -> Any:
    """After a change: one sentence that says what happened, on the page where the user goes on."""
    flash(t(code, **params), "success")
    return redirect(url_for(f"console.{endpoint}", **params), 303)


def said(code: str, endpoint: str, params: Mapping[str, Any], to: Mapping[str, Any], *, well: bool) -> Any:
    """After a change: a sentence of any area's catalogue, on the page with these in its address."""
    numbers = {name: formats().number(value) for name, value in params.items()}
    flash(say(lang(), code, **numbers), "success" if well else "danger")
    return redirect(address(endpoint, to), 303)


def failed(code: str, endpoint: str, **params: Any) -> Any:
    flash(t(code, **params), "danger")
    return redirect(url_for(f"console.{endpoint}", **params), 303)


def requested_path() -> str:
    """This page's own address, to come back to: path and query, nothing foreign."""
    query = request.query_string.decode("ascii", "replace")
    return request.path + (f"?{query}" if query else "")


def safe_next(text: str | None, otherwise: str) -> str:
    """Where to go after: only a path inside the console, whatever a crafted link asks for."""
    path = (text or "").partition("?")[0]
    if (
        text is None
        or not text.isprintable()
        or "\\" in text
        or path != "/console"
        and not path.startswith("/console/")
    ):
        return otherwise
    return text


def error_page(error: HTTPException) -> Any:
    """A refusal in words; the answer's own headers (`Retry-After`, `Allow`) stay."""
    code = error.code or 500
    if error.response is not None or code < 400:
        return error
    word = "error_csrf" if isinstance(error, CSRFError) else f"error_{code if code in HTTP_WORDS else 'other'}"
    body = render_template("console/error.html", code=code, word=word)
    response = Response(body, code, mimetype="text/html")
    if code == 429:
        response.headers["Retry-After"] = str(limits.retry_after())
    if code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(getattr(error, "valid_methods", ()))
    return response


def away_page() -> Response:
    """The database is away. What was typed travels in this page's own form, since a page that no browser may store
    is empty when the Back button shows it again; a password is typed anew."""
    typed = list(request.form.items(multi=True)) if request.method == "POST" else []
    secret = not SECRETS.isdisjoint(request.form)
    body = render_template("console/away.html", typed=[] if secret else typed)
    return Response(body, 503, {"Retry-After": str(AWAY_SECONDS)}, mimetype="text/html")


def csv_file(name: str, rows: Iterable[Iterable[object]]) -> Response:
    """A table to take away: UTF-8 with a mark at its start, by which spreadsheets know it; nothing in it runs (rule
    34)."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(BOM + csv_rows(rows).encode(), mimetype="text/csv", headers=headers)


def asset(name: str) -> str:
    """The address of a static file, with its content in it: a new release is fetched, an old one stays cached."""
    return url_for("static", filename=name, v=_digest(str(Path(current_app.static_folder or "") / name)))


@lru_cache(maxsize=64)
def _digest(path: str) -> str:
    file = Path(path)
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else "missing"
