"""The shipped weights: weights.toml beside this file, read once a process."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from forms.text import squeeze

FILE = Path(__file__).parent / "weights.toml"
LONGEST_PHRASE = 5  # words
WORDY = ("topic", "pitch")  # families whose features are lists of phrases


@cache
def weights() -> Mapping[str, Any]:
    """The tables of the file as they stand."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def label() -> str:
    """The file with its date, for a verdict's trail."""
    date = re.search(r"Date: (\d{4}-\d\d-\d\d)", FILE.read_text(encoding="utf-8"))
    return f"{FILE.name} {date[1] if date else ''}".rstrip()


@cache
def phrases() -> Mapping[str, tuple[str, str, str]]:
    """Squeezed phrase → (family, feature, phrase as listed): `backlink`, `back link` and «بک‌لینک» are found whole
    however they are parted."""
    listed: dict[str, tuple[str, str, str]] = {}
    for family in WORDY:
        for feature, row in weights()[family].items():
            for phrase in _listed(row["words"]):
                listed[squeeze(phrase)] = (family, feature, phrase)
    return listed | {squeeze(phrase): ("asks", "asks", phrase) for phrase in _listed(weights()["asks"]["words"])}


def points(family: str, feature: str) -> int:
    """What one finding of this feature adds (of `asks`: takes off)."""
    row = weights()[family]
    found = row["points"] if family == "asks" else row[feature]
    return int(found["points"] if isinstance(found, dict) else found)


def _listed(words: str) -> list[str]:
    return [phrase for part in words.split(",") if (phrase := " ".join(part.split()))]
