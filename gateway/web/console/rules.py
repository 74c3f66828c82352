"""The rulebook part by part, as people read it: points, ideal customers, stages, segments. Points are changed in the
list itself, everything else on the page of each thing (rules_change.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import abort, flash, request

from forms.toml import Path, Wrong
from gateway.scoring import editing
from gateway.scoring.rulebook import data_of, shipped_text
from gateway.store import rulebooks
from gateway.store import segments as segment_rows
from gateway.web.console import meanwhile, rule_parts, rules_draft
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import lang, page
from gateway.web.console.rules_change import LISTED
from gateway.web.console.rules_draft import Kept, NewerError, said
from gateway.web.console.typed import moved
from gateway.words import say


@blueprint.get("/rules")
def rules_page() -> Any:
    return _points()


@blueprint.post("/rules")
def rules_save() -> Any:
    """Points as typed in the list, and what one of its buttons does to a rule: all of it, or nothing."""
    kept = rules_draft.keep(_change_rules)
    if kept.status == "problems":
        return _points(422, kept)
    if kept.status == "newer":
        return _points(409, kept)
    if kept.status == "locked":
        return said("draft_bad", "rules_text", "danger")
    return said(kept.status, "rules_page")


@blueprint.get("/rules/customers")
def rules_customers() -> Any:
    return _shown("rules_customers.html")


@blueprint.get("/rules/stages")
def rules_stages() -> Any:
    return _shown("rules_stages.html", into=rule_parts.INTO)


@blueprint.get("/rules/segments")
def rules_segments() -> Any:
    with parts().db.read() as conn:
        found = segment_rows.counts(conn, seat().site.id)
        counts = {one.key: found.get(one.key, 0) for one in rulebooks.in_force(conn, seat().site.id).segments}
    return _shown("rules_segments.html", counts=counts)


@blueprint.post("/rules/arrange/<part>")
def rules_arrange(part: str) -> Any:
    """`then`: up, down or drop, and which thing of the part."""
    if part not in LISTED or part in rule_parts.NUMBERS:
        abort(404)
    act, _, of = request.form.get("then", "").partition(" ")
    kept = rules_draft.keep(lambda data: _arrange(data, part, act, of))
    if kept.status == "problems":
        flash("; ".join(what for _, what in rules_draft.told(kept.problems)), "danger")
        return said("not_done", LISTED[part], "danger")
    code = {"newer": "draft_newer", "locked": "draft_bad", "saved": "saved"}.get(kept.status, "unchanged")
    return said(code, LISTED[part], "danger" if kept.status in {"newer", "locked"} else "success", _anchor=part)


@blueprint.post("/rules/read-results")
def rules_read_results() -> Any:
    """The shipped rule that gives an assessment's bands their points, in the draft; switched on, where it is there."""
    kept = rules_draft.keep(_read_results)
    if kept.status == "problems":
        return said("not_done", "rules_page", "danger")
    code = {"locked": "draft_bad", "saved": "saved"}.get(kept.status, "unchanged")
    return said(code, "rules_page", "danger" if kept.status == "locked" else "success")


def _read_results(data: dict[str, Any]) -> None:
    there = [rule for rule in data["rules"] if rule.get("by_band")]
    for rule in there:
        rule.pop("off", None)
    if not there:
        data["rules"] += [rule for rule in data_of(shipped_text())["rules"] if rule.get("by_band")]


def _change_rules(data: dict[str, Any]) -> None:
    for name, path in _points_of(data):
        typed, was = request.form.get(f"points.{name}"), request.form.get(f"was.{name}", "")
        if typed is None or editing.whole(typed) == editing.whole(was):  # the page shows its own digits
            continue
        rule = editing.at(data, path[:-1])
        if str(rule.get("points", "")) != was:
            raise NewerError
        rule["points"] = editing.whole(typed)
    act, _, of = request.form.get("then", "save").partition(" ")
    if act != "save":
        _arrange(data, "rules", act, of)


def _arrange(data: dict[str, Any], part: str, act: str, of: str) -> None:
    """Move, remove or switch one thing. Raises NewerError where it is gone, or where the list whose things are told
    apart by their places has changed since."""
    path = rule_parts.place(data, part, of) if of else None
    if path is None or request.form.get("list", "") != listed(data, part):
        raise NewerError
    holder, at = editing.at(data, path[:-1]), int(path[-1])
    if act == "drop":
        del holder[at]
    elif act in {"up", "down"}:
        holder[:] = moved(holder, at, -1 if act == "up" else 1)
    elif act == "off" and part == "rules":
        holder[at]["off"] = True
    elif act == "on" and part == "rules":
        holder[at].pop("off", None)
    else:
        abort(400)


def listed(data: dict[str, Any], part: str) -> str:
    """By which a page tells whether the order of a part's things is still the one that it shows."""
    found = data.get("stages" if part == "entries" else part, [])
    own = rule_parts.PARTS[part].own
    return meanwhile.seen({"list": [one.get(own) for one in found] if own == "code" and part == "rules" else found})


def _points_of(data: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    """Every rule's points, and every answer's: what the list calls them, and where they stand."""
    for at, rule in enumerate(data["rules"]):
        if "field" in rule:
            yield from (
                (f"{rule['code']}.{n}", ("rules", at, "answers", n, "points")) for n in range(len(rule["answers"]))
            )
        elif not rule.get("by_band"):
            yield rule["code"], ("rules", at, "points")


def _points(status: int = 200, kept: Kept | None = None) -> Any:
    """With what was typed still there, where it is not kept."""
    wrong = kept.problems if kept else ()
    names = {editing.named(path): f"points.{name}" for name, path in _points_of(kept.data)} if wrong and kept else {}
    typed = request.form if status != 200 else {}
    words = rules_draft.words()
    called = {rule.code: words.rule(rule) for rule in rules_draft.working().book.rules}
    return _shown(
        "rules.html",
        status,
        typed=typed,
        problem={names[name]: one.beside(say, lang()) for one in wrong if (name := editing.named(one.path)) in names},
        problems=[_above(one, names, called) for one in wrong],
    )


def _above(one: Wrong, names: Mapping[str, str], called: Mapping[str, str]) -> tuple[str, str, str]:
    """The field that it is of, whose points these are, and what to do."""
    field = names.get(editing.named(one.path), "")
    where, what = one.above(say, lang())
    return field, called.get(field.split(".")[1], where) if field else where, what


def _shown(template: str, status: int = 200, **more: Any) -> Any:
    now = rules_draft.working()
    return page(
        template,
        status,
        data=now.data,
        book=now.book,
        words=rules_draft.words(),
        listed={part: listed(now.data, part) for part in LISTED if part not in rule_parts.NUMBERS},
        **rules_draft.state(conflict=status == 409),
        **more,
    )
