"""What a marketer calls her questions and their values: answers keep name and value, pages show the label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from forms.model import Form
from gateway.store import forms

Labels = Mapping[tuple[str, str], str]  # (field, value) → words
QUESTION = "\0"  # in the place of a value: the question itself; no answer holds a control character


def of_site(conn: Connection, site_id: str, lang: str) -> Labels:
    """Those of every published form of the site."""
    return of_forms(forms.published_of_site(conn, site_id), lang)


def of_forms(found: Iterable[Form], lang: str) -> Labels:
    fields = [field for form in found for field in form.fields]
    questions = {(field.name, QUESTION): _in(field.label, lang, "") for field in fields}
    options = {
        (field.name, option.value): _in(option.label, lang, option.value)
        for field in fields
        for option in field.options
    }
    return {**questions, **options}


def titles(conn: Connection, site_id: str, lang: str) -> dict[str, str]:
    """Key → what visitors read above each published form; with the key beside it where two are called the same."""
    found = {form.key: _in(form.title, lang, form.key) for form in forms.published_of_site(conn, site_id)}
    times = Counter(found.values())
    return {key: title if times[title] == 1 else f"{title} ({key})" for key, title in found.items()}


def _in(label: Mapping[str, str], lang: str, otherwise: str) -> str:
    return label.get(lang) or next(iter(label.values()), otherwise)


def labelled(labels: Labels, field: str, value: Any) -> Any:
    """An answer in the words of its question's options, where it has any."""
    if isinstance(value, list | tuple):
        return [labelled(labels, field, one) for one in value]
    return labels.get((field, value), value) if isinstance(value, str) else value
