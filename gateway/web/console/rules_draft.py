"""What the pages of the rules share: the one draft of the site, what it would change, and how it is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from flask import flash, redirect, request, url_for
from sqlalchemy import Connection

from forms.toml import Wrong
from gateway import rescoring
from gateway.scoring import editing
from gateway.scoring.model import Rulebook
from gateway.scoring.rulebook import RulebookError, data_of, from_published, from_toml, shipped_text
from gateway.store import audit, users
from gateway.store import rulebooks as store
from gateway.store.rulebooks import Draft
from gateway.web.console import labels
from gateway.web.console.access import parts, seat
from gateway.web.console.pages import formats, lang
from gateway.web.console.rule_words import RuleWords
from gateway.words import say

MAX_TEXT = 200_000  # characters: forty times the shipped rulebook
MOST_TOLD = 200  # mistakes that a page lists: a text may have tens of thousands
Problems = Sequence[Wrong]


@dataclass(frozen=True)
class Working:
    """What the pages show: the draft, or what is in force where there is none. locked: the draft has mistakes, so that
    what is in force is shown and only the text can be changed."""

    data: dict[str, Any]
    book: Rulebook
    locked: bool


@dataclass(frozen=True)
class Kept:
    """How keeping a change went. newer: somebody else has changed the same meanwhile; locked: the draft is no rulebook.
    before: the rulebook as it stood; data: with the change in it; problems: why it is not kept."""

    status: Literal["saved", "unchanged", "problems", "newer", "locked"]
    before: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    problems: Problems = ()


class NewerError(Exception):
    """Somebody else has changed what this page was made from."""


def draft() -> Draft | None:
    with parts().db.read() as conn:
        return store.draft(conn, seat().site.id)


def text_in_force() -> str:
    with parts().db.read() as conn:
        return store.text_in_force(conn, seat().site.id) or shipped_text()


def working() -> Working:
    found, in_force = draft(), text_in_force()
    text = found.content if found else in_force
    locked = bool(found and problems(text))
    text = in_force if locked else text
    return Working(data_of(text), from_published(text), locked)


def problems(text: str) -> Problems:
    if len(text) > MAX_TEXT:
        return [Wrong((("rulebook", ""),), "too_large", {"limit": MAX_TEXT})]
    try:
        from_toml(text)
    except RulebookError as error:
        return error.problems
    return ()


def keep(change: Callable[[dict[str, Any]], None]) -> Kept:
    """Let `change` alter the draft as it stands now, or begin one; kept where it is a rulebook and differs. `change`
    raises NewerError where this page no longer knows what it changes."""
    site_id = seat().site.id
    with parts().db.write() as conn:
        store.hold(conn, site_id)
        found = store.draft(conn, site_id)
        text = found.content if found else store.text_in_force(conn, site_id) or shipped_text()
        if found and problems(text):
            return Kept("locked")
        before = data_of(text)
        wanted = copy.deepcopy(before)
        try:
            change(wanted)
        except NewerError:
            return Kept("newer", before)
        if wanted == before:
            return Kept("unchanged", before)
        wrong = problems(editing.text_of(wanted))
        if wrong:
            return Kept("problems", before, wanted, wrong)
        save(conn, editing.text_of(wanted), found.revision if found else 0)
    return Kept("saved", before, wanted)


def save(conn: Connection, text: str, revision: int) -> bool:
    """As the draft; false where it is of another revision by now."""
    here, now = seat(), parts().clock()
    kept = store.save_draft(conn, here.site.id, text, now, revision=revision, by=here.user.id)
    if kept:
        audit.add(conn, here.site.id, now, "rules_saved", here.site.id, user_id=here.user.id)
    return kept


def state(*, conflict: bool = False) -> dict[str, Any]:
    """What every page of the draft says above it: what is in force, whose draft waits, how far the leads are."""
    site_id, found = seat().site.id, draft()
    with parts().db.read() as conn:
        versions, refused = store.versions(conn, site_id), store.refused(conn, site_id)
        names = users.names(conn, {one.by for one in (*versions, *([found] if found else ())) if one and one.by})
    return {
        "draft": found,
        "latest": versions[0] if versions else None,
        "refused": refused,
        "changes": changes(found),
        "names": names,
        "conflict": conflict,
        "locked": bool(found and problems(found.content)),
        "revision": found.revision if found else 0,
        "progress": rescoring.progress(parts().db, site_id),
        "r": r,
    }


def changes(found: Draft | None) -> list[tuple[str, str, str]]:
    """What the draft would change: (kind, what in words, its code)."""
    if found is None or problems(found.content):
        return []
    before, after = from_published(text_in_force()), from_toml(found.content)
    called = words()
    rules = {rule.code: called.rule(rule) for rule in (*before.rules, *after.rules)}
    return [
        (one.kind, r(f"part_{one.code}") if one.kind == "part" else rules[one.code], one.code)
        for one in editing.differences(before, after)
    ]


def words() -> RuleWords:
    with parts().db.read() as conn:
        return RuleWords(lang(), labels.of_site(conn, seat().site.id, lang()))


def told(found: Iterable[Wrong]) -> list[tuple[str, str]]:
    """Where and what, in the page's language: the first of very many."""
    return [one.told(say, lang()) for one in islice(found, MOST_TOLD)]


def revision() -> int:
    """Of the draft that the page was made from; 0: there was none."""
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def r(code: str, **params: Any) -> str:
    """The words of these pages; a moment is written as the page writes them."""
    shown = {name: formats().full(value) if name == "at" else value for name, value in params.items()}
    return say(lang(), f"rules.{code}", **shown)


def said(code: str, endpoint: str, kind: str = "success", **params: Any) -> Any:
    """After a change: what happened, on the page where the user goes on. `_anchor` and the like go to the address."""
    place = {name: params.pop(name) for name in [*params] if name in {"_anchor", "part", "of"}}
    flash(r(code, **params), kind)
    return redirect(url_for(f"console.{endpoint}", **place), 303)
