"""Small forms for the tests of this room."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forms.model import Consent, Field, Form, Option, from_toml

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DEMO = Path(__file__).parents[2] / "gateway" / "demo" / "forms"


def both(words: str) -> dict[str, str]:
    return {"fa": words, "en": words}


def field(name: str = "answer", kind: str = "text", **more: Any) -> Field:
    return Field(name, kind, both(name), **more)


def email(name: str = "email", **more: Any) -> Field:
    return field(name, "email", always=True, **more)


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, both(value)) for value in values)


def form(*fields: Field, **more: Any) -> Form:
    return Form("sample", both("Sample"), both("Send"), fields, **more)


def consent(purpose: str = "store", required: bool = False) -> Consent:
    return Consent(purpose, "consent", both("Yes"), required)


def demo(key: str) -> Form:
    return from_toml((DEMO / f"{key}.toml").read_text(encoding="utf-8"))
