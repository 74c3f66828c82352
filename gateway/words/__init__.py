"""All words that people read, in both languages: `<area>.<lang>.toml` beside this file, one text a code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from forms.text import persian_digits

LANGUAGES = ("fa", "en")
SIGNS = {"mouse_unnatural": "sign", "keys_unnatural": "key_sign"}  # a finding → how the words of its signs begin


def say(lang: str, key: str, /, **params: Any) -> str:
    """The words for `<area>.<code>`, in English where the language lacks them.

    Numbers among the params (int, float) are written in the language's digits; other params as they are.
    Raises KeyError for an unknown key or a missing param.
    """
    text = catalogue(lang).get(key) or catalogue("en")[key]
    return text.format_map({name: _shown(lang, value) for name, value in params.items()})


def say_finding(lang: str, code: str, params: Mapping[str, Any]) -> str:
    """The words for what a check found. `signs`, which it names by codes, are told in words too. Raises KeyError."""
    if "signs" in params:
        named = [say(lang, f"console.{SIGNS[code]}_{sign}") for sign in str(params["signs"]).split(", ")]
        params = {**params, "signs": ("، " if lang == "fa" else ", ").join(named)}
    return say(lang, f"findings.{code}", **params)


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All words of one language by `<area>.<code>`; empty for a language that we do not speak."""
    if lang not in LANGUAGES:
        return {}
    found = {}
    for path in sorted(Path(__file__).parent.glob(f"*.{lang}.toml")):
        area = path.name.partition(".")[0]
        found.update(_flat(area, tomllib.loads(path.read_text(encoding="utf-8"))))
    return found


def known_keys(area: str | None = None) -> frozenset[str]:
    """Every key of the English catalogues, or those of one area."""
    return frozenset(key for key in catalogue("en") if area is None or key.startswith(f"{area}."))


def areas() -> tuple[str, ...]:
    return tuple(sorted({path.name.partition(".")[0] for path in Path(__file__).parent.glob("*.toml")}))


def _flat(prefix: str, table: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, text in table.items():
        if isinstance(text, dict):
            found.update(_flat(f"{prefix}.{code}", text))
        elif isinstance(text, str):
            found[f"{prefix}.{code}"] = text
        else:
            raise TypeError(f"{prefix}.{code}: words are text, not {type(text).__name__}")
    return found


def _shown(lang: str, value: Any) -> Any:
    if lang == "fa" and isinstance(value, int | float) and not isinstance(value, bool):
        return persian_digits(f"{value:g}".replace(".", "٫") if isinstance(value, float) else str(value))
    return value
