"""What a destination's form asks for, and what is wrong with what was entered. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.http import ConnectError, checked

MAX_URL = 2000
MAX_TEXT = 4000
MAX_JSON = 20_000
BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class Said:
    """Words in both languages; a kind brings its own, so that it stands in one file."""

    fa: str
    en: str

    def in_(self, lang: str) -> str:
        return self.fa if lang == "fa" else self.en


@dataclass(frozen=True)
class Asked:
    """One question of a kind's form. secret: kept sealed and never shown again; it goes to the address, so with another
    address it is entered again, unless it only `signs`. choices: what may be entered, with the words for each; the
    first is what an empty answer means. sort: how the answer is written."""

    name: str
    label: Said
    help: Said = Said("", "")
    secret: bool = False
    signs: bool = False
    required: bool = True
    choices: Mapping[str, Said] | None = None
    default: str = ""
    sort: Literal["text", "url", "json"] = "text"

    @property
    def rare(self) -> bool:
        """Most people leave it empty."""
        return not self.required and not self.choices and not self.default


class SettingsError(ValueError):
    """A destination's settings cannot be used. field: which one; code: `delivery.settings.<code>`."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def answers(asks: Sequence[Asked], given: Mapping[str, str]) -> dict[str, str]:
    """Every question's answer, trimmed; defaults where none was given. Raises SettingsError for an unknown name, one
    that is missing, too long, of several lines or no choice, and for an address that cannot be one."""
    known = {one.name for one in asks}
    unknown = sorted(given.keys() - known)
    if unknown:
        raise SettingsError(unknown[0], "unknown")
    return {one.name: _answer(one, str(given.get(one.name, "")).strip()) for one in asks}


def check_moved(asks: Sequence[Asked], present: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Nobody sends a secret that they do not know to another host, by changing the address alone. Raises
    SettingsError."""
    addresses = [one.name for one in asks if one.sort == "url" and not one.secret]
    if not any(
        present.get(name) and name in given and _host(given[name]) != _host(present[name]) for name in addresses
    ):
        return
    for one in asks:
        if one.secret and not one.signs and present.get(one.name) and not given.get(one.name, "").strip():
            raise SettingsError(one.name, "enter_again")


def _host(text: str) -> tuple[str, str, int] | None:
    try:
        found = checked(text.strip())
    except ConnectError:
        return None
    return found.scheme, found.host, found.port


def _answer(one: Asked, text: str) -> str:
    text = text or one.default
    if not text:
        if one.required:
            raise SettingsError(one.name, "missing")
        return ""
    if one.choices is not None and text not in one.choices:
        raise SettingsError(one.name, "no_choice")
    if one.sort == "url":
        _check_url(one.name, text)
    elif len(text) > (MAX_JSON if one.sort == "json" else MAX_TEXT):
        raise SettingsError(one.name, "too_long")
    elif one.sort != "json" and BREAKS.search(text):
        raise SettingsError(one.name, "one_line")
    return text


def _check_url(name: str, text: str) -> None:
    try:
        checked(text)
    except ConnectError as error:
        raise SettingsError(name, "bad_url") from error
    if len(text) > MAX_URL:
        raise SettingsError(name, "bad_url")
