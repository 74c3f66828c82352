"""Did they mean another domain? A slip of the hand that makes a big provider's domain out of a real one's letters.

One slip is looked for, rarely two: a neighbouring key, two letters in each other's place, a letter left out or
doubled, a dot too few or too many, a wrong ending, a Persian keyboard left on. static/typos.js is the same algorithm
over the same table, run in the visitor's browser; a test compares the two. Only ever a suggestion.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from verification.data_files import FOLDER, entries
from verification.mail_providers import BY_DOMAIN

SURE, LIKELY, FAR = 0.8, 1.0, 1.5  # what a slip costs: by how often hands make it
MOST_BY_LENGTH = {
    2: 0.0,
    3: SURE,
    4: LIKELY,
    5: LIKELY,
}  # letters of the provider's name → the dearest slip in it; else FAR
DOTS = re.compile(r"[.,]+")  # a comma stands beside the dot
LONGEST = 40  # characters; no provider's domain and its slips are longer


@dataclass(frozen=True)
class _Table:
    targets: tuple[str, ...]
    known: frozenset[str]
    brands: frozenset[str]
    national: frozenset[str]
    endings: frozenset[str]
    neighbours: dict[str, str]
    persian: dict[int, str]
    index: dict[str, tuple[int, ...]]  # a target with one letter left out → the targets' places
    by_name: dict[str, int]  # a provider's name → its first target's place


def suggest(domain: str, exists: bool | None = None) -> str | None:
    """The domain that was meant, or None. `domain` as typed; `exists`: what DNS says, None where it was not asked.

    A domain that exists is left alone: somebody has mail there, and a wrong suggestion is worse than none.
    """
    return None if exists else _suggestion(domain)


def mends(first: str, second: str) -> bool:
    """Is the second address the first one with its mistyped domain put right? Then both are one person's."""
    name, _, domain = first.lower().rpartition("@")
    return bool(name) and second.lower() == f"{name}@{suggest(domain)}"


def table() -> dict[str, Any]:
    """What static/typos.js is served with."""
    found = _read()
    known = sorted(
        (entries("free_mail.txt") | BY_DOMAIN.keys() | set(found["known"].split())) - set(found["targets"].split())
    )
    return {**{name: text.split() for name, text in found.items()}, "known": known}


@lru_cache(maxsize=4096)
def _suggestion(domain: str) -> str | None:
    found = _table()
    given = ".".join(_decoded(label) for label in domain.strip().lower().split("."))
    typed = DOTS.sub(".", given.translate(found.persian).strip(".,")).removeprefix("www.")
    if not typed or len(typed) > LONGEST or typed in found.known:
        return None
    if typed in found.by_name and "." not in typed:
        return found.targets[found.by_name[typed]]
    if typed in found.targets:
        return typed if typed != given else None
    name, _, ending = typed.partition(".")
    near = _nearest(typed, found)
    if near is not None:
        return near
    if name in found.brands | found.national and not _in_use(name, ending.rpartition(".")[2], found):
        return found.targets[found.by_name[name]]
    return _two_slips(name, ending, found)


def _decoded(label: str) -> str:
    """A label as it was typed: browsers hand out an e-mail field's domain in ASCII (RFC 3492)."""
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def _two_slips(name: str, ending: str, found: _Table) -> str | None:
    """One in a brand's name and any in the ending that then is no ending: gmal.con."""
    if name in found.by_name or ending in found.endings or _slip(ending, "com", _alike(ending, "com"), found) is None:
        return None
    near = _nearest(f"{name}.com", found)
    return near if near and near.partition(".")[0] in found.brands | found.national else None


def _nearest(typed: str, found: _Table) -> str | None:
    """The target that is one slip away; of several the cheapest, then the most used."""
    places = {place for text in _shortened(typed) for place in found.index.get(text, ())}
    costs = ((_cost(typed, found.targets[place], found), place) for place in places)
    best = min(((cost, place) for cost, place in costs if cost is not None), default=None)
    return found.targets[best[1]] if best else None


def _cost(typed: str, target: str, found: _Table) -> float | None:
    """What the one slip between the two costs; None where there are more, or it is too unlikely for this name."""
    start, dot = _alike(typed, target), target.index(".")
    cost = _slip(typed, target, start, found)
    if cost is None:
        return None
    if typed[: dot + 1] == target[: dot + 1]:  # the name stands, the ending is another
        return None if _in_use(target[:dot], typed[dot + 1 :], found) else cost
    if typed.replace(".", "") == target.replace(".", ""):
        return cost  # every letter stands, a dot does not
    return cost if cost <= MOST_BY_LENGTH.get(dot, FAR) else None


def _in_use(name: str, ending: str, found: _Table) -> bool:
    """Whether the name may well stand under this ending: only a country's, for who is in many countries."""
    if name in found.brands or ending not in found.endings:
        return False
    return len(ending) == 2 or name not in found.national  # two letters: a country (ISO 3166)


def _alike(typed: str, target: str) -> int:
    """How many letters are the same from the start on."""
    for place, (one, other) in enumerate(zip(typed, target, strict=False)):
        if one != other:
            return place
    return min(len(typed), len(target))


def _slip(typed: str, target: str, at: int, found: _Table) -> float | None:
    """The slip at the first place where the two differ."""
    rest, wanted = typed[at:], target[at:]
    if rest[1:] == wanted[1:] and rest and wanted:
        return LIKELY if rest[0] in found.neighbours.get(wanted[0], "") else FAR
    if rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:] and len(wanted) > 1:
        return LIKELY
    if wanted and rest == wanted[1:]:
        return SURE if wanted[0] == "." else LIKELY
    if rest and rest[1:] == wanted:
        return _extra(rest[0], target, at, found)
    return None


def _extra(letter: str, target: str, at: int, found: _Table) -> float:
    """A letter too many: doubled, a dot, beside the key that was meant, or from nowhere."""
    around = target[max(at - 1, 0) : at + 1]
    if letter == "." or letter in around:
        return SURE
    return LIKELY if any(letter in found.neighbours.get(one, "") for one in around) else FAR


def _shortened(text: str) -> Iterator[str]:
    """The text, and each that is left when one letter goes: two texts one slip apart share one of these."""
    yield text
    yield from {text[:place] + text[place + 1 :] for place in range(len(text))}


@cache
def _read() -> dict[str, str]:
    return {name: str(text) for name, text in tomllib.loads((FOLDER / "typos.toml").read_text("utf-8")).items()}


@cache
def _table() -> _Table:
    read = table()
    targets = tuple(read["targets"])
    index: dict[str, tuple[int, ...]] = {}
    for place, target in enumerate(targets):
        for text in _shortened(target):
            index[text] = (*index.get(text, ()), place)
    by_name: dict[str, int] = {}
    for place, target in enumerate(targets):
        by_name.setdefault(target.partition(".")[0], place)
    return _Table(
        targets=targets,
        known=frozenset(read["known"]),
        brands=frozenset(read["brands"]),
        national=frozenset(read["national"]),
        endings=frozenset(read["endings"]),
        neighbours={pair[0]: pair[2:] for pair in read["keys"]},
        persian={ord(pair[0]): pair[1] for pair in read["persian"]},
        index=index,
        by_name=by_name,
    )
