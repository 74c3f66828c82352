"""What a form asks: frozen records (`forms.records`), here with their way from and to TOML.

`from_toml(to_toml(form)) == form` for every form that from_toml can return.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, cast

import phonenumbers

from forms.bands import MOST_POINTS, bands, check_bands, check_options, check_scored, scored
from forms.cleaning import MAX_VALUE
from forms.field_types import FIELD_TYPES
from forms.problems import PROBLEM_CODES, Problem
from forms.records import LANGUAGES, ORDERS, Band, Consent, Field, Form, Offer, Option, Quote, Text
from forms.steering import check_field, check_form, steering
from forms.toml import Problems, Table, TomlError, Wrong, content_of
from forms.writing import always_by_itself, at_first_contact, to_toml

__all__ = [
    "LANGUAGES", "Band", "Consent", "Field", "Form", "FormError", "Offer", "Option", "Quote", "Text", "from_toml",
    "to_toml",
]  # fmt: skip

HIDDEN_SOURCES = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer", "page")
PURPOSES = ("store", "contact", "marketing")
LEGAL_BASES = ("consent", "contract", "legitimate_interest")
OFFERS = ("download", "call", "newsletter", "webinar", "assessment", "none")
LEVELS = ("top", "bottom")
CONFIRM = ("never", "doubtful", "always")  # who is asked to confirm an address or number
POLICY_LISTS = ("skip", "fail_closed", "outside")  # names of checks; `verification.verdict.Policy` knows them
MAX_FIELDS = 100
MAX_TOML = 200_000  # characters
_COLOUR = ("#[0-9a-fA-F]{3,8}", "colour")
THEME = {
    "accent": _COLOUR,
    "on_accent": _COLOUR,
    "ink": _COLOUR,
    "field": _COLOUR,
    "line": _COLOUR,
    "radius": (r"\d{1,2}(\.\d{1,2})?(px|rem|em)", "length"),
}
_KEY = ("[a-z][a-z0-9_-]{0,59}", "name_key")
_NAME = ("(?!consent_)[a-z][a-z0-9_]{0,59}", "name_field")
_VALUE = (r"[^\s\x00-\x1f\x7f-\x9f]{1,100}", "value")
_FILE = (r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "file")
_AUTOCOMPLETE = ("[a-z][a-z0-9 -]{0,59}", "autocomplete")
_ONLY_FOR = {
    key: Problem("only_for", {"types": ", ".join(name for name, row in FIELD_TYPES.items() if key in row.keys)})
    for row in FIELD_TYPES.values()
    for key in row.keys
}


class FormError(TomlError):
    """A form that cannot be used, and all that is wrong with it."""


@lru_cache(maxsize=256)
def from_toml(text: str) -> Form:
    """The form that a marketer wrote. The same text gives the same object. Raises FormError."""
    problems: Problems = []
    content = _content(text)
    key = content.get("key")
    form = _form(Table((("form", key if isinstance(key, str) else ""),), content, problems))
    if problems:
        raise FormError(problems)
    return form


def _content(text: str) -> dict[str, Any]:
    whole = (("form", ""),)
    found = Wrong(whole, "too_large", {"limit": MAX_TOML}) if len(text) > MAX_TOML else content_of(text, whole)
    if isinstance(found, Wrong):
        raise FormError([found])
    return found


def _form(table: Table) -> Form:
    languages = table.list_of("languages", LANGUAGES)
    form = Form(
        key=table.text("key", pattern=_KEY[0], hint=_KEY[1]),
        languages=languages,
        title=table.words("title", languages, required=True),
        intro=table.words("intro", languages, longest=3_000),
        incentive=table.words("incentive", languages, longest=1_000),
        submit_label=table.words("submit_label", languages, required=True, longest=80),
        thanks=table.words("thanks", languages, longest=3_000),
        questions_per_visit=table.whole("questions_per_visit", 2, low=0, high=50),
        order=table.one_of("order", ORDERS, "fixed"),
        contact_requested=table.flag("contact_requested", False),
        kiosk=table.flag("kiosk", False),
        fields=_fields(table, languages),
        consents=tuple(_consent(one, languages) for one in table.tables("consents", "consent", by="purpose")),
        offer=_offer(table.table("offer"), languages),
        bands=bands(table, languages),
        quotes=tuple(_quote(one, languages) for one in table.tables("quotes", "quote")),
        theme=_theme(table.table("theme")),
        policy=_policy(table.table("policy")),
    )
    table.done()
    _check_whole(form, table)
    return form


def _check_whole(form: Form, table: Table) -> None:
    """What only the whole form shows."""
    if not form.fields:
        table.wrong("fields", "no_fields")
    if len(form.fields) > MAX_FIELDS:
        table.wrong("fields", "many_fields", limit=MAX_FIELDS)
    for name in _repeated([field.name for field in form.fields]):
        table.wrong("fields", "twice_field", name=name)
    for purpose in _repeated([consent.purpose for consent in form.consents]):
        table.wrong("consents", "twice_consent", name=purpose)
    check_form(form, table)
    check_bands(form, table)


def _fields(table: Table, languages: tuple[str, ...]) -> tuple[Field, ...]:
    fields: list[Field] = []
    for one in table.tables("fields", "field", by="name"):
        fields.append(_field(one, languages, fields))
    return tuple(fields)


def _field(table: Table, languages: tuple[str, ...], before: Sequence[Field]) -> Field:
    name = table.text("name", pattern=_NAME[0], hint=_NAME[1])
    kind = _type(table)
    own = FIELD_TYPES[kind].keys if kind else frozenset()
    hidden = kind == "hidden"
    shown: dict[str, Any] = {}
    if not hidden:
        shown = _shown(table, name, kind, languages=languages) | steering(table, before)
    field = Field(
        name=name,
        type=kind,
        label=table.words("label", languages, required=not hidden),
        **shown,
        **_own(table, own, languages),
    )
    table.done(_ONLY_FOR if kind else dict.fromkeys(_ONLY_FOR, Problem("type_first")))
    if field.identifier and not field.first_contact:
        table.wrong("first_contact", "asked_first")
    if field.min is not None and field.max is not None and field.min > field.max:
        table.wrong("min", "min_above_max")
    check_field(table, field, before)
    check_scored(table, field)
    return field


def _type(table: Table) -> str:
    if table.content.get("type") == "consent":
        table.read.append("type")
        table.wrong("type", "consent_elsewhere")
        return ""
    return table.one_of("type", [name for name in FIELD_TYPES if name != "consent"])


def _shown(table: Table, name: str, kind: str, *, languages: tuple[str, ...]) -> dict[str, Any]:
    """What may be said about each field that people see."""
    return {
        "help": table.words("help", languages, longest=1_000),
        "messages": _messages(table.table("messages"), languages),
        "required": table.flag("required", True),
        "always": table.flag("always", always_by_itself(kind, scored=scored(table.content))),
        "first_contact": table.flag("first_contact", at_first_contact(name)),
        "rest_days": table.whole("rest_days", 30, low=0, high=3650),
        "autocomplete": table.text("autocomplete", "", pattern=_AUTOCOMPLETE[0], hint=_AUTOCOMPLETE[1]),
    }


def _own(table: Table, keys: frozenset[str], languages: tuple[str, ...]) -> dict[str, Any]:
    """What may be said about some types only."""
    read: dict[str, Any] = {}
    if "options" in keys:
        read["options"] = _options(table, languages)
        read["improve"] = table.words("improve", languages)
    if "max_length" in keys:
        read["max_length"] = table.whole("max_length", None, low=1, high=MAX_VALUE)
    if "min" in keys:
        read |= {"min": table.number("min"), "max": table.number("max")}
    if "source" in keys:
        read |= {"source": table.one_of("source", HIDDEN_SOURCES), "required": False}
    if "default_region" in keys:
        read["default_region"] = table.one_of("default_region", sorted(phonenumbers.SUPPORTED_REGIONS), "IR")
    return read


def _options(table: Table, languages: tuple[str, ...]) -> tuple[Option, ...]:
    options = tuple(_option(one, languages) for one in table.tables("options", "option", by="value"))
    if not options:
        table.wrong("options", "no_options")
    for value in _repeated([option.value for option in options]):
        table.wrong("options", "twice_option", name=value)
    check_options(table, options)
    return options


def _option(table: Table, languages: tuple[str, ...]) -> Option:
    value = table.text("value", pattern=_VALUE[0], hint=_VALUE[1])
    points = table.whole("points", None, low=0, high=MOST_POINTS)
    option = Option(value, table.words("label", languages, required=True), points)
    table.done()
    return option


def _messages(table: Table | None, languages: tuple[str, ...]) -> dict[str, Text]:
    if table is None:
        return {}
    messages = {code: table.words(code, languages) for code in PROBLEM_CODES if code in table.content}
    table.read = list(PROBLEM_CODES)
    table.done()
    return messages


def _consent(table: Table, languages: tuple[str, ...]) -> Consent:
    consent = Consent(
        purpose=table.one_of("purpose", PURPOSES),
        legal_basis=table.one_of("legal_basis", LEGAL_BASES),
        text=table.words("text", languages, required=True, longest=3_000),
        required=table.flag("required", False),
    )
    table.done()
    return consent


def _offer(table: Table | None, languages: tuple[str, ...]) -> Offer | None:
    if table is None:
        return None
    kind = table.one_of("kind", OFFERS)
    level = cast(Literal["top", "bottom"], table.one_of("level", LEVELS, "top"))
    file = table.text("file", "", pattern=_FILE[0], hint=_FILE[1])
    offer = Offer(kind, level, table.words("title", languages), file)
    table.done()
    if file and kind != "download":
        table.wrong("file", "only_download")
    return offer


def _quote(table: Table, languages: tuple[str, ...]) -> Quote:
    quote = Quote(
        table.words("text", languages, required=True, longest=2_000), table.words("by", languages, required=True)
    )
    table.done()
    return quote


def _theme(table: Table | None) -> dict[str, str]:
    if table is None:
        return {}
    theme = {
        key: table.text(key, "", pattern=pattern, hint=hint)
        for key, (pattern, hint) in THEME.items()
        if key in table.content
    }
    table.read = list(THEME)
    table.done()
    return theme


def _policy(table: Table | None) -> dict[str, Any]:
    """How strictly this form's submissions are judged (rule 15)."""
    if table is None:
        return {}
    policy: dict[str, Any] = {}
    if "hold_at" in table.content:
        policy["hold_at"] = table.whole("hold_at", 50, low=1, high=1_000)
    if "refuse_disposable" in table.content:
        policy["refuse_disposable"] = table.flag("refuse_disposable", False)
    for key in POLICY_LISTS:
        if key in table.content:
            policy[key] = table.names(key)
    if "confirm" in table.content:
        policy["confirm"] = table.one_of("confirm", CONFIRM)
    table.read = ["hold_at", "refuse_disposable", "confirm", *POLICY_LISTS]
    table.done()
    return policy


def _repeated(names: list[str]) -> list[str]:
    """Those that stand more than once; what could not be read is empty and told elsewhere."""
    return sorted({name for name in names if name and names.count(name) > 1})
