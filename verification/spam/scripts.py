"""Look-alike letters within one word (rule 20): Latin, Cyrillic and Greek have letters that cannot be told apart.

Only such letters count, and only between these three scripts: «سلامhello» is a forgotten space, ΔT and 5kΩ are units,
and Persian beside Latin is everyday writing. The pairs are the ones of Unicode's confusables.txt (UTS 39) whose two
sides are single letters that look the same in upright type.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CYRILLIC = dict(zip("авсԁеһіјӏорԛѕѵԝхуАВСЕНІЈКМОРЅТХУԜЗ", "abcdehijlopqsvwxyABCEHIJKMOPSTXYW3", strict=False))
_GREEK = dict(zip("αεικνορτυχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeikvoptuxyABEZHIKMNOPTYX", strict=True))
LOOK_ALIKES = {"в": "b", "н": "h", "к": "k", "м": "m", "т": "t", "п": "n", **_CYRILLIC, **_GREEK}
_PLAIN = str.maketrans({**LOOK_ALIKES, "З": "3"})
_WORD = re.compile(r"[^\W\d_]{2,}")
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


def mixed_words(text: str) -> list[str]:
    """The words that mix letters of Latin, Cyrillic and Greek which look like the other script's."""
    if not _FOREIGN.search(text):
        return []
    return [word for word in _WORD.findall(text) if _is_mixed(word)]


def plain_letters(text: str) -> str:
    """Look-alikes of Latin as Latin: what the text is meant to be read as."""
    return text.translate(_PLAIN) if _FOREIGN.search(text) else text


def _is_mixed(word: str) -> bool:
    scripts = {_script(letter) for letter in word} - {""}
    if len(scripts) < 2 or not scripts <= {"LATIN", "CYRILLIC", "GREEK"}:
        return False
    strange = [letter for letter in word if _script(letter) in {"CYRILLIC", "GREEK"}]
    if "LATIN" in scripts:
        mostly_foreign = len(strange) > len(word) / 2
        return all(letter in LOOK_ALIKES for letter in strange) or (mostly_foreign and _latin_looks_foreign(word))
    return True  # Cyrillic with Greek


def _latin_looks_foreign(word: str) -> bool:
    """A word of Cyrillic or Greek whose Latin letters all have a twin there."""
    twins = set(LOOK_ALIKES.values())
    return all(letter in twins for letter in word if _LATIN.match(letter))


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """The first word of its Unicode name: LATIN, CYRILLIC, GREEK, ARABIC; empty for micro, ohm and other signs."""
    return unicodedata.name(letter, "").split(" ")[0] if letter not in "\u00b5\u2126\u212b" else ""
