"""The shipped weights: weights.toml beside this file, read once a process."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).parent / "weights.toml"


class Bits(NamedTuple):
    """What a level weighs in log2 odds. `rare`: so much more as the value is rare, from `least` up to `most`."""

    bits: float
    rare: bool = False
    most: float = 0.0
    least: float = 0.0


@dataclass(frozen=True)
class Weights:
    """A model: what each (field, level) weighs, and where the decisions part."""

    levels: Mapping[tuple[str, str], Bits]
    same: float
    same_in_file: float
    possible: float
    possible_in_file: float
    names_above: float
    place_most: float
    household_most: float
    family_and_office_most: float
    repeats: float = 0.0  # of the prior, by how many other records of theirs people have in this file: 0 for one


@cache
def shipped_weights() -> Weights:
    return read_weights(FILE.read_text(encoding="utf-8"))


def read_weights(text: str) -> Weights:
    """The model in a TOML file like the shipped one. Raises KeyError or TypeError where it lacks what that one has."""
    tables = tomllib.loads(text)
    decision, dependent = tables.pop("decision"), tables.pop("dependent")
    levels = {(field, level): _bits(value) for field, table in tables.items() for level, value in table.items()}
    return Weights(levels=levels, **decision, **dependent)


def _bits(value: Any) -> Bits:
    return Bits(**value) if isinstance(value, dict) else Bits(float(value))
