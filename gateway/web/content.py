"""What is kept of the content beside the answers, by which others like it are found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms import build
from forms.model import Form
from verification.addresses import email_domain
from verification.spam import prints


@dataclass(frozen=True)
class Content:
    hash: str | None  # of all free text
    fingerprint: str | None  # SimHash of the long texts, since names change; of all free text where none is long
    email_domain: str | None  # of the first e-mail answer


def of(form: Form, answers: Mapping[str, Any]) -> Content:
    """The submission's columns out of its cleaned answers."""
    free = build.free_text(form, answers)
    long = build.free_text(form, answers, ("long_text",))
    addresses = (str(answers[field.name]) for field in form.fields if field.type == "email" and field.name in answers)
    address = next(addresses, None)
    return Content(
        hash=prints.content_hash(free),
        fingerprint=prints.content_print(long or free),
        email_domain=email_domain(address) if address else None,
    )
