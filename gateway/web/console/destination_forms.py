"""What the form of a destination shows and what came back from it: the kind's questions, and which fact goes where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.text import fold_digits
from gateway.delivery import pacing
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.mapping import ABOUT, AGREED, TOUCHED, Rule
from gateway.delivery.outgoing import Asked, Kind, SettingsError
from gateway.records import Destination
from gateway.web.console.choices import Choices
from gateway.web.console.pages import formats, t
from gateway.words import catalogue

MORE = 3  # empty lines below the rules, for facts that go nowhere yet


@dataclass(frozen=True)
class Line:
    """One fact and its property. name: of the form's fields; source: none in an empty line."""

    name: str
    source: str
    words: str
    property: str
    write: str


def lines(kind: Kind[Any], rules: Mapping[str, Rule], choices: Choices, given: Mapping[str, str]) -> list[Line]:
    """The rules as they stand, or as they were just entered, then empty lines."""
    found = [
        Line(
            source,
            source,
            words(choices, source),
            given.get(f"map.{source}", rule.property),
            given.get(f"write.{source}", rule.write),
        )
        for source, rule in rules.items()
    ]
    if not kind.rules:
        return []
    more = [
        Line(
            f"more{number}",
            given.get(f"fact.more{number}", ""),
            "",
            given.get(f"map.more{number}", ""),
            given.get(f"write.more{number}", "empty"),
        )
        for number in range(MORE)
    ]
    return [*found, *more]


def facts(choices: Choices, rules: Mapping[str, Rule]) -> list[tuple[str, str]]:
    """(source, words) of what goes nowhere yet: facts of forms first, then what we judge and know of the way here."""
    every = [*choices.facts, "first_name", "last_name", "message", *ABOUT, *TOUCHED, *AGREED]
    return [(source, words(choices, source)) for source in dict.fromkeys(every) if source not in rules]


def words(choices: Choices, source: str) -> str:
    """What people call a fact."""
    told = catalogue(choices.lang)
    if source in choices.facts:
        return choices.facts[source][0]
    known = told.get(f"delivery.fact.{source.replace('.', '_')}") or told.get(f"console.field_{source}")
    return known or source.replace("_", " ")


def entered(kind: Kind[Any], form: Mapping[str, str]) -> dict[str, str]:
    """The answers to the kind's questions and the rules, named as `Kind.read` takes them."""
    given = {one.name: form[one.name] for one in kind.asks if one.name in form}
    return {**given, **dict(_rules(form))} if kind.rules else given


def _rules(form: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in form.items():
        head, _, source = name.partition(".")
        if head not in {"map", "write"} or not source:
            continue
        source = form.get(f"fact.{source}", "") if source.startswith("more") else source
        if source:
            yield f"{head}.{source}", text


def where(one: Destination) -> str:
    """What people tell destinations of one kind apart by; never a secret."""
    shown = [ask.name for ask in DESTINATIONS[one.kind].asks if not ask.secret and ask.name in {"url", "to", "login"}]
    return next((str(one.settings[name]) for name in shown if one.settings.get(name)), "")


def problem_field(field: str, form: Mapping[str, str]) -> str:
    """The name in the form of what is wrong: a new fact's line where the fact came from one."""
    head, dot, source = field.partition(".")
    more = next((name for name, text in form.items() if name.startswith("fact.") and text == source), None)
    return f"{head}.{more.removeprefix('fact.')}" if dot and more else field


def pace(form: Mapping[str, str]) -> float | None:
    """Deliveries a second that were entered; 0: no limit; none: as the kind brings. Raises SettingsError."""
    text = fold_digits(form.get("per_second", "")).strip().replace("٫", ".").replace("/", ".")
    if not text:
        return None
    try:
        found = float(text) if len(text) < 20 else -1.0
    except ValueError:
        found = -1.0
    if not pacing.fits(found):
        raise SettingsError("per_second", "bad_pace")
    return found


def given(found: Destination) -> dict[str, Any]:
    """A destination as its form shows it."""
    rate = "" if found.per_second is None else f"{found.per_second:g}"
    own = {"name": found.name, "sends": found.sends, "purpose": found.purpose, "per_second": rate}
    return {**own, **found.settings}


def told(kind: Kind[Any], given: Mapping[str, Any], rules: list[Line], lang: str) -> dict[str, str]:
    """What the form says, in words, by what it is called there; no secret. Equal for what would be kept as equal."""
    purpose = given.get("purpose")
    own = {
        t("name"): str(given.get("name") or ""),
        t("sends"): t(f"sends_{given.get('sends') or 'rules'}"),
        t("consent_needed"): t(f"purpose_{purpose}") if purpose else t("consent_none_needed"),
        t("pace"): _pace(given),
    }
    asked = {one.label.in_(lang): _answer(one, given, lang) for one in kind.asks if not one.secret}
    return {**own, **asked, **{one.words: f"{one.property} ({t(f'write_{one.write}')})" for one in rules if one.words}}


def _pace(given: Mapping[str, Any]) -> str:
    try:
        found = pace(given)
    except SettingsError:
        return str(given.get("per_second"))
    return "" if found is None else formats().digits(f"{found:g}")


def _answer(one: Asked, given: Mapping[str, Any], lang: str) -> str:
    text = "\n".join(str(given.get(one.name) or one.default).strip().splitlines())  # a browser sends CRLF
    return one.choices[text].in_(lang) if one.choices and text in one.choices else text
