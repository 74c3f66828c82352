"""How two mailboxes, and two numbers, stand to each other.

A local part that is made of the person's name says no more than the name does (`sara.karimi@…` twice over), and a
mailbox of a post is whoever sits there.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

from verification.matching.names import Name
from verification.matching.records import TAIL, Mailbox, word_sound
from verification.matching.sound import sound

_DIGITS = "0123456789"
_VOWELS = frozenset("aeiou")
_LETTERS = re.compile("[^0-9]+")
SHORTEST_LOCAL = 5  # letters and digits; `ali@` at two providers is two people
LONG_LOCAL = 10  # letters; two slips are believed from here on
SHORTEST_CALL = 4  # letters of a domain that tell a company; `abc.com` may be anybody's
UNFIT = frozenset({"role", "slip_number", "colleague", "elsewhere", "different"})  # levels of two mailboxes


def compare_mailboxes(left: Mailbox, right: Mailbox) -> str:
    """The level by which two addresses agree."""
    if left.address == right.address:
        return "same_role" if left.role else "same"
    if left.role or right.role:
        return "role"
    if slip := _slip(left, right):
        return slip
    if left.core == right.core and len(left.core) >= SHORTEST_LOCAL:
        return "local"
    if left.domain == right.domain and not left.free:
        return "colleague"
    return "different" if left.free == right.free else "elsewhere"


def _slip(left: Mailbox, right: Mailbox) -> str | None:
    """A slip of the keys within one provider. Another number at the end is another mailbox: ali.k1, ali.k2."""
    if OSA.distance(left.domain, right.domain, score_cutoff=2) > 2:
        return None
    if left.core == right.core:
        return "slip"
    most = 2 if min(len(left.core), len(right.core)) >= LONG_LOCAL else 1
    if len(left.core) < SHORTEST_LOCAL or OSA.distance(left.core, right.core, score_cutoff=most) > most:
        return None
    ones, others = _LETTERS.sub("", left.core), _LETTERS.sub("", right.core)
    if ones == others:
        return "slip"
    return "slip_number" if left.core.strip(_DIGITS) == right.core.strip(_DIGITS) else None


@lru_cache(1 << 16)
def tells_name(core: str, first: Name, last: Name) -> bool:
    """Is the local part made of this name, in either script?"""
    letters = core.strip(_DIGITS)
    heard = sound(letters) if letters else ""
    return any(_stands_in(name, letters, heard) for name in (first, last) if name.words)


@lru_cache(1 << 16)
def is_called(domain: str, company: str) -> bool:
    """Is a company's own domain called as this company (folded), in either script?"""
    label, words = domain.partition(".")[0].replace("-", ""), company.split()
    whole = "".join(words)
    if len(label) < SHORTEST_CALL:
        return False
    if whole.isascii():
        return label.startswith(whole) or (whole.startswith(label) and len(label) >= len(words[0]))
    heard, told = word_sound(company), sound(label)
    return len(heard) > 2 and len(told) > 2 and (told.startswith(heard) or heard.startswith(told))


def _stands_in(name: Name, letters: str, heard: str) -> bool:
    """As it is spelt, or as it sounds; two consonants alone only at the end, as in `a.biat` for «بیات», where a vowel
    that begins the name is heard by itself (`f.alavi` for «علوی»)."""
    if (len(name.whole) > 2 and name.whole in letters) or (len(name.sound) > 2 and name.sound[1:] in heard):
        return True
    if len(name.sound) != 2:
        return False
    ends = (letters[at:] for at in range(1, len(letters) - 2) if letters[at] in _VOWELS)
    return heard.endswith(name.sound) or (name.sound[0] == "a" and any(sound(end) == name.sound for end in ends))


def compare_phones(left: str, right: str) -> str:
    """The level by which two numbers agree; digits with country code."""
    if left == right:
        return "same"
    if left[-TAIL:] == right[-TAIL:]:
        return "tail"
    return "slip" if OSA.distance(left, right, score_cutoff=1) <= 1 else "different"
