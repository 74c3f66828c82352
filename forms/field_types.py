"""FIELD_TYPES: one row a type of question. A new type is a row here, its cleaning in `forms.cleaning`, its words
in the catalogues and its line in docs/forms.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import wtforms

from forms import cleaning
from forms.text import fold, squeeze


@dataclass(frozen=True)
class FieldType:
    """What one type of field is made of.

    clean: (raw value, field) → kept value, a JSON value; raises Invalid. fold: kept value → text for comparing
    two answers. html, inputmode, autocomplete: of the input; autocomplete is a default. free_text: anything
    may stand in it, so that content checks read it. keys: what a form's TOML may say about this type alone.
    """

    wtforms: type[wtforms.Field]
    clean: Callable[[Any, Any], Any]
    fold: Callable[[Any], str] = str
    html: str = "text"
    inputmode: str = "text"
    autocomplete: str = ""  # `off` would keep the Back button from finding the text (rule 11)
    free_text: bool = False
    keys: frozenset[str] = frozenset()


def _fold_all(values: list[str]) -> str:
    return " ".join(sorted(values))


FIELD_TYPES: dict[str, FieldType] = {
    "text": FieldType(
        wtforms.StringField, cleaning.clean_text, fold, free_text=True,
        keys=frozenset({"max_length"}),
    ),
    "email": FieldType(wtforms.EmailField, cleaning.clean_email, squeeze, "email", "email", "email"),
    "phone": FieldType(
        wtforms.TelField, cleaning.clean_phone, str, "tel", "tel", "tel", keys=frozenset({"default_region"})
    ),
    "number": FieldType(
        wtforms.StringField, cleaning.clean_number, inputmode="decimal", keys=frozenset({"min", "max"})
    ),
    "choice": FieldType(
        wtforms.RadioField, cleaning.clean_choice, html="radio", keys=frozenset({"options", "improve"})
    ),
    "choices": FieldType(
        wtforms.SelectMultipleField, cleaning.clean_choices, _fold_all, html="checkbox",
        keys=frozenset({"options", "improve"}),
    ),
    "date": FieldType(wtforms.StringField, cleaning.clean_date, inputmode="numeric"),
    "long_text": FieldType(
        wtforms.TextAreaField, cleaning.clean_long_text, fold, "textarea", free_text=True,
        keys=frozenset({"max_length"}),
    ),
    "hidden": FieldType(
        wtforms.HiddenField, cleaning.clean_hidden, html="hidden", keys=frozenset({"max_length", "source"})
    ),
    "consent": FieldType(wtforms.BooleanField, cleaning.clean_consent, html="checkbox"),
}  # fmt: skip
