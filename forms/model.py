"""What a form asks: frozen records, to and from TOML."""

from __future__ import annotations

from forms.records import LANGUAGES, Consent, Field, Form, Offer, Option, Quote, Text

__all__ = ["LANGUAGES", "Consent", "Field", "Form", "Offer", "Option", "Quote", "Text"]
