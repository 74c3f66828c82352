"""How two companies, places, dates and numbers of identity stand to each other; neither value is empty."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

from verification.matching.names import ALIKE
from verification.matching.records import word_sound
from verification.matching.sound import is_persian

ADDRESSES_ALIKE = 80.0  # of 100, words in any order
HOUR, DAY = 3_600.0, 86_400.0  # seconds


@lru_cache(1 << 14)
def compare_words(left: str, right: str) -> str:
    """Companies or cities, folded: same, near (a slip, or words left out), sound (between scripts), different."""
    if left.replace(" ", "") == right.replace(" ", ""):
        return "same"
    if is_persian(left) != is_persian(right):
        return "sound" if len(word_sound(left)) > 2 and word_sound(left) == word_sound(right) else "different"
    ones, others = set(left.split()), set(right.split())
    if ones <= others or others <= ones or JaroWinkler.similarity(left, right) >= ALIKE:
        return "near"
    return "different"


def compare_equal(left: str, right: str) -> str:
    """What is the same or not."""
    return "same" if left == right else "different"


def compare_codes(left: str, right: str) -> str:
    """Postcodes and numbers of identity: same, slip (one character, or two turned round), different."""
    if left == right:
        return "same"
    return "slip" if OSA.distance(left, right, score_cutoff=1) <= 1 else "different"


def compare_births(left: str, right: str) -> str:
    """Dates of birth as digits: a slip is also day and month turned round."""
    level = compare_codes(left, right)
    turned = left[:4] + left[6:] + left[4:6]
    return "slip" if level == "different" and len(left) == 8 and turned == right else level


def compare_addresses(left: str, right: str) -> str:
    """Street and number, folded."""
    if left == right:
        return "same"
    return "near" if token_sort_ratio(left, right, score_cutoff=ADDRESSES_ALIKE) else "different"


def compare_times(left: float, right: float) -> str:
    """How near in time two rows came: somebody who tries again does so soon; none where far apart."""
    apart = abs(left - right)
    return "hour" if apart <= HOUR else "day" if apart <= DAY else "none"
