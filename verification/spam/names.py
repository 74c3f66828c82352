"""Is this a name, or keys pressed at random? Told by letters that follow each other in no known name.

Conservative (rule 20): short names are never asked about, nor scripts without a list of names, and a single odd
passage is what makes a name rare. Of 43,537 Latin names of six letters and more, each judged without its own
country's, 38 would be called gibberish (all of them Polish or Zulu, whose names are on the shipped list); of 5,697
Persian ones, judged by the other half, 5. Of random keys two thirds are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from forms.text import fold
from verification.data_files import entries

SHORTEST = 6  # letters: below it any rule would hit Ng, Xu, Srb, Krk, Brzyk
KEYS = 4  # neighbouring keys pressed one after another: asdf
LATIN_UNSEEN, PERSIAN_UNSEEN = 0.5, 0.6  # share of a name's triples that stand in no known one
LATIN, PERSIAN = re.compile("[a-z]+"), re.compile("[ء-غف-یپچژکگ]+")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو")
_ROWS_BOTH_WAYS = " ".join([*_ROWS, *(row[::-1] for row in _ROWS)])
_AGAIN = re.compile(r"(.{2,4})\1\1+")  # sdfsdfsdf
_LETTERS = str.maketrans({
    "ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ə": "e", "ħ": "h", "ŋ": "n",
})  # fmt: skip


def gibberish(name: str) -> bool:
    """Does any word of the name look like keys pressed at random?"""
    return any(map(_is_gibberish, name_words(name[:200])))


def name_words(name: str) -> list[str]:
    """Its words in the letters that the list is written in; words in other scripts, or mixed, are left out."""
    words = re.findall(r"[^\W\d_]+", fold(name).translate(_LETTERS))
    return [word for word in words if LATIN.fullmatch(word) or PERSIAN.fullmatch(word)]


def triples(word: str) -> list[str]:
    """Its letters by three, with its two ends."""
    framed = f"^{word}$"
    return [framed[start : start + 3] for start in range(len(framed) - 2)]


def letter_lines(names: Iterable[str]) -> list[str]:
    """The list's lines out of known names: two letters, and all that follow them (`ab cde`)."""
    after: dict[str, set[str]] = {}
    for name in names:
        for word in name_words(name):
            for triple in triples(word):
                after.setdefault(triple[:2], set()).add(triple[2])
    return [f"{pair} {''.join(sorted(letters))}" for pair, letters in sorted(after.items())]


def _is_gibberish(word: str) -> bool:
    limit = LATIN_UNSEEN if word.isascii() else PERSIAN_UNSEEN
    unseen = _unseen(word)
    if len(word) >= KEYS and word in _ROWS_BOTH_WAYS:
        return len(word) > KEYS or unseen > 0.2  # Wert and Trew are names
    return len(word) >= SHORTEST and unseen >= (limit / 2 if _AGAIN.search(word) else limit)


def _unseen(word: str) -> float:
    found = triples(word)
    return sum(triple not in _known() for triple in found) / len(found)


@cache
def _known() -> frozenset[str]:
    pairs = (entry.split(" ") for entry in entries("name_letters.txt"))
    return frozenset(pair + letter for pair, letters in pairs for letter in letters)
