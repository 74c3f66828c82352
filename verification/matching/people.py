"""First and last name together: as they stand, or crosswise where they stand in each other's place."""

from __future__ import annotations

from typing import NamedTuple

from verification.matching.names import Level, Name, compare
from verification.matching.records import Record

AGREE = frozenset({"same", "variant", "nickname", "part", "sound", "slip"})
_FITS = AGREE | {"initial"}
_PAIR = tuple[Name, Name]


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
    straight = Names(first, last, firsts, lasts)
    if first in AGREE or (first == "none" and last in AGREE):
        return straight
    one, other = (left.first, right.last), (left.last, right.first)
    return _crosswise(straight, (compare(*one), one), (compare(*other), other))


def _crosswise(straight: Names, one: tuple[Level, _PAIR], other: tuple[Level, _PAIR]) -> Names:
    better, worse = (one, other) if one[0] in AGREE else (other, one)
    if better[0] in AGREE and worse[0] in _FITS:
        return Names(one[0], other[0], one[1], other[1], swapped=True)
    if worse[0] == "none" and better[0] in AGREE:  # one of them has a single name: whichever it is, it is theirs
        return Names("none", better[0], worse[1], better[1], swapped=True)
    if better[0] in AGREE and worse[0] == straight.first == straight.last == "different":
        return Names(better[0], "different", better[1], worse[1], swapped=True)  # out of place, and the other changed
    return straight
