"""A page for each thing of the rulebook: a rule, a group, an ideal customer, a fact that keeps out, a way into a
stage, a segment, the cut-offs. It shows the form, adds and takes away its lines, and puts what was typed into the
draft. Somebody else's changes elsewhere in the draft stay; who changed the same thing meanwhile is told."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from flask import abort, request

from forms.toml import Path, Wrong
from gateway.scoring import editing
from gateway.scoring import wording as scoring
from gateway.scoring.model import Rulebook
from gateway.scoring.rulebook import RulebookError, from_toml
from gateway.scoring.stages import FUNNEL
from gateway.store import users
from gateway.web.console import choices, field_words, meanwhile, rule_parts, rules_draft, segment_count
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import lang, page
from gateway.web.console.rule_parts import NEW_RULES, PARTS, RULE_KINDS
from gateway.web.console.rules_draft import Kept, NewerError, Problems, r, said
from gateway.web.console.segment_count import Counted
from gateway.web.console.trials import Later, tried
from gateway.web.console.typed import Part
from gateway.words import LANGUAGES, say

# On which page each part is listed.
LISTED = {
    "rules": "rules_page",
    "groups": "rules_page",
    "interest": "rules_page",
    "profiles": "rules_customers",
    "disqualify": "rules_customers",
    "grades": "rules_customers",
    "entries": "rules_stages",
    "segments": "rules_segments",
}


@blueprint.get("/rules/change/<part>")
def rules_change(part: str) -> Any:
    """`of`: which thing, as `rule_parts.name` says; empty for a new one. `kind`: of a new rule."""
    now = rules_draft.working()
    if now.locked:
        return said("draft_bad", "rules_text", "danger")
    path = _path(now.data, part)
    old = rule_parts.thing_at(now.data, part, path)
    return change_form(part, path, old if old is not None else _new(part), now.data, was=meanwhile.seen(old))


@blueprint.post("/rules/change/<part>")
def rules_change_save(part: str) -> Any:
    """`then`: save, count (a segment's leads), or a button of a list, which only shows the page anew."""
    now = rules_draft.working()
    path = _path(now.data, part, gone=True)
    old = rule_parts.thing_at(now.data, part, path)
    was, named, then = request.form.get("was", ""), request.form.get("name", ""), request.form.get("then", "")
    shown = rule_parts.changed(part, request.form, named, old or {})
    if shown is not None:
        return change_form(
            part, path, shown, now.data, was=was, focus_on=rule_parts.to_look_at(part, shown, then, path)
        )
    typed = rule_parts.read(part, request.form, named, old or {})
    if then == "count" and part == "segments":
        return _counted(path, typed, now.data, was=was)
    kept = rules_draft.keep(lambda data: _put(data, part, typed, was))
    if kept.status in {"problems", "newer"}:
        return _refused(part, typed, kept, was=was)
    if kept.status == "locked":
        return said("draft_bad", "rules_text", "danger")
    return said(kept.status, LISTED[part], _anchor=part)


def _path(data: dict[str, Any], part: str, *, gone: bool = False) -> Any:
    """Where the asked thing stands, or would stand. gone: what is no more there is taken for new."""
    if part not in PARTS:
        _missing()
    of = request.args.get("of", "")
    path = rule_parts.place(data, part, of)
    if path is None and gone:
        path = rule_parts.place(data, part, of[: of.find(":") + 1])
    return path if path is not None else _missing()


def _new(part: str) -> Part:
    if part != "rules":
        return copy.deepcopy(PARTS[part].fresh)
    kind = request.args.get("kind", "")
    return copy.deepcopy(NEW_RULES[kind if kind in RULE_KINDS else "event"])


def _put(data: dict[str, Any], part: str, thing: Part, was: str) -> None:
    """Raises NewerError where somebody else has changed it, or taken it away."""
    path = rule_parts.place(data, part, request.args.get("of", ""))
    if path is None and was:
        raise NewerError
    path = path if path is not None else _path(data, part, gone=True)
    old = rule_parts.thing_at(data, part, path)
    if meanwhile.seen(old) != was:
        raise NewerError
    rule_parts.put(data, part, path, rule_parts.with_name(part, thing, editing.at(data, path[:-1]) or []))


def _refused(part: str, typed: Part, kept: Kept, *, was: str) -> Any:
    """With what was typed still there. Who saves again after somebody else's change puts theirs aside knowingly."""
    path = _path(kept.before, part, gone=True)
    if kept.status == "problems":
        return change_form(part, path, typed, kept.before, status=422, was=was, problems=kept.problems)
    theirs = meanwhile.seen(rule_parts.thing_at(kept.before, part, path))
    return change_form(part, path, typed, kept.before, status=409, was=theirs)


def _counted(path: Any, typed: Part, data: dict[str, Any], *, was: str) -> Any:
    """How many leads the segment would have, by the conditions as typed."""
    wanted = copy.deepcopy(data)
    titled = {**typed, "title": {"fa": "–", "en": "–"}}
    rule_parts.put(wanted, "segments", path, rule_parts.with_name("segments", titled, wanted.get("segments", [])))
    try:
        book = from_toml(editing.text_of(wanted))
    except RulebookError as error:
        return change_form("segments", path, typed, data, was=was, problems=error.problems)
    when = book.segments[path[-1]].when
    found = tried(lambda: segment_count.count(parts().db, seat().site.id, when, parts().clock()))
    return change_form("segments", path, typed, data, was=was, counted=found)


def change_form(part: str, path: Any, thing: Part, data: dict[str, Any], **more: Any) -> Any:
    """The page of a thing that stands, or is to stand, there. status: 409 where somebody else has changed it; problems:
    of the whole rulebook with it in."""
    status, problems, was = more.get("status", 200), more.get("problems", ()), more.get("was", "")
    book = _book(data)
    with parts().db.read() as conn:
        offered = choices.of_site(conn, seat().site, lang(), book)
        draft = rules_draft.draft()
        names = users.names(conn, {draft.by} if draft and draft.by else set())
    titles = rules_draft.words()
    name, stage = editing.named(path), data["stages"][path[1]]["name"] if part == "entries" else ""
    return page(
        "rules_change.html",
        status,
        part=part,
        kind=rule_parts.rule_kind(thing) if part == "rules" else "",
        of=request.args.get("of", ""),
        name=name,
        thing=thing,
        was=was,
        stage=stage,
        groups=[(one.key, titles.titled(one)) for one in book.groups] if book else [],
        called=_called(part, path, data),
        answer_words=_answer_words(str(thing.get("code", ""))),
        focus_on=more.get("focus_on", ""),
        choices=offered,
        problem=_beside(problems, path),
        problems=[_above(one, path) for one in problems],
        further=FUNNEL[FUNNEL.index(stage) + 1 :] if stage in FUNNEL else (),
        conflict=status == 409,
        back=LISTED[part],
        who=names.get(draft.by or "", r("on_server")) if draft else "",
        **_count_of(more.get("counted")),
        r=r,
    )


def _count_of(found: Counted | Later | None) -> dict[str, Any]:
    return {"later" if isinstance(found, Later) else "counted": found}


def _called(part: str, path: Any, data: dict[str, Any]) -> dict[str, str]:
    """What the thing is called as it stands, by language; nothing for a new one, and for what has no name."""
    thing = rule_parts.thing_at(data, part, path)
    code = (thing or {}).get(rule_parts.PARTS[part].own)
    if not thing or not code or (part == "rules" and "field" in thing):
        return {}
    title = thing.get("title", {})
    return {one: str(title.get(one) or next(iter(title.values()), "") or _words_of(one, code)) for one in LANGUAGES}


def _words_of(language: str, code: str, params: Mapping[str, Any] | None = None) -> str:
    """What the catalogue calls it; empty where it needs a lead to say so, or does not know it."""
    try:
        return scoring.say_code(language, code, params or {})
    except (KeyError, IndexError, ValueError):
        return ""


def _answer_words(rule: str) -> Callable[[str, Mapping[str, Any]], str]:
    """What an answer without a title of its own is called."""
    return lambda language, answer: _words_of(language, str(answer.get("code", rule)), answer.get("params"))


def _beside(problems: Problems, path: Path) -> dict[str, str]:
    """By the name of the field, the first of each; those of other things are told above the form alone."""
    mine = [one for one in problems if one.path[: len(path)] == path]
    return {editing.named(one.path): one.beside(say, lang()) for one in reversed(mine)}


def _above(one: Wrong, path: Path) -> tuple[str, str, str]:
    """The field that it is of, what the form calls that, and what to do."""
    own = one.path[: len(path)] == path and field_words.where(lang(), one.path[len(path) :])
    where, what = one.above(say, lang())
    return (editing.named(one.path), own, what) if own else ("", where, what)


def _book(data: dict[str, Any]) -> Rulebook | None:
    """None where what was typed makes it none."""
    try:
        return from_toml(editing.text_of(data))
    except RulebookError:
        return None


def _missing() -> NoReturn:
    abort(404)
