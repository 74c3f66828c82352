"""What a text has that speaks for or against it, each with its points (weights.toml).

Linear in the text's length: patterns have no nested repeats, and no more than LOOKED_AT characters are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from forms.text import fold
from verification.spam.links import Links, find_links
from verification.spam.scripts import mixed_words, plain_letters
from verification.spam.weights import LONGEST_PHRASE, phrases, points

HEAD, TAIL = 3000, 1000  # characters read of a longer text: spam hides its link at either end
SHOWN = 4  # features named to staff

_WORD = re.compile(r"[^\W_]+")
_SPACED = re.compile(r"(?:(?<=\s)|^)(?:[a-z][ .*_-]){3,15}[a-z](?=\W|$)")
_LEET = str.maketrans("013457@$", "oleastas")
_LEET_SIGN = re.compile(r"[013457@$]")
_LEET_WORD = re.compile(r"[a-z013457@$]{5,20}")
_SPIN = re.compile(r"\{[^{}|\n]{1,60}\|[^{}\n]{1,200}\}")
_TEMPLATE = re.compile(
    r"\{\{?\s?[a-z_ ]{2,30}\s?\}|%%?[a-z_]{3,30}%"
    r"|\[(?:your|first|last|full|company|website|site|domain)[ _]?[a-z]{0,12}\]",
    re.I,
)
_PUNCTUATION = re.compile(r"[!?؟$€*#=~★☆►✔]{4,}")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]")
_SENTENCE = re.compile(r"[.!?؟\n]+")
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_LATIN_WORD = re.compile(r"\b[A-Za-z]{2,}\b")


@dataclass(frozen=True)
class Feature:
    family: str
    name: str
    points: int  # taken off in the family "asks"
    shown: str  # for staff: the phrase as it is listed, or a sign of what it is; never the visitor's own words


def read_part(text: str) -> str:
    """The part of a text that is looked at."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def features(text: str) -> list[Feature]:
    """Every feature of one text, each once."""
    text = read_part(text)
    folded, mixed = read_part(fold(text)), bool(mixed_words(text))  # cut again: some characters fold to six
    words = _WORD.findall(folded)
    found = [
        *_phrases(folded, words, read_part(fold(plain_letters(text))) if mixed else ""),
        *_links(words, find_links(text)),
        *_disguises(text, mixed),
        *_shouting(text),
        *_repetition(text, words),
    ]
    return list({(feature.name, feature.shown): feature for feature in found}.values())


def _feature(family: str, name: str, shown: str) -> Feature:
    return Feature(family, name, points(family, name), shown)


def _phrases(folded: str, words: list[str], unmixed: str) -> Iterator[Feature]:
    """Phrases of the lists in the text as written, and those of the topics that only unmasking shows."""
    plain = set(_matches(words))
    for family, name, phrase in sorted(plain):
        yield _feature(family, name, phrase)
    masked = (_WORD.findall(unmixed), *_unspaced(folded), *_unleeted(folded))
    hidden = {found for unmasked in masked for found in _matches(unmasked)} - plain
    for family, name, phrase in sorted(hidden):
        if family == "topic":
            yield _feature(family, name, phrase)
            yield _feature("disguise", "hidden_word", phrase)


def _matches(words: list[str]) -> Iterator[tuple[str, str, str]]:
    """Leftmost and longest, so that no word counts twice: «سود تضمینی» is no «تضمینی» besides."""
    listed, start = phrases(), 0
    while start < len(words):
        joined, longest = "", 1
        found = None
        for length, word in enumerate(words[start : start + LONGEST_PHRASE], start=1):
            joined += word
            if joined in listed:
                found, longest = listed[joined], length
        if found:
            yield found
        start += longest


def _unspaced(folded: str) -> Iterator[list[str]]:
    """`v i a g r a` and `c.a.s.i.n.o` put together."""
    return ([re.sub("[^a-z]", "", run)] for run in _SPACED.findall(folded))


def _unleeted(folded: str) -> Iterator[list[str]]:
    """`v1agra`, `c@sino` with their letters put back."""
    signs = (word for word in folded.split(" ") if _LEET_SIGN.search(word))
    return ([part.translate(_LEET)] for word in signs for part in _LEET_WORD.findall(word))


def _links(words: list[str], links: Links) -> Iterator[Feature]:
    if links.count:
        size = "many" if links.count >= 5 else "several" if links.count >= 3 else "one"
        yield _feature("link", size, f"{links.count} × http")
        if len(words) <= 6:  # those of the address itself are among them
            yield _feature("link", "only", "http")
    for name, shown in (("cheap_place", links.cheap_place), ("channel", links.channel)):
        if shown:
            yield _feature("link", name, shown)
    for name in ("shortener", "bbcode", "html", "obfuscated"):
        if shown := getattr(links, name):
            yield _feature("disguise", name, shown)


def _disguises(text: str, mixed: bool) -> Iterator[Feature]:
    if mixed:
        yield _feature("disguise", "look_alikes", "a ≠ а")
    if "{" in text and _SPIN.search(text):
        yield _feature("disguise", "spin", "{…|…}")
    elif any(sign in text for sign in "{%[") and _TEMPLATE.search(text):
        yield _feature("disguise", "template", "{…}")


def _shouting(text: str) -> Iterator[Feature]:
    latin = _LATIN_WORD.findall(text)
    if len(latin) >= 8 and len(_CAPITALS.findall(text)) > len(latin) / 2:
        yield _feature("shouting", "capitals", "ABC")
    if _PUNCTUATION.search(text):
        yield _feature("shouting", "punctuation", "!!!!")
    if not text.isascii() and len(_EMOJI.findall(text)) >= 6:
        yield _feature("shouting", "emoji", "★ × 6")


def _repetition(text: str, words: list[str]) -> Iterator[Feature]:
    start = words[:60]  # any long text says "the" again
    if len(start) >= 12 and len(set(start)) < len(start) / 2:
        yield _feature("repetition", "words", "x x x")
    sentences = Counter(part for found in _SENTENCE.split(text) if len(part := found.strip()) >= 15)
    if sentences and sentences.most_common(1)[0][1] >= 3:
        yield _feature("repetition", "sentences", "x. x. x.")
