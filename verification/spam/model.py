"""How much a text sounds like somebody who sells to the site's owner: logistic regression over voice.py's features.

The weights are `verification/data/spam_words.txt`, a name or stem with its weight a line, trained offline by
`bench/verification/tuning/train.py`, which says how it was checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import sqrt

from verification.data_files import entries
from verification.spam.voice import insistence, selling, signs, stems

FILE = "spam_words.txt"
HOLD, DOUBT = 1.0, 0.4  # log odds; set by leaving one topic out at a time, so that honest texts stay below
WORDS = 2.0  # what all words of a text may say beside one sign
INSISTS = (
    2  # from here on a text may be held, below it is doubted at most: it may be a question about a price or a link
)
FEW = 10  # words: a shorter text's words weigh as if it had these
SIGN, BIAS = "+", "+always"  # names of signs start so in the file
SHOWN = 4


@dataclass(frozen=True)
class Opinion:
    odds: float  # log odds of being spam
    insists: int  # signs that push less signs that ask
    shown: str  # the signs that sell; empty: none, and then the model is not heard


def features(text: str) -> list[tuple[str, float]]:
    """Names with values: a sign counts 1, a word less the more there are."""
    found = stems(text)
    share = WORDS / sqrt(max(len(found), FEW))
    return [(SIGN + sign, 1.0) for sign in sorted(signs(text))] + [(stem, share) for stem in found]


@lru_cache(maxsize=256)
def opinion(text: str) -> Opinion:
    """What the shipped weights say of a text."""
    found = features(text)
    weights = shipped()
    sells = [shown for sign, shown in selling().items() if (SIGN + sign, 1.0) in found]
    seen = {name.removeprefix(SIGN) for name, _ in found if name.startswith(SIGN)}
    return Opinion(log_odds(found, weights), insistence(seen), " · ".join(sells[:SHOWN]))


def log_odds(found: Iterable[tuple[str, float]], weights: Mapping[str, float]) -> float:
    """The sum of what each feature says; unknown words say nothing."""
    return weights.get(BIAS, 0.0) + sum(weights.get(name, 0.0) * value for name, value in found)


@cache
def shipped() -> Mapping[str, float]:
    """Weight of each sign and stem, as the file has them."""
    rows = (entry.rpartition(" ") for entry in entries(FILE))
    return {name: float(weight) for name, _, weight in rows}
