"""The draft as a whole: as text, published or thrown away; and the versions before, gone back to."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import abort, flash, request

from gateway.scoring import editing
from gateway.scoring.rulebook import RulebookError, data_of, from_published, from_toml, shipped_text
from gateway.store import audit, users
from gateway.store import rulebooks as store
from gateway.web.console import rules_draft
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import page
from gateway.web.console.rules_draft import Problems, r, revision, said


@blueprint.get("/rules/text")
def rules_text() -> Any:
    draft = rules_draft.draft()
    text = draft.content if draft else rules_draft.text_in_force()
    return _text(text, problems=rules_draft.problems(text))


@blueprint.post("/rules/text")
def rules_text_save() -> Any:
    """Keep the draft. What has mistakes is not kept, but stays in the page with each of them named."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    problems = rules_draft.problems(text)
    if problems:
        return _text(text, 422, problems=problems, not_kept=True, revision=revision())
    with parts().db.write() as conn:
        kept = rules_draft.save(conn, text, revision())
    return said("saved", "rules_text") if kept else _text(text, 409)


@blueprint.post("/rules/publish")
def rules_publish() -> Any:
    """The draft as this page showed it; nothing where somebody has changed it since, or where it has mistakes."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        draft = store.draft(conn, here.site.id)
        if draft is None or draft.revision != revision():
            return said("draft_newer" if draft else "no_draft", "rules_page", "danger")
        try:
            version = store.publish(conn, here.site.id, draft.content, now, by=here.user.id)
        except RulebookError:
            return said("draft_bad", "rules_page", "danger")
        store.drop_draft(conn, here.site.id)
        audit.add(conn, here.site.id, now, "rules_published", str(version), user_id=here.user.id)
    return said("published", "rules_page", n=version)


@blueprint.post("/rules/discard")
def rules_discard() -> Any:
    here = seat()
    with parts().db.write() as conn:
        store.hold(conn, here.site.id)
        draft = store.draft(conn, here.site.id)
        if draft is None or draft.revision != revision():
            return said("draft_newer" if draft else "no_draft", "rules_page", "danger")
        store.drop_draft(conn, here.site.id)
        audit.add(conn, here.site.id, parts().clock(), "rules_discarded", here.site.id, user_id=here.user.id)
    return said("discarded", "rules_page")


@blueprint.post("/rules/take-back")
def rules_take_back() -> Any:
    """One change of the draft, named by kind and code; the others stay."""
    before = data_of(rules_draft.text_in_force())
    asked = request.form.get("change", "")

    def undo(data: dict[str, Any]) -> None:
        found = editing.differences(from_published(editing.text_of(before)), from_toml(editing.text_of(data)))
        for one in found:
            if f"{one.kind} {one.code}" == asked:
                editing.take_back(data, before, one)

    kept = rules_draft.keep(undo)
    if kept.status == "problems":
        flash("; ".join(what for _, what in rules_draft.told(kept.problems)), "danger")
        return said("not_done", "rules_page", "danger")
    return said({"saved": "taken_back", "locked": "draft_bad"}.get(kept.status, "draft_newer"), "rules_page")


@blueprint.get("/rules/versions")
def rules_versions() -> Any:
    with parts().db.read() as conn:
        found = store.versions(conn, seat().site.id)
        names = users.names(conn, {one.by for one in found if one.by})
    return page("rules_versions.html", versions=found, names=names, r=r)


@blueprint.get("/rules/versions/<int:number>")
def rules_version(number: int) -> Any:
    found = _version(number)
    return page("rules_version.html", number=number, text=found, newest=found == rules_draft.text_in_force(), r=r)


@blueprint.post("/rules/versions/<int:number>")
def rules_back(number: int) -> Any:
    """Publish an earlier version anew; 0 is the shipped rulebook. One that an older reader took is shown as text, with
    what to mend."""
    text, here, now = _version(number), seat(), parts().clock()
    with parts().db.write() as conn:
        try:
            version = store.publish(conn, here.site.id, text, now, by=here.user.id)
        except RulebookError as error:
            return _text(text, 422, problems=error.problems, not_kept=True)
        audit.add(conn, here.site.id, now, "rules_went_back", str(version), user_id=here.user.id, to=number)
    return said("published", "rules_page", n=version)


def _text(text: str, status: int = 200, *, problems: Problems = (), not_kept: bool = False, **more: Any) -> Any:
    told = rules_draft.told(problems)
    shown = {**rules_draft.state(conflict=status == 409), "locked": bool(problems) and not not_kept, **more}
    return page("rules_text.html", status, text=text, problems=told, not_kept=not_kept, **shown)


def _version(number: int) -> str:
    if number == 0:
        return shipped_text()
    with parts().db.read() as conn:
        found = next((one for one in store.versions(conn, seat().site.id) if one.number == number), None)
    return found.content if found else _missing()


def _missing() -> NoReturn:
    abort(404)
