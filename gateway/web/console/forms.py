"""Forms: the list, the draft as TOML with its problems and a preview of the first visit, versions, the snippet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import abort, request

from forms.model import Form, FormError, from_toml
from forms.toml import Wrong
from gateway import confirming
from gateway.confirming import Ways
from gateway.scoring.events import bands_lost
from gateway.store import audit, rulebooks, whose
from gateway.store import forms as form_rows
from gateway.store.db import lock_names
from gateway.store.forms import FormRow
from gateway.web import serving
from gateway.web.console import meanwhile, preview
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.meanwhile import Newer
from gateway.web.console.pages import done, lang, page
from gateway.web.own_hosts import SETTING
from gateway.words import say

STARTERS = Path(__file__).parent / "starters"
CHANGES = ("form_saved", "policy_saved")  # in the audit: of a draft
NAMES = ("guide", "contact", "newsletter", "assessment")
KEY = re.compile("[a-z][a-z0-9_-]{0,59}")


@blueprint.get("/forms")
def forms_list() -> Any:
    with parts().db.read() as conn:
        rows = form_rows.of_site(conn, seat().site.id)
        published = {row.id: _published(conn, row) for row in rows}
    return page("forms.html", rows=[(row, form_title(row), published[row.id]) for row in rows])


@blueprint.route("/forms/new", methods=["GET", "POST"])
def form_new() -> Any:
    """A new draft from one of the starters; its key is part of addresses, so it is chosen here once."""
    key = request.form.get("key", "").strip().lower()
    starter = request.form.get("starter", NAMES[0])
    if request.method != "POST":
        return page("form_new.html", starters=NAMES, starter=starter, key="", problem=None)
    problem = _key_problem(key)
    if problem is None and starter in NAMES:
        text = (STARTERS / f"{starter}.toml").read_text("utf-8").replace('"KEY"', f'"{key}"')
        with parts().db.write() as conn:
            form_rows.save_draft(conn, seat().site.id, text, parts().clock())
        return done("form_made", "form", key=key)
    return page("form_new.html", 422, starters=NAMES, starter=starter, key=key, problem=problem)


@blueprint.get("/forms/<key>")
def form(key: str) -> Any:
    row = form_row(key)
    return _editor(row, row.draft)


@blueprint.post("/forms/<key>")
def form_save(key: str) -> Any:
    """Keep the draft. What is no form is not kept, but stays in the editor with each problem named."""
    row = form_row(key)
    text = request.form.get("draft", "").replace("\r\n", "\n")
    problems = _problems(text, row.key)
    if problems:
        return _editor(row, text, problems, 422, not_kept=True)
    if not keep(row, text):
        row = form_row(key)
        newer = meanwhile.newer(CHANGES, key, lines=meanwhile.text_lines(row.draft, text))
        return _editor(row, text, status=409, newer=newer)
    if request.form.get("then") == "publish":
        return form_publish(key)
    return done("form_saved", "form", key=key)


def keep(row: FormRow, text: str) -> bool:
    """Whether the draft was kept: not where somebody else has saved the draft since the page was shown."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        lock_names(conn, f"form:{row.id}")
        stands = form_rows.get(conn, row.site_id, row.key)
        if stands is None or meanwhile.passed(meanwhile.seen(stands.draft)):
            return False
        form_rows.save_draft(conn, row.site_id, text, now)
        audit.add(conn, row.site_id, now, "form_saved", row.key, user_id=here.user.id)
    return True


@blueprint.post("/forms/<key>/publish")
def form_publish(key: str) -> Any:
    row = form_row(key)
    now = parts().clock()
    with parts().db.write() as conn:
        form_rows.publish(conn, row.site_id, key, now, by=seat().user.id)
        audit.add(conn, row.site_id, now, "form_published", key, user_id=seat().user.id)
    return done("form_published", "form", key=key)


@blueprint.post("/forms/<key>/preview")
def form_preview(key: str) -> Any:
    """The first visit's page of the text in the editor, or what is wrong with it. Stores nothing."""
    row = form_row(key)
    text = request.form.get("draft", "").replace("\r\n", "\n")
    problems = _problems(text, row.key)
    shown = preview.first_visit(from_toml(text), seat().site, _preview_lang()) if not problems else ""
    return page("preview.html", problems=problems, shown=shown, preview_lang=_preview_lang())


@blueprint.get("/forms/<key>/versions/<int:number>")
def form_version(key: str, number: int) -> Any:
    row = form_row(key)
    with parts().db.read() as conn:
        found = next((one for one in form_rows.versions(conn, row.id) if one.version == number), None)
    if found is None:
        abort(404)
    return page("form_version.html", row=row, version=found, title=form_title(row))


def _editor(
    row: FormRow,
    text: str,
    problems: Any = (),
    status: int = 200,
    *,
    not_kept: bool = False,
    newer: Newer | None = None,
) -> Any:
    """newer: somebody else has saved the draft since the page was shown."""
    with parts().db.read() as conn:
        versions = form_rows.versions(conn, row.id)
    shown = "" if problems else preview.first_visit(from_toml(text), seat().site, _preview_lang())
    published = next((one for one in versions if one.version == row.published_version), None)
    address = f"{seat().site.settings.get(SETTING) or parts().config.base_url}/f/{row.key}"
    token = serving.test_token(parts().config.secret_key, row.key, parts().clock())
    return page(
        "form.html",
        status,
        row=row,
        text=text,
        problems=problems,
        not_kept=not_kept,
        newer=newer,
        was=request.form.get("was", "") if not_kept else meanwhile.seen(row.draft),
        shown=shown,
        preview_lang=_preview_lang(),
        versions=versions,
        title=form_title(row),
        cannot_confirm=_cannot_confirm(row),
        bands_lost=_bands_lost(row),
        changed=published is not None and published.content != row.draft,
        address=address,
        snippet=_snippet(row.key),
        test_address=f"{address}?test={token}",
    )


def _cannot_confirm(row: FormRow) -> str | None:
    """Whom the published form would ask to confirm, where nothing can be sent."""
    if row.published_version is None:
        return None
    with parts().db.read() as conn:
        form = form_rows.version(conn, row.id, row.published_version)
    return confirming.lacking(form, Ways.of(parts().config))


def _bands_lost(row: FormRow) -> bool:
    """The published form's bands give no points, since the site's rules read no assessment's result."""
    if row.published_version is None:
        return False
    with parts().db.read() as conn:
        form = form_rows.version(conn, row.id, row.published_version)
        return bands_lost(rulebooks.in_force(conn, row.site_id), form)


def _snippet(key: str) -> str:
    base = seat().site.settings.get(SETTING) or parts().config.base_url
    return f'<script async src="{base}/embed.js"></script>\n<lead-form form="{key}"></lead-form>'


def form_row(key: str) -> FormRow:
    with parts().db.read() as conn:
        row = form_rows.get(conn, seat().site.id, key) if KEY.fullmatch(key) else None
    if row is None:
        abort(404)
    return row


def _published(conn: Any, row: FormRow) -> Any:
    if row.published_version is None:
        return None
    return next(one for one in form_rows.versions(conn, row.id) if one.version == row.published_version)


def _problems(text: str, key: str) -> list[tuple[str, str]]:
    """(where, what to do) of each problem, in the page's language."""
    try:
        found = form_rows.read(text)
    except FormError as error:
        return error.told(say, lang())
    if found.key != key:
        return [Wrong((("form", found.key), ("key", "key")), "other_key", {"name": key}).told(say, lang())]
    return []


def _key_problem(key: str) -> str | None:
    if not KEY.fullmatch(key):
        return "form_key_bad"
    with parts().db.read() as conn:
        return "form_key_taken" if whose.form_key_taken(conn, key) else None


def form_title(row: FormRow) -> str:
    """The draft's title in the page's language, else in one that it has."""
    try:
        found: Form = from_toml(row.draft)
    except FormError:
        return row.key
    return found.title.get(lang()) or next(iter(found.title.values()), row.key)


def _preview_lang() -> str:
    asked = request.values.get("preview_lang", "")
    return asked if asked in {"fa", "en"} else lang()
