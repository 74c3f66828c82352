"""What was typed into a page's form, as TOML has it. Nothing is judged here: what is no number stays the text that it
is, and the rulebook's reader says what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from gateway.scoring.editing import MOST_LINES, whole

LANGUAGES = ("fa", "en")
MOST_PARTS = 200  # lines of one list: more were typed by no hand
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_SIGNS = str.maketrans({"−": "-", "٫": ".", "٬": None, "\u200e": None, "\u200f": None})

Part = dict[str, Any]


class Form(Protocol):
    """A posted form: werkzeug's `MultiDict`, or one of a test."""

    def getlist(self, key: str) -> list[str]: ...
    def __iter__(self) -> Iterator[str]: ...


class Typed:
    """The fields under one name: `of("rules.3").text("name")` reads `rules.3.name`. Each reader gives the part of a
    table that it stands for: empty where nothing was said."""

    def __init__(self, form: Form, name: str) -> None:
        self.form = form
        self.name = name

    def of(self, key: str | int) -> Typed:
        return Typed(self.form, f"{self.name}.{key}" if self.name else str(key))

    def numbers(self, key: str) -> list[int]:
        """The numbers of a list's lines, in their order: each line says its `part`."""
        own = re.compile(rf"{re.escape(self.of(key).name)}\.(\d{{1,4}})\.part")
        found = {int(said[1]) for name in self.form if (said := own.fullmatch(name))}
        return sorted(found)[:MOST_PARTS]

    def value(self, key: str) -> str:
        """As typed, without blanks around; empty where the page has no such field."""
        return next((text.strip() for text in self.form.getlist(self.of(key).name)), "")

    def text(self, *keys: str) -> Part:
        """Each where it is not empty."""
        return {key: text for key in keys if (text := self.value(key))}

    def whole(self, *keys: str) -> Part:
        return {key: whole(text) for key in keys if (text := self.value(key))}

    def number(self, *keys: str) -> Part:
        """With a fraction or without."""
        return {key: _number(text) for key in keys if (text := self.value(key))}

    def needed(self, key: str) -> Part:
        """A whole number that stands there even where nothing was typed."""
        return {key: whole(self.value(key))}

    def yes(self, key: str) -> Part:
        return {key: True} if self.value(key) else {}

    def either(self, key: str) -> Part:
        """`yes`, `no`, or neither."""
        return {key: self.value(key) == "yes"} if self.value(key) else {}

    def lines(self, key: str) -> list[str]:
        """Values that were ticked, and those that were written one a line; each once."""
        texts = [line.strip() for text in self.form.getlist(self.of(key).name) for line in _LINE_ENDS.split(text)]
        return [*dict.fromkeys(text for text in texts if text)][:MOST_LINES]

    def picked(self, *keys: str) -> Part:
        """Lists of what was ticked."""
        return {key: found for key in keys if (found := self.lines(key))}

    def kept(self, key: str, own: Collection[str]) -> Part:
        """What the page sends back unseen, as JSON: these keys of a line that may have moved since. What no page of
        ours sends is left out."""
        try:
            found = json.loads(self.value(key) or "{}")
        except (ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: found[name] for name in own if _plain(found.get(name))}

    def words(self, key: str = "title") -> Part:
        """A text a language."""
        said = self.of(key).text(*LANGUAGES)
        return {key: said} if said else {}


def pressed(then: str, name: str) -> tuple[str, str] | None:
    """Which button of the list `name` was pressed, and what it says: `add when fact` → ("add", "fact"),
    `drop when 2` → ("drop", "2"). None: another button."""
    act, _, rest = then.partition(" ")
    whose, _, what = rest.partition(" ")
    return (act, what) if whose == name and act in {"add", "drop", "up", "down"} else None


def rearranged(lines: list[Part], button: tuple[str, str] | None, fresh: Mapping[str, Part]) -> list[Part]:
    """The list after its button was pressed: a line more of a kind of `fresh`, one less, one moved."""
    act, what = button or ("", "")
    if act == "add":
        return [*lines, dict(fresh[what])] if what in fresh else lines
    at = int(what) if what.isdecimal() and len(what) < 5 else len(lines)
    if at >= len(lines) or not act:
        return lines
    if act == "drop":
        return [*lines[:at], *lines[at + 1 :]]
    return moved(lines, at, -1 if act == "up" else 1)


def moved(lines: list[Part], at: int, by: int) -> list[Part]:
    """With the one at this place so many places further; as they are where there is no such place."""
    to = at + by
    if not (0 <= at < len(lines) and 0 <= to < len(lines)):
        return lines
    rest = [*lines[:at], *lines[at + 1 :]]
    return [*rest[:to], lines[at], *rest[to:]]


def _plain(value: object) -> bool:
    """A text, or a table of texts and whole numbers."""
    if isinstance(value, dict):
        return all(isinstance(one, str | int) for one in value.values())
    return isinstance(value, str)


def _number(text: str) -> int | float | str:
    said = whole(text)
    if isinstance(said, int):
        return said
    try:
        return float(said.translate(_SIGNS).replace(",", ""))
    except ValueError:
        return said
