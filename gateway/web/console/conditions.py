"""The editor of conditions: from a form's fields to what TOML has, for rules, stages, segments, routes and facts.

A page shows it by `condition_macros.html`, whose fields are named as the data is: `rules.3.when.0.any_of`. Each line
says which kind it is (`part`); a question to a fact says how it asks (`test`). Buttons are named `then`.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.console.typed import Form, Part, Typed, pressed, rearranged

FACT, EVENT, STANDING = "fact", "event", "standing"
FRESH: Mapping[str, Part] = {FACT: {"field": ""}, EVENT: {"event": ""}, STANDING: {}}  # a line that says nothing yet


def read(form: Form, name: str) -> list[Part]:
    """The conditions whose fields begin with this name (`rules.3.when`), as typed."""
    holder, _, key = name.rpartition(".")
    own = Typed(form, holder)
    return [condition(own.of(key).of(number)) for number in own.numbers(key)]


def changed(form: Form, name: str) -> list[Part] | None:
    """The conditions after one of the list's own buttons was pressed, for the page to show anew; None: none was."""
    then = Typed(form, "").value("then")
    if then == "show":
        return read(form, name)
    button = pressed(then, name)
    return rearranged(read(form, name), button, FRESH) if button else None


def condition(typed: Typed) -> Part:
    """One of them. What is needed to tell its kind stands there even where nothing was typed."""
    part = typed.value("part")
    if part == FACT:
        return fact(typed)
    if part == EVENT:
        return {"event": typed.value("event"), **_event(typed)}
    return _standing(typed)


def fact(typed: Typed) -> Part:
    """A question to a fact: its name, chosen or written as `other`, and what its test asks."""
    return {"field": typed.value("field") or typed.value("other"), **_asked(typed), **typed.yes("negated")}


def _asked(typed: Typed) -> Part:
    how = typed.value("test")
    if how == "range":
        return typed.number("min", "max") or {"min": ""}
    if how == "domains":
        return {"email_domains": typed.lines("email_domains")}
    return typed.picked("any_of", "contains")


def _event(typed: Typed) -> Part:
    return {
        **typed.text("name", "level", "url_prefix", "band"),
        **typed.whole("at_least", "within_days"),
        **typed.yes("negated"),
    }


def _standing(typed: Typed) -> Part:
    return {
        **typed.picked("cells", "stages"),
        **typed.whole("score_min", "score_max"),
        **typed.either("contact_requested"),
    }
