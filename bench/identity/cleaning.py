"""What every peer but the exact address gets: the same details in one form, as its documentation advises.

Written for the peers, so that they are not judged by how they read a phone number; the product has its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from bench.identity.answer import Row

DIGITS = {ord(digit): str(number) for row in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩") for number, digit in enumerate(row)}
LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ؤ": "و", "ئ": "ی", "أ": "ا", "\u200c": " "})
LEGAL = re.compile(r"\b(ltd|limited|plc|llp|group|inc|gmbh)\b\.?|^(شرکت|گروه|مجموعه)( (مهندسی|بازرگانی|تولیدی))?(?= )")


def text(value: str) -> str:
    """Case, width, digits, Arabic letters, accents and spaces folded."""
    folded = unicodedata.normalize("NFKD", value.translate(DIGITS).translate(LETTERS).casefold())
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).split())


def email(value: str) -> str:
    """Small letters; at Gmail without dots, anywhere without a +tag."""
    local, at, domain = value.strip().casefold().partition("@")
    local = local.partition("+")[0]
    return f"{local.replace('.', '') if domain == 'gmail.com' else local}{at}{domain}" if at else ""


def phone(value: str) -> str:
    """The last ten digits, so that a country's prefix does not count; fewer are no number."""
    digits = re.sub(r"\D", "", value.translate(DIGITS).replace("(0)", ""))
    return digits[-10:] if len(digits) >= 10 else ""


def company(value: str) -> str:
    return " ".join(LEGAL.sub("", text(value)).split())


def clean(row: Row) -> Row:
    """A lead's columns, folded; other columns as they are but for case and spaces."""
    kinds: dict[str, Callable[[str], str]] = {"email": email, "phone": phone, "company": company, "created_at": str}
    return {column: kinds.get(column, text)(value) for column, value in row.items()}
