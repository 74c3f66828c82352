"""From typed text to a kept value, one function a type. Each raises Invalid with the code of a mendable problem.

email-validator, phonenumbers (in `forms.phones`) and persiantools know the formats; here is only what people's
keyboards add to them.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from persiantools.jdatetime import JalaliDate

from forms.addresses import mailable
from forms.phones import e164
from forms.problems import Invalid
from forms.records import Field
from forms.text import drop_invisible, fold_digits, has_control_characters, without_control_characters

MAX_VALUE = 20_000  # characters, of any value of any field
LIMITS = {"text": 200, "long_text": 5_000, "email": 254, "hidden": 2_000}  # email: RFC 5321 4.5.3.1.3
SHORT = 100  # phones, numbers, dates, choices
JALALI_BEFORE = 1700  # no living person and no plan needs a Gregorian year below it, nor a Jalali one above
LARGEST = 10**15  # a number that every reader of JSON keeps exactly

_NUMBER_MARKS = str.maketrans({"٫": ".", "٬": ",", "،": ",", "−": "-", " ": "", "\u00a0": "", "\u202f": ""})
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_DATE = re.compile(r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})", re.ASCII)


def limit(field: Field) -> int:
    """The longest value in characters."""
    return min(field.max_length or LIMITS.get(field.type, SHORT), MAX_VALUE)


def clean_text(text: str, field: Field) -> str:
    """As typed, but for white space around it: emoji, direction marks and half-spaces arrive at the CRM."""
    return _checked(text, field)


def clean_long_text(text: str, field: Field) -> str:
    """As typed, with one kind of line end."""
    return _checked(text.replace("\r\n", "\n").replace("\r", "\n"), field, lines=True)


def clean_email(text: str, field: Field) -> str:
    """The address with its domain in lower case. Full-width letters and Persian digits become ASCII where all
    the rest is ASCII (a Persian keyboard typed it); an internationalised address stays itself."""
    typed = drop_invisible(_checked(text, field))
    folded = fold_digits(unicodedata.normalize("NFKC", typed))
    address = folded if folded.isascii() else typed
    kept = mailable(address, test_names=True)
    if kept is None:
        raise Invalid("email" if "@" in address else "email_at")
    return kept


def clean_phone(text: str, field: Field) -> str:
    """E.164, such as +989121234567; an extension stays in what was typed. Refuses impossible numbers only."""
    return e164(_checked(text, field), field.default_region)


def clean_number(text: str, field: Field) -> int | float:
    """A whole number as int, any other as float; Persian digits and separators are welcome."""
    plain = drop_invisible(fold_digits(_checked(text, field))).translate(_NUMBER_MARKS)
    if not plain.isascii() or not _NUMBER.fullmatch(plain):
        raise Invalid("number")
    value = float(plain.replace(",", ""))
    low, high = field.min, field.max
    if value < (-LARGEST if low is None else low):
        raise Invalid("number_min", min=_plain(float(-LARGEST if low is None else low)))
    if value > (LARGEST if high is None else high):
        raise Invalid("number_max", max=_plain(float(LARGEST if high is None else high)))
    return _plain(value)


def clean_date(text: str, field: Field) -> str:
    """ISO, Gregorian. Year, month, day: ۱۴۰۴/۰۹/۰۱, 1404-9-1, 2025-11-22; a year below 1700 is Jalali."""
    plain = drop_invisible(fold_digits(_checked(text, field)))
    found = _DATE.fullmatch(plain)
    if not found:
        raise Invalid("date")
    year, month, day = map(int, found.groups())
    try:
        if year < JALALI_BEFORE:
            return str(JalaliDate(year, month, day).to_gregorian())  # type: ignore[no-untyped-call]
        return str(date(year, month, day))
    except ValueError as error:
        raise Invalid("date_unknown") from error


def clean_choice(text: str, field: Field) -> str:
    """One of the options' values."""
    if text not in {option.value for option in field.options}:
        raise Invalid("choice")
    return text


def clean_choices(values: list[str], field: Field) -> list[str]:
    """The chosen values once each, in the options' order."""
    chosen = {value for value in values if value}
    if not chosen <= {option.value for option in field.options}:
        raise Invalid("choice")
    return [option.value for option in field.options if option.value in chosen]


def clean_hidden(text: str, field: Field) -> str:
    """Never an error, since nobody typed it and nobody could mend it: cut, and without control characters."""
    return without_control_characters(text[:MAX_VALUE]).strip()[: limit(field)]


def clean_consent(given: bool, field: Field) -> bool:  # noqa: ARG001  the signature of all cleaning
    return given


def _checked(text: str, field: Field, *, lines: bool = False) -> str:
    longest = limit(field)
    stripped = text.strip()
    if len(stripped) > longest:
        raise Invalid("too_long", limit=longest)
    if has_control_characters(stripped, lines):
        raise Invalid("control_characters")
    return stripped


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() else value
