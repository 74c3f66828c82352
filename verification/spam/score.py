"""The shipped scorer: features' points, at most so many a family, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from verification.spam.features import SHOWN, Feature, features
from verification.spam.weights import weights

LEAST_FAMILIES = 2  # words alone never hold, nor do links alone


@dataclass(frozen=True)
class Score:
    points: int
    families: int  # that speak against the text
    shown: str  # what speaks against it, the heaviest first


@lru_cache(maxsize=256)  # several checks look at one text
def score(text: str) -> Score:
    """What the features of a text come to; 0 and up."""
    return add_up(features(text))


def add_up(found: Sequence[Feature]) -> Score:
    """Sum by family, each up to its limit; what asks is taken off."""
    limits = weights()["most"]
    sums: dict[str, int] = {}
    for feature in found:
        sums[feature.family] = min(limits[feature.family], sums.get(feature.family, 0) + feature.points)
    asked = sums.pop("asks", 0)
    against = sorted((one for one in found if one.family != "asks"), key=lambda one: -one.points)
    shown = " · ".join(dict.fromkeys(one.shown for one in against[: 2 * SHOWN]))
    return Score(max(sum(sums.values()) - asked, 0), len(sums), shown)
