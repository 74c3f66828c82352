"""`python -m bench.verification.tuning [--tune] [--sms FILE]`: what the content checks make of our own texts.

Without `--tune` only the held-out half is judged and reported. `--tune` lists the misjudged of the other half, by
which weights may be set. `--sms` judges the ham of the SMS Spam Collection (UCI, CC BY 4.0), a file of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from verification.checks.content import (
    SURE_HAM,
    SURE_SPAM,
    contact_in_name,
    gibberish_name,
    links,
    mixed_script,
    spam_text,
)
from verification.evidence import Evidence
from verification.spam.bayes import probability
from verification.spam.words import lesson_words
from verification.verdict import Verdict, verify

FOLDER = Path(__file__).parent
CONTENT = (contact_in_name, gibberish_name, mixed_script, links, spam_text)
LANGUAGES = ("en", "fa")


@dataclass(frozen=True)
class Text:
    text: str
    spam: bool
    lang: str

    @property
    def held_out(self) -> bool:
        """By the text itself, so that adding one moves no other."""
        return sha256(self.text.encode()).digest()[0] % 2 == 1


def texts() -> Iterator[Text]:
    """Every text of the four files, one a line."""
    for lang in LANGUAGES:
        for name in ("ham", "spam"):
            lines = (FOLDER / f"{name}.{lang}.txt").read_text(encoding="utf-8").splitlines()
            yield from (Text(line, name == "spam", lang) for line in lines if line)


def judge(text: str) -> Verdict:
    """What the content checks alone make of a message: no memory, no lessons, a person's browser."""
    evidence = Evidence(
        channel="hosted",
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
        answers={"message": text},
        field_types={"message": "long_text"},
    )
    return verify(evidence, checks=CONTENT)


def report(found: list[Text]) -> str:
    """Precision, recall and false alarms, by language and in all."""
    lines = [
        "| texts | spam | held | recall | ham | held | false alarms | ham weighed at all | precision |",
        "|" + "---|" * 9,
    ]
    for lang in (*LANGUAGES, "both"):
        judged = [(text.spam, judge(text.text)) for text in found if lang in {text.lang, "both"}]
        spam = [verdict for is_spam, verdict in judged if is_spam]
        ham = [verdict for is_spam, verdict in judged if not is_spam]
        caught, false = (sum(verdict.outcome == "hold" for verdict in of) for of in (spam, ham))
        weighed = sum(verdict.weight > 0 for verdict in ham)
        precision = caught / (caught + false) if caught + false else 1.0
        lines.append(
            f"| {lang} | {len(spam)} | {caught} | {caught / len(spam):.2f} | {len(ham)} | {false} | "
            f"{false / len(ham):.3f} | {weighed} | {precision:.2f} |"
        )
    return "\n".join(lines)


def misjudged(found: list[Text]) -> Iterator[str]:
    """A line each, with what was found."""
    for text in found:
        verdict = judge(text.text)
        if (verdict.outcome == "hold") != text.spam or (verdict.weight and not text.spam):
            said = ", ".join(f"{one.code} {one.weight} {dict(one.params)}" for one in verdict.findings if one.weight)
            yield f"{'spam' if text.spam else 'ham'} {text.lang} {verdict.weight}: {text.text}\n    {said}"


def learnt(taught: list[Text], asked: list[Text]) -> str:
    """What lessons of one half say of the other, by the learner alone."""
    seen: dict[str, list[int]] = {}
    for text in taught:
        for word in lesson_words(text.text):
            seen.setdefault(word, [0, 0])[not text.spam] += 1
    sums = (sum(text.spam for text in taught), sum(not text.spam for text in taught))
    said = [(text.spam, _probability(text, seen, sums)) for text in asked]
    caught, false = (sum(p > SURE_SPAM for is_spam, p in said if is_spam is wanted) for wanted in (True, False))
    released = sum(p < SURE_HAM for is_spam, p in said if is_spam)
    spam = sum(text.spam for text in asked)
    return (
        f"learnt from {len(taught)} texts of the other half alone: {caught} of {spam} spam held, "
        f"{false} of {len(asked) - spam} ham held, {released} spam spoken for"
    )


def _probability(text: Text, seen: dict[str, list[int]], sums: tuple[int, int]) -> float:
    counts = [(seen[word][0], seen[word][1]) for word in lesson_words(text.text) if word in seen]
    found = probability(counts, sums)
    assert found is not None
    return found


def sms_ham(path: Path) -> str:
    """How many of the collection's honest messages are held, or weighed at all."""
    rows = (line.partition("\t") for line in path.read_text(encoding="utf-8").splitlines())
    verdicts = [judge(text) for label, _, text in rows if label == "ham"]
    held = sum(verdict.outcome == "hold" for verdict in verdicts)
    return f"{len(verdicts)} honest SMS: {held} held, {sum(verdict.weight > 0 for verdict in verdicts)} weighed at all"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", action="store_true", help="list what is misjudged in the half that is tuned on")
    parser.add_argument("--sms", type=Path, help="the SMS Spam Collection's file")
    asked = parser.parse_args()
    half = [text for text in texts() if text.held_out is not asked.tune]
    print(report(half))
    if asked.tune:
        print("\n".join(misjudged(half)))
    else:
        print(learnt([text for text in texts() if not text.held_out], half))
    if asked.sms:
        print(sms_ham(asked.sms))


if __name__ == "__main__":
    main()
