"""Names of people with their spellings and short forms, drawn as often as they are common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

DATA = Path(__file__).parent / "data"
JOINER = "\u200c"  # the half-space of Persian

# What a Persian family name is made of, beside those in last.fa.txt; the second part with its Latin spelling.
AFTER_A_FIRST_NAME = (
    ("پور", "pour"), ("زاده", "zadeh"), ("نژاد", "nejad"), ("نیا", "nia"), ("فر", "far"), ("وند", "vand"),
)  # fmt: skip
AFTER_A_FAMILY_NAME = (
    ("اصل", "Asl"), ("مقدم", "Moghaddam"), ("نژاد", "Nejad"), ("فرد", "Fard"), ("راد", "Rad"), ("تبار", "Tabar"),
    ("منش", "Manesh"), ("فر", "Far"),
)  # fmt: skip
COMPOUND_SHARE = 0.5  # of Persian people; the commonest name is then about 1 % of all, as in the registry


@dataclass(frozen=True)
class Name:
    """`written` as on a form; `latin` spellings, the commonest first; `spellings`: others in the same script."""

    written: str
    latin: tuple[str, ...]
    spellings: tuple[str, ...] = ()
    shorts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pool:
    """Names with the sums of their weights, so that a draw is one search."""

    names: tuple[Name, ...]
    sums: tuple[float, ...]

    def draw(self, dice: Random) -> Name:
        return dice.choices(self.names, cum_weights=self.sums)[0]


@cache
def first_names(lang: str, sex: str) -> Pool:
    """The first names of one sex (m or f)."""
    return _pool(_english_first(sex) if lang == "en" else _persian_first(sex))


@cache
def last_names(lang: str) -> Pool:
    return _pool(_english_last() if lang == "en" else _persian_last())


def _pool(weighted: Iterator[tuple[Name, float]]) -> Pool:
    names, weights = zip(*weighted, strict=True)
    return Pool(names, tuple(accumulate(weights)))


def _rows(file: str) -> Iterator[list[str]]:
    for line in (DATA / file).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("|")


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(",")) if cell else ()


def _english_first(sex: str) -> Iterator[tuple[Name, float]]:
    for kind, name, weight, spellings, shorts in _rows("first.en.txt"):
        if kind == sex:
            yield Name(name, (name,), _listed(spellings), _listed(shorts)), float(weight)


def _english_last() -> Iterator[tuple[Name, float]]:
    for name, weight, spellings in _rows("last.en.txt"):
        yield Name(name, (name,), _listed(spellings)), float(weight)


def _persian_first(sex: str) -> Iterator[tuple[Name, float]]:
    rows = [row for row in _rows("first.fa.txt") if row[0] == sex]
    for rank, (_, name, latin, spellings, shorts) in enumerate(rows):
        yield Name(name, _listed(latin), _listed(spellings), _listed(shorts)), (rank + 4) ** -0.8


def _persian_last() -> Iterator[tuple[Name, float]]:
    """The listed ones by rank, the compound ones alike; both by Zipf's law with its head flattened (Mandelbrot)."""
    listed = [Name(name, _listed(latin), _listed(spellings)) for name, latin, spellings in _rows("last.fa.txt")]
    weights = [(rank + 6) ** -0.7 for rank in range(len(listed))]
    compound = list(_compounds(listed))
    each = sum(weights) / (1 - COMPOUND_SHARE) * COMPOUND_SHARE / len(compound)
    yield from zip(listed, weights, strict=True)
    yield from ((name, each) for name in compound)


def _compounds(listed: list[Name]) -> Iterator[Name]:
    """حسن‌پور from a first name, رضایی مقدم from a family name: written joined, apart or with a half-space."""
    stems = [row for row in _rows("first.fa.txt") if row[0] == "m" and " " not in row[1] and JOINER not in row[1]]
    for _, stem, latin, _, _ in stems[:60]:
        for part, sound in AFTER_A_FIRST_NAME:
            latins = [f"{one}{sound}" for one in _listed(latin) if " " not in one]
            yield Name(f"{stem}{JOINER}{part}", tuple(latins), (f"{stem} {part}", f"{stem}{part}"))
    for name in listed[:150]:
        for part, sound in AFTER_A_FAMILY_NAME:
            latins = [f"{one} {sound}" for one in name.latin]
            yield Name(f"{name.written} {part}", tuple(latins), (f"{name.written}{JOINER}{part}",))
