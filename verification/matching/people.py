"""First and last name together: as they stand, or crosswise where they stand in each other's place."""

from __future__ import annotations

from typing import NamedTuple

from verification.matching.frequencies import shipped
from verification.matching.names import NOBODY, Level, Name, compare, parse
from verification.matching.records import Record

AGREE = frozenset({"same", "variant", "nickname", "part", "sound", "slip"})
_FITS = AGREE | {"initial"}
_PAIR = tuple[Name, Name]
_UNTOLD = frozenset({"none", "initial"})
_NONE = (NOBODY, NOBODY)


class Names(NamedTuple):
    """How first and last name agree, and which two names were held against each other for it."""

    first: Level
    last: Level
    firsts: _PAIR
    lasts: _PAIR
    swapped: bool = False


def compare_people(left: Record, right: Record) -> Names:
    """As they stand where the first names agree, or the last ones and nobody has two first names; else crosswise, if
    that fits better; symmetric."""
    firsts, lasts = (left.first, right.first), (left.last, right.last)
    first, last = compare(*firsts), compare(*lasts)
    if first in _UNTOLD or last in _UNTOLD:
        first = _told(first, firsts, (left.told_first, right.told_first))
        last = _told(last, lasts, (left.told_last, right.told_last))
    if first == "none" and last == "part":
        first = _within(left, right)
    straight = Names(first, last, firsts, lasts)
    if first in AGREE or first == "told" or (first == "none" and last in AGREE) or not may_cross(left, right):
        return straight
    one, other = (left.first, right.last), (left.last, right.first)
    return _crosswise(straight, (compare(*one), one), (compare(*other), other))


def may_cross(left: Record, right: Record) -> bool:
    """May a name of one stand in the other's place of the other? One of the two sounds there as here, or is part."""
    one, other, first, last = left.first, left.last, right.first, right.last
    if one.sound == last.sound or other.sound == first.sound:
        return True
    return len(one.words) > 1 or len(other.words) > 1 or len(first.words) > 1 or len(last.words) > 1


def _told(level: Level, names: _PAIR, told: _PAIR) -> Level:
    """`told` where a name that is missing, or an initial, stands in the mailbox and agrees so; `denied` where another
    one stands there."""
    if level not in _UNTOLD or told == _NONE:
        return level
    one, other = (tale if tale.words else name for name, tale in zip(names, told, strict=True))
    found = compare(one, other)
    return "told" if found in AGREE else "denied" if found == "different" and level == "none" else level


def _within(left: Record, right: Record) -> Level:
    """Of a record whose last name holds both (`Lucas Barry`) and another's (Larry, Barry): how the first names agree.
    `none` where what stands beside the last name need be no first name."""
    short, long = sorted((left, right), key=lambda one: len(one.last.words))
    if long.first.words or not short.first.words:
        return "none"
    few, words = len(short.last.words), long.last.words
    beside = parse(" ".join(words[:-few] if words[-few:] == short.last.words else words[few:]))
    found = compare(beside, short.first)
    return found if found != "different" or _is_first(beside) else "none"


def _is_first(name: Name) -> bool:
    """Is it borne as a first name more often than as a last one?"""
    return shipped("first").get(name.key, 0.0) > shipped("last").get(name.key, 0.0)


def _crosswise(straight: Names, one: tuple[Level, _PAIR], other: tuple[Level, _PAIR]) -> Names:
    better, worse = (one, other) if one[0] in AGREE else (other, one)
    if better[0] in AGREE and worse[0] in _FITS:
        return Names(one[0], other[0], one[1], other[1], swapped=True)
    if worse[0] == "none" and better[0] in AGREE:  # one of them has a single name: whichever it is, it is theirs
        return Names("none", better[0], worse[1], better[1], swapped=True)
    if better[0] in AGREE and worse[0] == straight.first == straight.last == "different":
        return Names(better[0], "different", better[1], worse[1], swapped=True)  # out of place, and the other changed
    return straight
