"""The rulebook: what is in force, the draft that staff change, publishing it and going back."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from flask import abort, flash, redirect, request, url_for

from forms.toml import Wrong
from gateway import rescoring
from gateway.scoring import editing
from gateway.scoring.event_types import SENDERS
from gateway.scoring.rulebook import RulebookError, data_of, from_toml, shipped_text
from gateway.store import audit, users
from gateway.store import forms as form_rows
from gateway.store import rulebooks as store
from gateway.store.rulebooks import Draft
from gateway.web.console import labels, rule_adding
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import formats, lang, page
from gateway.web.console.rule_words import RuleWords
from gateway.words import say

MAX_TEXT = 200_000  # characters: forty times the shipped rulebook
Problems = Sequence[Wrong]


@blueprint.get("/rules")
def rules_page() -> Any:
    draft, in_force = _draft(), _text_in_force()
    text = draft.content if draft else in_force
    bad = bool(draft and _problems(text))
    data = data_of(in_force if bad else text)
    return _rules(data, base=in_force if bad else text, locked=bad)


@blueprint.post("/rules")
def rules_save() -> Any:
    """Numbers, values and removed rules as typed, and a rule that is added; all of it becomes the draft, or nothing."""
    base, kind = request.form.get("base", ""), request.form.get("then", "").removeprefix("add_")
    if _problems(base):  # the page sends back the text that it was made from
        abort(400)
    data = data_of(base)
    editing.typed_in(data, request.form)
    problems = _problems(editing.text_of(data))
    if problems:
        return _rules(data, 422, base=base, problems=problems, adding=kind)
    wanted = copy.deepcopy(data)
    editing.without(wanted, request.form.getlist("drop"))
    if kind in rule_adding.KINDS:
        wanted["rules"].append(rule_adding.rule(kind, request.form, editing.free_code(data)))
    text = editing.text_of(wanted)
    problems = _problems(text)
    if problems:
        return _rules(data, 422, base=base, problems=problems, adding=kind)
    if wanted == _waiting():
        return _said("unchanged", "rules_page")
    if not _keep(text):
        return _rules(wanted, 409, base=text)
    return _said("saved", "rules_page")


@blueprint.get("/rules/text")
def rules_text() -> Any:
    draft = _draft()
    text = draft.content if draft else _text_in_force()
    return _text(text, problems=_problems(text))


@blueprint.post("/rules/text")
def rules_text_save() -> Any:
    """Keep the draft. What has mistakes is not kept, but stays in the page with each of them named."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    problems = _problems(text)
    if problems:
        return _text(text, 422, problems=problems, not_kept=True)
    if not _keep(text):
        return _text(text, 409)
    return _said("saved", "rules_text")


@blueprint.post("/rules/publish")
def rules_publish() -> Any:
    """The draft as this page showed it; nothing where somebody has changed it since, or where it has mistakes."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        draft = store.draft(conn, here.site.id)
        if draft is None or draft.revision != _revision():
            return _said("draft_newer" if draft else "no_draft", "rules_page", "danger")
        try:
            version = store.publish(conn, here.site.id, draft.content, now, by=here.user.id)
        except RulebookError:
            return _said("draft_bad", "rules_page", "danger")
        store.drop_draft(conn, here.site.id)
        audit.add(conn, here.site.id, now, "rules_published", str(version), user_id=here.user.id)
    return _said("published", "rules_page", n=version)


@blueprint.post("/rules/discard")
def rules_discard() -> Any:
    here = seat()
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        draft = store.draft(conn, here.site.id)
        if draft is None or draft.revision != _revision():
            return _said("draft_newer" if draft else "no_draft", "rules_page", "danger")
        store.drop_draft(conn, here.site.id)
        audit.add(conn, here.site.id, parts().clock(), "rules_discarded", here.site.id, user_id=here.user.id)
    return _said("discarded", "rules_page")


@blueprint.get("/rules/versions")
def rules_versions() -> Any:
    with parts().db.read() as conn:
        found = store.versions(conn, seat().site.id)
        names = users.names(conn, {one.by for one in found if one.by})
    return page("rules_versions.html", versions=found, names=names, r=_r)


@blueprint.get("/rules/versions/<int:number>")
def rules_version(number: int) -> Any:
    found = _version(number)
    return page("rules_version.html", number=number, text=found, newest=found == _text_in_force(), r=_r)


@blueprint.post("/rules/versions/<int:number>")
def rules_back(number: int) -> Any:
    """Publish an earlier version anew; 0 is the shipped rulebook."""
    text, here, now = _version(number), seat(), parts().clock()
    with parts().db.write() as conn:
        version = store.publish(conn, here.site.id, text, now, by=here.user.id)
        audit.add(conn, here.site.id, now, "rules_went_back", str(version), user_id=here.user.id, to=number)
    return _said("published", "rules_page", n=version)


def _rules(data: Any, status: int = 200, *, base: str, problems: Problems = (), **more: Any) -> Any:
    """The page of what stands in `data`. `base`: the text it was made from, which the next save starts from."""
    with parts().db.read() as conn:
        site_id = seat().site.id
        words = RuleWords(lang(), labels.of_site(conn, site_id, lang()))
        asked = [field for form in form_rows.published_of_site(conn, site_id) for field in form.fields]
    at_field, others = editing.by_field(problems, _fields(data))
    return page(
        "rules.html",
        status,
        data=data,
        book=from_toml(base),
        base=base,
        words=words,
        value=lambda name: editing.at(data, tuple(int(part) if part.isdigit() else part for part in name.split("."))),
        problem={name: one.told(say, lang())[1] for name, one in at_field.items()},
        others=_told(others),
        found=len(problems),
        caps=editing.CAPS,
        lists=editing.LISTS,
        events=[kind for kind in SENDERS if kind != "answer"],
        choices={field.name: field.options for field in asked if field.options},
        asked=sorted({field.name for field in asked if field.type != "consent"}),
        mark=rule_adding.MARK,
        **_state(status == 409),
        **{"locked": False, "adding": "", **more},
    )


def _text(text: str, status: int = 200, *, problems: Problems = (), not_kept: bool = False) -> Any:
    told = _told(problems)
    return page("rules_text.html", status, text=text, problems=told, not_kept=not_kept, **_state(status == 409))


def _state(conflict: bool) -> dict[str, Any]:
    """What every page of the draft says above it: what is in force, whose draft waits, how far the leads are."""
    site_id, draft = seat().site.id, _draft()
    with parts().db.read() as conn:
        versions = store.versions(conn, site_id)
        names = users.names(conn, {one.by for one in (*versions, *([draft] if draft else ())) if one and one.by})
    return {
        "draft": draft,
        "latest": versions[0] if versions else None,
        "changes": _changes(draft),
        "names": names,
        "conflict": conflict,
        "revision": _revision() if request.method == "POST" and not conflict else draft.revision if draft else 0,
        "progress": rescoring.progress(parts().db, site_id),
        "r": _r,
    }


def _changes(draft: Draft | None) -> list[tuple[str, str]]:
    """What the draft would change, in words: (kind, what)."""
    if draft is None or _problems(draft.content):
        return []
    before, after = from_toml(_text_in_force()), from_toml(draft.content)
    with parts().db.read() as conn:
        words = RuleWords(lang(), labels.of_site(conn, seat().site.id, lang()))
    called = {rule.code: words.rule(rule) for rule in (*before.rules, *after.rules)}
    return [
        (one.kind, _r(f"part_{one.code}") if one.kind == "part" else called[one.code])
        for one in editing.differences(before, after)
    ]


def _draft() -> Draft | None:
    with parts().db.read() as conn:
        return store.draft(conn, seat().site.id)


def _waiting() -> dict[str, Any] | None:
    """The draft as data, else what is in force; none where the draft is no TOML."""
    draft = _draft()
    try:
        return data_of(draft.content if draft else _text_in_force())
    except RulebookError:
        return None


def _text_in_force() -> str:
    with parts().db.read() as conn:
        return store.text_in_force(conn, seat().site.id) or shipped_text()


def _version(number: int) -> str:
    if number == 0:
        return shipped_text()
    with parts().db.read() as conn:
        found = next((one for one in store.versions(conn, seat().site.id) if one.number == number), None)
    return found.content if found else _missing()


def _missing() -> NoReturn:
    abort(404)


def _problems(text: str) -> Problems:
    if len(text) > MAX_TEXT:
        return [Wrong((("rulebook", ""),), "too_large", {"limit": MAX_TEXT})]
    try:
        from_toml(text)
    except RulebookError as error:
        return error.problems
    return ()


def _told(problems: Iterable[Wrong]) -> list[tuple[str, str]]:
    """Where and what, in the page's language."""
    return [one.told(say, lang()) for one in problems]


def _fields(data: Any) -> list[str]:
    """The names of the fields that the page shows."""
    return [editing.named(path) for path in (*(path for path, _ in editing.numbers(data)), *editing.lists(data))]


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _keep(text: str) -> bool:
    """As the draft; false where somebody else has saved since this page was made."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        kept = store.save_draft(conn, here.site.id, text, now, revision=_revision(), by=here.user.id)
        if kept:
            audit.add(conn, here.site.id, now, "rules_saved", here.site.id, user_id=here.user.id)
    return kept


def _r(code: str, **params: Any) -> str:
    """This page's own words; a moment is written as the page writes them."""
    shown = {name: formats().full(value) if name == "at" else value for name, value in params.items()}
    return say(lang(), f"rules.{code}", **shown)


def _said(code: str, endpoint: str, kind: str = "success", **params: Any) -> Any:
    flash(_r(code, **params), kind)
    return redirect(url_for(f"console.{endpoint}"), 303)
