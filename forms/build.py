"""From a posted form to cleaned answers: a published version becomes WTForms fields, built once and kept."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.fields.core import Field as BoundField
from wtforms.fields.core import UnboundField
from wtforms.fields.simple import HiddenField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from forms.cleaning import MAX_VALUE
from forms.conditions import applies
from forms.field_types import FIELD_TYPES
from forms.problems import Invalid, Problem, Say
from forms.profiling import consents_shown
from forms.records import Consent, Field, Form
from forms.text import drop_invisible, fold, persian_digits

MAX_KEYS = 200  # names in one post, and values of one name
VERSIONS_KEPT = 512  # forms × languages whose fields stay built
_NOT_GIVEN = (False, "", "false", "0", "off", "no")  # how browsers, scripts and people untick a box
_NO_FORM = BaseForm({})
_REQUIRED: Any = Problem("required")
_CONSENT_REQUIRED: Any = Problem("consent_required")


@dataclass(frozen=True)
class Parsed:
    """answers: cleaned values that JSON can hold, by field name; what was left empty is missing; consents are
    booleans. typed: as typed, where cleaning changed it or failed. errors: the first problem of a field. asked: the
    names that were put to this visitor: the asked ones whose condition, if any, held."""

    answers: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Problem] = field(default_factory=dict)
    asked: tuple[str, ...] = ()


def parse(
    form: Form, posted: MultiDict[str, str], asked: Sequence[str], lang: str, *, by_server: bool = False
) -> Parsed:
    """Clean what was posted. Only the asked fields, the hidden ones and the consents shown with them are read; of a
    question whose condition does not hold on this page, nothing is.

    by_server: an API caller, who collected consents itself and knows what it sends. Raises Invalid (too_many_fields).
    """
    if len(posted) > MAX_KEYS:
        raise Invalid("too_many_fields", limit=MAX_KEYS)
    consents = consents_shown(form, tuple(asked))
    parsed = Parsed()
    conditional = {} if by_server else {field.name: field for field in form.fields if field.when}
    dropped: set[str] = set()
    for found in _select(form, asked, consents, lang=lang):
        if found.name in conditional and not applies(conditional[found.name], asked, parsed.answers):
            dropped.add(found.name)
            continue
        found.process(posted)
        found.validate(_NO_FORM)
        if found.type == "BooleanField":
            _take_consent(parsed, found, not by_server)
        else:
            _take(parsed, found)
    return replace(parsed, asked=tuple(name for name in asked if name not in dropped))


def from_json(body: object) -> MultiDict[str, str]:
    """A JSON body's own fields in the shape of a posted form; keys that begin with "_" are the protocol's.

    Raises Invalid: not_an_object, too_many_fields, wrong_type (objects, nested lists, NaN), too_long.
    """
    if not isinstance(body, dict):
        raise Invalid("not_an_object")
    own = {key: value for key, value in body.items() if isinstance(key, str) and not key.startswith("_")}
    if len(own) > MAX_KEYS:
        raise Invalid("too_many_fields", limit=MAX_KEYS)
    posted: MultiDict[str, str] = MultiDict()
    for key, value in own.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > MAX_KEYS:
            raise Invalid("too_many_fields", limit=MAX_KEYS)
        posted.setlist(key, [text for text in (_as_text(key, one) for one in values) if text is not None])
    return posted


def hidden_from(form: Form, page: Mapping[str, Any]) -> dict[str, str]:
    """The hidden fields' values out of the embed's `_page` ({"url", "referrer", "utm": {}}), to be posted along."""
    utm = page.get("utm")
    sources = {"page": page.get("url"), "referrer": page.get("referrer"), **(utm if isinstance(utm, dict) else {})}
    found = {asked.name: sources.get(asked.source) for asked in form.fields if asked.type == "hidden"}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def message(form: Form, field_name: str, problem: Problem, lang: str, *, say: Say) -> str:
    """The words for a problem: the field's own if it has some, else the catalogue's."""
    asked = form.field_named(field_name)
    own = asked.messages.get(problem.code, {}).get(lang) if asked else None
    shown = {name: persian_digits(str(value)) if lang == "fa" else value for name, value in problem.params.items()}
    if own is None:
        code = "required_choice" if problem.code == "required" and asked and asked.options else problem.code
        return say(lang, f"forms.{code}", **shown)
    for name, value in shown.items():
        own = own.replace(f"{{{name}}}", str(value))
    return own


def digest(form: Form, answers: Mapping[str, Any]) -> str:
    """What makes two posts of one ticket the same (rule 11): the cleaned answers, hidden fields aside."""
    hidden = {asked.name for asked in form.fields if asked.type == "hidden"}
    kept = {name: value for name, value in answers.items() if name not in hidden}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


FREE_TEXT = tuple(kind for kind, row in FIELD_TYPES.items() if row.free_text)


def free_text(form: Form, answers: Mapping[str, Any], kinds: Collection[str] = FREE_TEXT) -> str:
    """The folded answers in which anything may stand, for finding the same content again."""
    names = [asked.name for asked in form.fields if asked.type in kinds and asked.name in answers]
    return "\n".join(fold(str(answers[name])) for name in names)


class _Identity:
    """A form as a cache key: published versions never change, and their dicts have no hash."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def __hash__(self) -> int:
        return id(self.form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.form is self.form


def _select(form: Form, asked: Sequence[str], consents: tuple[Consent, ...], *, lang: str) -> list[BoundField]:
    """The fields to read, fresh ones for each post."""
    wanted = {*asked, *(consent.name for consent in consents)}
    built = _built(_Identity(form), lang)
    return [_fresh(found) for found in built if found.name in wanted or found.type == "HiddenField"]


def _fresh(built: BoundField) -> BoundField:
    """A field of its own for one post. Binding it anew would cost more than all cleaning; copy.copy calls the
    class, which makes an unbound one. What a post leaves in a field is set anew by process and validate."""
    fresh: BoundField = object.__new__(type(built))
    fresh.__dict__.update(built.__dict__)
    return fresh


@lru_cache(maxsize=VERSIONS_KEPT)
def _built(key: _Identity, lang: str) -> tuple[BoundField, ...]:
    """A version's fields as WTForms binds them, in the form's order, then its consents."""
    unbound = {asked.name: _unbound(asked, lang) for asked in key.form.fields}
    unbound |= {consent.name: _unbound_consent(consent, lang) for consent in key.form.consents}
    return tuple(BaseForm(unbound))  # not a class with attributes: a question may be called "data" or "errors"


def _unbound(asked: Field, lang: str) -> UnboundField[Any]:
    kind = FIELD_TYPES[asked.type]
    options: dict[str, Any] = {"validate_choice": False} if "options" in kind.keys else {}  # cleaning does it
    return UnboundField(
        kind.wtforms,
        asked.label.get(lang, asked.name),
        validators=[_required] if asked.required and asked.type != "hidden" else [],
        filters=[_cleaning(kind.clean, asked)],
        **options,
    )


def _unbound_consent(consent: Consent, lang: str) -> UnboundField[Any]:
    return UnboundField(
        FIELD_TYPES["consent"].wtforms,
        consent.text.get(lang, consent.purpose),
        validators=[_consent_required] if consent.required else [],
        false_values=_NOT_GIVEN,
    )


def _cleaning(clean: Callable[[Any, Field], Any], asked: Field) -> Callable[[Any], Any]:
    def filtered(raw: Any) -> Any:
        empty = not raw or (isinstance(raw, str) and not drop_invisible(raw).strip())
        value = None if empty else clean(raw, asked)
        return None if value in ("", []) else value

    return filtered


def _required(_form: BaseForm, found: BoundField) -> None:
    if found.data is None:
        raise StopValidation(_REQUIRED)


def _consent_required(_form: BaseForm, found: BoundField) -> None:
    if not found.data:
        raise StopValidation(_CONSENT_REQUIRED)


def _take(parsed: Parsed, found: BoundField) -> None:
    name, value = found.name, found.data
    raw = found.raw_data or [""]
    text = str(raw[0])[:MAX_VALUE].strip()
    if found.errors:
        parsed.errors[name] = _problem(found)
        parsed.typed[name] = text
    elif value is not None:
        parsed.answers[name] = value
        # Nobody typed a hidden field; what was cut off it (NUL, controls) is nothing a database takes.
        if not isinstance(value, list) and str(value) != text and not isinstance(found, HiddenField):
            parsed.typed[name] = text


def _take_consent(parsed: Parsed, found: BoundField, needed: bool) -> None:
    parsed.answers[found.name] = bool(found.data)
    if needed and found.errors:
        parsed.errors[found.name] = _problem(found)


def _problem(found: BoundField) -> Problem:
    first: Any = found.errors[0]
    assert isinstance(first, Problem), f"{found.name}: WTForms raised {first!r} of its own"
    return first


def _as_text(key: str, value: object) -> str | None:
    """One JSON value as a browser would have posted it. None for null."""
    if value is None or isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float) and math.isfinite(value):
        text = f"{Decimal(repr(value)):f}"
    elif isinstance(value, int) and value.bit_length() < 1000:
        text = str(value)
    else:
        raise Invalid("wrong_type", field=key[:60] if key.isidentifier() else "?")
    if text is not None and len(text) > MAX_VALUE:
        raise Invalid("too_long", limit=MAX_VALUE)
    return text
