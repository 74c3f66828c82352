"""All folding of text, in one place. Folded text is for comparing; what is kept stays as typed."""

from __future__ import annotations

import re
import unicodedata

_DIGITS = {
    first + n: str(n)
    for first in (0x06F0, 0x0660, 0xFF10)  # Persian, Arabic, full-width
    for n in range(10)
}
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_LETTERS = {
    **dict.fromkeys(map(ord, "يىې"), "ی"),
    **dict.fromkeys(map(ord, "كڪ"), "ک"),
    **dict.fromkeys(map(ord, "ةەہھ"), "ه"),
}
_HALF_SPACE = "\u200c"
# Shown as nothing: tatweel, soft hyphen, joiners, direction marks, byte-order mark, variation selectors.
_INVISIBLE = re.compile(
    "[\u0640\u00ad\u034f\u061c\u180e\u200b\u200d-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
# Combining marks of Latin, Greek, Cyrillic and Arabic; those of Indic scripts or Thai are vowels and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
# What people put between the digits of a phone number beyond white space, dots, dashes and brackets.
_PHONE_MARKS = str.maketrans({**dict.fromkeys("٫٬،؍・·•~", " "), "؛": ";", "⁄": "/", "[": "(", "]": ")"})
_DASHES = re.compile("[\u2010-\u2015\u2212\u2043\ufe58\ufe63\uff0d\u30fc]")
# One character that stands for a phrase of 18 or 8: as Persian abbreviates it. All others fold to six at most.
_PHRASES = (("\ufdfa", "ص"), ("\ufdfb", "جل"))
_TABLE = {**_DIGITS, **_LETTERS, ord(_HALF_SPACE): " "}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def fold_digits(text: str) -> str:
    """Persian, Arabic and full-width digits as 0–9; nothing else changes."""
    return text.translate(_DIGITS)


def persian_digits(text: str) -> str:
    """0–9 as Persian digits, for showing."""
    return text.translate(_PERSIAN)


def drop_invisible(text: str) -> str:
    """Without tatweel, direction marks, half-spaces: for numbers and addresses, where they mean nothing."""
    return text if text.isascii() else _INVISIBLE.sub("", text).replace(_HALF_SPACE, "")


def fold(text: str) -> str:
    """For comparing: one form for digits, ی, ک, width, case, diacritics, spaces; a half-space is a space."""
    if text.isascii():
        return " ".join(text.lower().split())
    for sign, letters in _PHRASES:
        text = text.replace(sign, letters)
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = _MARKS.sub("", _INVISIBLE.sub("", plain)).translate(_TABLE)
    return " ".join(unicodedata.normalize("NFC", bare).split())


def squeeze(text: str) -> str:
    """Folded, and without any space: علی‌رضا, علی رضا and علیرضا are one. For names and companies."""
    return fold(text).replace(" ", "")


def fold_phone(text: str) -> str:
    """For reading a phone number: 0–9 for the digits of any script, Arabic and Persian separators as spaces, one
    form for dashes, nothing that is not seen; letters are folded as everywhere."""
    plain = _DASHES.sub("-", fold(text).translate(_PHONE_MARKS))
    return plain if plain.isascii() else "".join(str(unicodedata.decimal(char, char)) for char in plain)


def has_control_characters(text: str, lines: bool = False) -> bool:
    """NUL, other control characters or lone surrogates; with `lines`, \\n and \\t are allowed."""
    return (_CONTROL_IN_LINES if lines else _CONTROL).search(text) is not None


def without_control_characters(text: str) -> str:
    """For values that nobody typed and nobody could mend."""
    return _CONTROL.sub("", text)
