"""One form for how a name sounds, from Persian and Latin letters alike: the consonants, without what either script
leaves out or doubles. `Rezaei`, `Rezaie` and «رضایی» are `rz`; `Ghasemi`, `Qasemi` and «قاسمی» are `qsm`.

Coarse on purpose (حسن and حسین are one): it finds candidates, and tells apart only names that stand on no list.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PERSIAN = str.maketrans({
    "ب": "b", "پ": "p", "ت": "t", "ط": "t", "ث": "s", "س": "s", "ص": "s", "ج": "j", "چ": "C", "ح": "h", "ه": "h",
    "خ": "X", "د": "d", "ذ": "z", "ز": "z", "ض": "z", "ظ": "z", "ر": "r", "ژ": "j", "ش": "S", "غ": "q", "ق": "q",
    "ف": "f", "ک": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "و": "v", "ا": "a", "ی": "y", "ع": "a", "ء": "",
})  # fmt: skip
# Longest first: what two Latin letters together stand for.
_LATIN = (
    ("tch", "C"), ("sch", "S"), ("kh", "X"), ("gh", "q"), ("ch", "C"), ("sh", "S"), ("zh", "j"), ("ph", "f"),
    ("th", "t"), ("ck", "k"), ("x", "ks"),
)  # fmt: skip
_SOFT_C = re.compile("c(?=[eiy])")
_PERSIAN_LETTER = re.compile("[ء-ی]")
_WEAK = re.compile("(?<=.)[aeiouyvw]")  # vowels and half-vowels, but for the first letter
_SILENT = re.compile("h$|h(?=h)")
_TWICE = re.compile(r"(.)\1+")
MOST_KEPT = 1 << 17  # names whose sound is kept: some 20 MB


@lru_cache(MOST_KEPT)
def sound(name: str) -> str:
    """The consonants of a folded name without spaces; of a script that is neither, the name itself."""
    plain = _from_persian(name) if _PERSIAN_LETTER.search(name) else _from_latin(name)
    if not plain.isascii():
        return name
    start = "a" if plain[:1] in "aeiou" else "v" if plain[:1] == "w" else plain[:1]
    return _TWICE.sub(r"\1", _WEAK.sub("", start + _SILENT.sub("", plain[1:])))


def is_persian(name: str) -> bool:
    """Is it written in Persian letters?"""
    return _PERSIAN_LETTER.match(name) is not None


def _from_persian(name: str) -> str:
    return name.translate(_PERSIAN)


def _from_latin(name: str) -> str:
    plain = _SOFT_C.sub("s", name)
    for letters, one in _LATIN:
        plain = plain.replace(letters, one)
    return plain.replace("c", "k")
