"""Naive Bayes over the counts that staff's decisions left (gateway/store/lessons.py)."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log

LEAST_LESSONS = 10  # of each label: below it a site has not been taught enough to be heard
LEAST_SEEN = 2  # texts that had a word: one text's own words say nothing of others
MOST_TELLING = 20  # words looked at: a long text is not surer than a short one
STRONGEST = 2.0  # nats that one word may add: no single word decides
OVERLAP = 0.6  # a pair repeats its two words, so the sum is damped (tuned on the first half of the bench's texts)


def probability(seen: Iterable[tuple[int, int]], texts: tuple[int, int]) -> float | None:
    """How likely the text is spam, 0–1, with both labels equally likely beforehand; None: too few lessons.

    seen: (spam, ham) texts that had each of its words; texts: (spam, ham) texts learnt in all.
    """
    if min(texts) < LEAST_LESSONS:
        return None
    said = [_says(spam, ham, texts) for spam, ham in seen if spam + ham >= LEAST_SEEN]
    telling = sorted(said, key=abs, reverse=True)[:MOST_TELLING]
    return 1 / (1 + exp(-OVERLAP * sum(telling)))


def _says(spam: int, ham: int, texts: tuple[int, int]) -> float:
    """Log of how much likelier the word is in spam, with half a text added to each side (Jeffreys' prior)."""
    odds = log((spam + 0.5) / (texts[0] + 1)) - log((ham + 0.5) / (texts[1] + 1))
    return max(-STRONGEST, min(STRONGEST, odds))
