"""What a marketer calls the values of her questions: answers keep the value, pages show the label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from forms.model import Form
from gateway.store import forms

Labels = Mapping[tuple[str, str], str]  # (field, value) → words


def of_site(conn: Connection, site_id: str, lang: str) -> Labels:
    """Those of every published form of the site."""
    return of_forms(forms.published_of_site(conn, site_id), lang)


def of_forms(found: Iterable[Form], lang: str) -> Labels:
    return {
        (field.name, option.value): option.label.get(lang) or next(iter(option.label.values()), option.value)
        for form in found
        for field in form.fields
        for option in field.options
    }


def labelled(labels: Labels, field: str, value: Any) -> Any:
    """An answer in the words of its question's options, where it has any."""
    if isinstance(value, list | tuple):
        return [labelled(labels, field, one) for one in value]
    return labels.get((field, value), value) if isinstance(value, str) else value
