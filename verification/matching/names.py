"""Names as they are compared: their words, the spelling that stands for them all, how they sound, and how two differ.

| level     | means                                                                 | such as               |
| --------- | --------------------------------------------------------------------- | --------------------- |
| same      | one spelling once folded                                              | علی‌رضا, علیرضا         |
| variant   | another spelling of it, in either script                              | Mohamad, محمد         |
| nickname  | a short or pet form of it                                             | Bob, Robert           |
| part      | one has more words than the other                                     | John, John Michael    |
| sound     | names on no list that sound alike                                     | Zandvakili, زندوکیلی  |
| slip      | a letter or two apart, one of them on no list                         | Micheal, Michael      |
| initial   | the first letter alone                                                | S., Sara              |
| told      | missing or an initial, but the mailbox tells it                       | s.karimi@, Karimi     |
| denied    | missing, and the mailbox tells another one                            | nima.karimi@, Sara    |
| near      | two names of their own that are a letter apart, or far slips          | Maria, Mario          |
| different | none of these                                                         | Sara, Nima            |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from rapidfuzz.distance import OSA, JaroWinkler

from forms.text import fold, squeeze
from verification.data_files import entries
from verification.matching.sound import MOST_KEPT, is_persian, sound

Level = Literal[
    "none",
    "same",
    "variant",
    "nickname",
    "part",
    "sound",
    "slip",
    "initial",
    "told",
    "denied",
    "near",
    "different",
]
Kind = Literal["first", "last"]

# Said to a person or of their rank, and no part of the name.
_TITLES = frozenset(map(squeeze, (
    "mr", "mrs", "ms", "miss", "dr", "prof", "eng", "ing", "sir", "madam", "jr", "sr", "seyed", "seyyed",
    "آقای", "خانم", "دکتر", "مهندس", "استاد", "جناب", "سرکار", "حاج", "سید", "سیده",
)))  # fmt: skip
_LETTERS = str.maketrans({
    "ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ə": "e", "ħ": "h", "ŋ": "n",
})  # fmt: skip
_APOSTROPHES = re.compile("['’`ʻʼ]")
_WORD = re.compile(r"[^\W\d_]+")
LONG = 8  # letters; from here on two slips are believed
ALIKE = 0.92  # Jaro–Winkler: at and above it two words count as one mistyped (Winkler 1990 uses 0.88 to 0.94)
HARDLY_ALIKE = 0.72  # both may be the same name mistyped twice: Dfaniel, Dainel
LEAST_ALIKE = 0.5  # below it nothing is a slip
SOUNDS_ALIKE = 0.80  # names of one script that sound the same must look as much alike


@dataclass(frozen=True, eq=False, slots=True)  # told apart by identity: hashing it must be cheap
class Name:
    """One name. `whole`: its words without spaces; `key`: the spelling that stands for all of its kind."""

    words: tuple[str, ...]
    whole: str
    key: str
    sound: str
    known: bool  # stands on a list, so that a letter apart may be somebody else's name
    is_initial: bool  # letters alone, such as `S` or `J R`
    persian: bool  # its script


NOBODY = Name((), "", "", "", known=False, is_initial=False, persian=False)


@lru_cache(MOST_KEPT)
def parse(text: str) -> Name:
    """The name in what was typed; NOBODY where there is none."""
    words = name_words(text)
    if not words:
        return NOBODY
    whole = "".join(words)
    key = _spellings().get(whole) or "".join(_spellings().get(word, word) for word in words)
    initial = all(len(word) == 1 for word in words)
    return Name(words, whole, key, sound(whole), key in _known(), initial, is_persian(whole))


def name_words(text: str) -> tuple[str, ...]:
    """Folded words without titles; a name that is nothing but a title stays."""
    words = _WORD.findall(_APOSTROPHES.sub("", fold(text)).translate(_LETTERS))
    return tuple(word for word in words if word not in _TITLES) or tuple(words)


@lru_cache(MOST_KEPT)
def compare(left: Name, right: Name) -> Level:
    """How two names stand to each other, by the table above; symmetric. `none`: one of them is missing."""
    if not left.words or not right.words:
        return "none"
    if left.is_initial or right.is_initial:
        return "initial" if _starts_alike(left, right) else "different"
    if left.key == right.key:
        return "same" if left.whole == right.whole else "variant"
    if left.known and right.known and right.key in _kin().get(left.key, ()):
        return "nickname"
    if (len(left.words) > 1 or len(right.words) > 1) and _is_part(left, right):
        return "part"
    return _by_letters(left, right)


@lru_cache(1 << 14)
def are_apart(left: Name, right: Name) -> bool:
    """Of two that differ: are they surely two names, and not one that was mistyped again and again?"""
    if left.is_initial or right.is_initial:
        return False
    if left.known and right.known:
        return True
    one, other = (left.whole, right.whole) if left.persian == right.persian else (left.sound, right.sound)
    return JaroWinkler.similarity(one, other) < HARDLY_ALIKE


def _by_letters(left: Name, right: Name) -> Level:
    """Where lists say nothing: how the two are spelt and sound."""
    both_known = left.known and right.known
    if left.persian != right.persian:
        alike = len(left.sound) > 1 and left.sound == right.sound
        if alike and not both_known:
            return "sound"
        return "near" if not both_known and _sound_near(left.sound, right.sound) else "different"
    likeness = JaroWinkler.similarity(left.whole, right.whole)
    length = max(len(left.whole), len(right.whole))
    if likeness >= LEAST_ALIKE and length > 2:
        most = 1 if length < LONG else 2
        if OSA.distance(left.whole, right.whole, score_cutoff=most) <= most:
            likeness = 1.0
    if likeness >= ALIKE:
        return "near" if both_known else "slip"
    if not both_known and len(left.sound) > 1 and left.sound == right.sound and likeness >= SOUNDS_ALIKE:
        return "sound"
    return "near" if not both_known and likeness >= HARDLY_ALIKE else "different"


def _sound_near(one: str, other: str) -> bool:
    """A consonant more, less or other, of three at least."""
    return min(len(one), len(other)) > 2 and OSA.distance(one, other, score_cutoff=1) <= 1


def _starts_alike(left: Name, right: Name) -> bool:
    """By letter within a script, by sound between two."""
    if left.persian == right.persian and left.whole[0] == right.whole[0]:
        return True
    return left.sound[:1] == right.sound[:1]


def _is_part(left: Name, right: Name) -> bool:
    """All words of the shorter stand in the longer, in order from its start or its end; initials fit any word."""
    short, long = sorted((left.words, right.words), key=len)
    return all(map(_fits, short, long)) or all(map(_fits, short[::-1], long[::-1]))


def _fits(one: str, other: str) -> bool:
    """One word of two names: the same, spelt otherwise, short for it, an initial, or a letter apart."""
    spellings = _spellings()
    ones, others = spellings.get(one, one), spellings.get(other, other)
    if ones == others:
        return True
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0]
    if ones in _known() and others in _known():
        return others in _kin().get(ones, ())
    return min(len(one), len(other)) > 3 and OSA.distance(one, other, score_cutoff=1) <= 1


@cache
def _spellings() -> dict[str, str]:
    """Each spelling → the one that stands for them all."""
    found: dict[str, str] = {}
    for line in entries("name_variants.txt"):
        key, *others = line.split()
        found |= dict.fromkeys(map(squeeze, [key, *others]), key)
    return found


@cache
def _pet_forms() -> dict[str, set[str]]:
    """Each name's key → the keys of its short forms."""
    spellings = _spellings()
    found: dict[str, set[str]] = {}
    for line in sorted(entries("nicknames.txt")):
        name, *forms = (spellings.get(folded, folded) for folded in map(squeeze, line.split()))
        found.setdefault(name, set()).update(forms)
    return found


@cache
def _kin() -> dict[str, set[str]]:
    """Each name's key → the keys of its short forms, of the names it is short for, and of their other short forms."""
    found: dict[str, set[str]] = {}
    for name, forms in _pet_forms().items():
        for one in (name, *forms):
            found.setdefault(one, set()).update(forms, (name,))
    return found


@cache
def _known() -> frozenset[str]:
    """The keys of all names on any list."""
    listed = {line.split()[1] for line in entries("name_counts.txt")}
    spellings = _spellings()
    return frozenset({*(spellings.get(name, name) for name in listed), *spellings.values(), *_kin()})
