"""A text's words as the learner sees them: folded, without numbers, addresses and names (rule 7)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice, pairwise

from forms.text import fold

MOST = 200  # features of one text: words, then pairs of neighbours
LOOKED_AT = 4000  # characters of one text
SHORTEST, LONGEST = 2, 30  # letters: one letter says nothing, longer ones are not words
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,253}")
_LINK = re.compile(r"(?:https?://|www\.)([a-z0-9.-]{4,253})[^\s]*", re.A)
_HANDLE = re.compile(r"@\w+")
WORD = re.compile(r"[^\W\d_]+")


def plain_words(text: str) -> list[str]:
    """The folded words of any text, one letter ones too; digits and signs part them."""
    return WORD.findall(fold(text[:LOOKED_AT]))


def lesson_words(text: str, but: Collection[str] = ()) -> list[str]:
    """What is learnt of a text: its words, the hosts it links to (`host:…`) and pairs of neighbouring words
    (`a b`), each once, at most MOST. `but`: folded words of the sender's other answers, which may be a victim's
    name, company or address: neither they nor what stands in an address, a handle or a number is ever learnt.
    """
    folded = fold(text[:LOOKED_AT])
    hosts = [f"host:{host}" for host in map(_bare_host, _LINK.findall(folded)) if not _names(host, but)]
    bare = _HANDLE.sub(" ", _LINK.sub(" ", _EMAIL.sub(" ", folded)))
    words = [word for word in WORD.findall(bare) if SHORTEST <= len(word) <= LONGEST and word not in but]
    return list(islice(_once(hosts, words), MOST))


def _once(hosts: list[str], words: list[str]) -> Iterator[str]:
    """Half the room for words, the rest for pairs, so that a long text teaches both."""
    yield from dict.fromkeys(hosts[:10])
    yield from dict.fromkeys(words[: MOST // 2])
    yield from dict.fromkeys(f"{first} {second}" for first, second in pairwise(words[: MOST // 2]))


def _bare_host(host: str) -> str:
    return host.strip(".-").removeprefix("www.")


def _names(host: str, but: Collection[str]) -> bool:
    """Is the host made of the sender's own answers, as a company's site is of its mail domain?"""
    return any(word in but for word in WORD.findall(host.rpartition(".")[0]))
