"""Renews verification/data/spam_words.txt: `python -m bench.verification.tuning.train --sms FILE > THAT_FILE`.

Learns from `topics.*.txt`, the half of the four other files that is tuned on, the tuning half of the judge's spam
(bench/verification/split.py) and every 16th honest message of the SMS Spam Collection (UCI, CC BY 4.0).
`--check` leaves out one topic at a time instead, judges it by the others and prints the totals.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp, sqrt
from pathlib import Path

from bench.verification.split import halves
from bench.verification.tuning.__main__ import FOLDER, LANGUAGES, texts
from verification.spam.model import BIAS, DOUBT, HOLD, INSISTS, SIGN, features, log_odds, opinion
from verification.spam.voice import stems

ROUNDS, STEP, SHRINK = 25, 0.3, 0.01
HONEST = 1.5  # an honest text that is held costs more than spam that passes
SEEN_IN = 2  # texts that must have a stem; so that no text can be read out of the file
EVERY = 16  # of the honest SMS
HEAD = """\
# What signs (+name: verification/spam/signs.toml) and stems of words say for (above 0) or against a text's being spam.
# Source: texts of our own and a part of the SMS Spam Collection (UCI, CC BY 4.0) in bench/verification/tuning.
# Date: 2026-11-22. Licence: MIT. Renew: python -m bench.verification.tuning.train --sms FILE > THIS_FILE"""
Row = tuple[list[tuple[str, float]], bool]


@dataclass(frozen=True)
class Lesson:
    text: str
    spam: bool
    lang: str
    topic: str


def lessons(sms: Path) -> list[Lesson]:
    """Everything that is learnt from."""
    ours = (Lesson(one.text, one.spam, one.lang, "old") for one in texts() if not one.held_out)
    judges = (Lesson(text, True, lang, "judge") for lang in LANGUAGES for text in halves("spam", lang)[0])
    rows = [line.partition("\t") for line in sms.read_text(encoding="utf-8").splitlines()]
    honest = [text.strip() for label, _, text in rows if label == "ham"]
    return [*topics(), *ours, *judges, *(Lesson(text, False, "en", "sms") for text in honest[1::EVERY])]


def topics() -> Iterator[Lesson]:
    """The texts by topic: `# topic`, then `- ` a spam text or `+ ` an honest one a line."""
    for lang in LANGUAGES:
        topic = ""
        for line in (FOLDER / f"topics.{lang}.txt").read_text(encoding="utf-8").splitlines():
            sign, text = line[:1], line[2:]
            topic = text if sign == "#" else topic
            if sign in {"-", "+"}:
                yield Lesson(text, sign == "-", lang, topic)


def train(rows: Iterable[Row]) -> dict[str, float]:
    """Weights by stochastic descent with a step of its own for each feature (Adagrad) and shrinking."""
    weights: dict[str, float] = {}
    slopes: dict[str, float] = {}
    order, chance = [([*found, (BIAS, 1.0)], spam) for found, spam in rows], random.Random(1)
    for _ in range(ROUNDS):
        chance.shuffle(order)
        for found, spam in order:
            _learn(found, spam, weights, slopes)
    return weights


def _learn(found: list[tuple[str, float]], spam: bool, weights: dict[str, float], slopes: dict[str, float]) -> None:
    likely = 1 / (1 + exp(-sum(weights.get(name, 0.0) * value for name, value in found)))
    wrong = likely - 1 if spam else likely * HONEST
    for name, value in found:
        slope = wrong * value + (SHRINK * weights.get(name, 0.0) if name != BIAS else 0.0)
        slopes[name] = slopes.get(name, 0.01) + slope * slope
        weights[name] = weights.get(name, 0.0) - STEP * slope / sqrt(slopes[name])


def known(taught: Iterable[Lesson]) -> set[str]:
    """The stems that enough texts of our own have; the SMS add none."""
    seen = Counter(stem for one in taught if one.topic != "sms" for stem in stems(one.text))
    return {stem for stem, count in seen.items() if count >= SEEN_IN}


def row(text: str, listed: set[str]) -> list[tuple[str, float]]:
    """A text's features without unknown stems."""
    return [(name, value) for name, value in features(text) if name.startswith(SIGN) or name in listed]


def check(taught: list[Lesson]) -> str:
    """Every topic judged by the others: how many are held and doubted."""
    counts: Counter[tuple[str, bool, str]] = Counter()
    for topic in sorted({one.topic for one in taught} - {"sms"}):
        others = [one for one in taught if one.topic != topic]
        listed = known(others)
        weights = train((row(one.text, listed), one.spam) for one in others)
        for one in (one for one in taught if one.topic == topic):
            counts[one.lang, one.spam, _opinion(one.text, weights)] += 1
    return "\n".join(
        f"{lang} {'spam' if spam else 'honest'} {said}: {n}" for (lang, spam, said), n in sorted(counts.items())
    )


def _opinion(text: str, weights: dict[str, float]) -> str:
    signs, odds = opinion(text), log_odds(features(text), weights)
    if odds < DOUBT or not signs.shown:
        return "passed"
    return "held" if odds >= HOLD and signs.insists >= INSISTS else "doubted"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sms", type=Path, required=True, help="the SMS Spam Collection's file")
    parser.add_argument("--check", action="store_true", help="leave out one topic at a time")
    asked = parser.parse_args()
    taught = lessons(asked.sms)
    if asked.check:
        print(check(taught))
        return
    listed = known(taught)
    weights = train((row(one.text, listed), one.spam) for one in taught)
    rows = (f"{name} {weight:.2f}" for name, weight in sorted(weights.items()) if abs(weight) >= 0.05)
    print("\n".join([HEAD, *rows]))


if __name__ == "__main__":
    main()
