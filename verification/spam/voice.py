"""Who speaks to whom in a text: one who offers services to a site's owner, or one who asks for something.

Signs of structure (signs.toml) and the stems of the words; what each of them says is learnt (model.py).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from forms.text import fold
from verification.spam.links import find_links

FILE = Path(__file__).parent / "signs.toml"
READ = 700  # characters: who speaks shows early, and a long text is not surer than a short one
MOST_STEMS = 80
STEM = 5  # letters: «تضمینی» and «تضمین», "guaranteed" and "guarantee"
SHORT = 40  # characters
# Signs that no pattern tells, and what staff see of them.
SEEN = {"parted": "x x x", "emoji": "★", "link": "http", "links": "http, http", "channel": "t.me"}
PUSHES = {"handle", "soon", "last_chance", "reach_us", "interested"}  # as those that sell do, but others too
ASKS = {"question", "asks", "wants", "wants_fa", "mine"}
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S{1,64}@\S+|@\w+")
_PARTED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .*_-]{1,2}){3,15}[^\W\d_](?![^\W_])")
_HALF_PARTED = re.compile(r"[ء-ی]{1,3}[.*_][ء-ی]{1,4}[.*_ ][ء-ی.*_]{1,6}")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]")


def signs(text: str) -> set[str]:
    """The names of the signs that a text shows."""
    folded, links = _read(text), find_links(text[: 2 * READ])
    seen = {
        "parted": _PARTED.search(folded) or _HALF_PARTED.search(folded),
        "emoji": not text.isascii() and _EMOJI.search(text[:READ]),
        "short": len(folded) < SHORT,
        "link": links.count == 1,
        "links": links.count > 1,
        "channel": links.channel,
    }
    patterns = {name for name, pattern in _patterns().items() if pattern.search(folded)}
    return patterns | {name for name, shown in seen.items() if shown}


def selling() -> Mapping[str, str]:
    """The signs that sell, each with what staff see of it."""
    return _selling()


def insistence(found: set[str]) -> int:
    """Signs that push less those that ask: a sum or a link in somebody's question is no offer."""
    return len(found & (selling().keys() | PUSHES)) - len(found & ASKS)


def stems(text: str) -> list[str]:
    """The stems of its words and of pairs of neighbours (`a_b`), each once; parted letters are put together."""
    words = [word[:STEM] for word in islice(_words(_ADDRESS.sub(" ", _read(text))), MOST_STEMS)]
    return list(dict.fromkeys([*words, *(f"{first}_{second}" for first, second in pairwise(words))]))


def _words(folded: str) -> Iterator[str]:
    yield from _WORD.findall(folded)
    yield from (re.sub(r"[\W_]", "", run) for run in _PARTED.findall(folded))


def _read(text: str) -> str:
    return fold(text[: 2 * READ])[:READ]


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile("|".join(row["patterns"])) for name, row in _table().items()}


@cache
def _selling() -> Mapping[str, str]:
    return {name: str(row["shown"]) for name, row in _table().items() if "shown" in row} | SEEN


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
