"""Reading one TOML table strictly. Each problem is noted with its place and reading goes on, so that a marketer sees
all of them at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")  # of a disqualifier it is kept in a column of 40
LANGUAGES = ("fa", "en")

Problem = tuple[str, str]  # where, what to write


class RulebookError(Exception):
    """A rulebook that cannot be used. `problems`: (where, what to write), in the order of the text."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{where}: {message}" for where, message in self.problems))


class Table:
    """One table of the rulebook. Each reader returns a usable value even where it notes a problem."""

    def __init__(self, values: Mapping[str, Any], place: str, problems: list[Problem]) -> None:
        self.values = values
        self.place = place
        self.problems = problems
        self.read: set[str] = set()

    def problem(self, key: str, message: str) -> None:
        self.problems.append((f"{self.place}.{key}" if self.place else key, message))

    def has(self, key: str) -> bool:
        return key in self.values

    def code(self, key: str = "code") -> str:
        """A name in small letters, digits and underscores; also names this table in what follows."""
        text = self.text(key)
        if text and not CODE.fullmatch(text):
            self.problem(key, f"{text!r}: write small letters, digits and _ (at most 40), a letter first")
        if text:
            self.place = f"{self.place} {text}"
        return text

    def text(self, key: str, *, optional: bool = False) -> str:
        value = self._get(key, optional)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.problem(key, "write a text in quotes")
            return ""
        return value

    def one_of(self, key: str, allowed: Collection[str], *, optional: bool = False) -> str:
        text = self.text(key, optional=optional)
        if text and text not in allowed:
            self.problem(key, f"{text!r}: write one of {', '.join(allowed)}")
        return text

    def whole(self, key: str, low: int, high: int, *, optional: bool = False) -> int | None:
        value = self._get(key, optional)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.problem(key, f"{value!r}: write a whole number from {low} to {high}")
            return None
        return value

    def number(self, key: str) -> float | None:
        value = self._get(key, optional=True)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:  # noqa: PLR0124 (nan)
            self.problem(key, f"{value!r}: write a number")
            return None
        return float(value)

    def yes(self, key: str) -> bool:
        value = self._get(key, optional=True)
        if value is not None and not isinstance(value, bool):
            self.problem(key, "write true or false")
        return value is True

    def texts(self, key: str, *, optional: bool = False, allowed: Collection[str] = ()) -> tuple[str, ...]:
        """A list of texts; numbers are taken as they are written."""
        value = self._get(key, optional)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(_scalar(one) for one in value):
            self.problem(key, 'write a list such as ["one", "two"]')
            return ()
        found = tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in value)
        for one in found:
            if allowed and one not in allowed:
                self.problem(key, f"{one!r}: write some of {', '.join(allowed)}")
        return found

    def words(self, key: str = "title") -> dict[str, str]:
        """A text a language."""
        table = self.table(key, optional=True)
        if table is None:
            return {}
        words = {lang: table.text(lang) for lang in LANGUAGES if table.has(lang)}
        table.read.update(LANGUAGES)
        table.close()
        return words

    def mapping(self, key: str) -> dict[str, Any]:
        """Free parameters for words: texts and whole numbers."""
        value = self._get(key, optional=True)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(one, str | int) for one in value.values()):
            self.problem(key, "write a table of texts and whole numbers, such as { within_months = 3 }")
            return {}
        return dict(value)

    def table(self, key: str, *, optional: bool = False) -> Table | None:
        value = self._get(key, optional)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.problem(key, f"write a table [{key}]")
            return None
        return Table(value, f"{self.place}.{key}" if self.place else key, self.problems)

    def tables(self, key: str, name: str, *, optional: bool = False) -> Iterator[Table]:
        """Each table of a list; its place is the name and its number, until its code is known."""
        value = self._get(key, optional)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.problem(key, f"write tables [[{key}]]")
            return
        for number, one in enumerate(value, start=1):
            place = f"{name} {number}"
            yield Table(one, f"{self.place} {place}" if self.place else place, self.problems)

    def close(self) -> None:
        """Call when all is read: what nobody asked for is a typing error."""
        for key in self.values:
            if key not in self.read:
                self.problem(key, f"no such key; known here: {', '.join(sorted(self.read))}")

    def _get(self, key: str, optional: bool) -> Any:
        self.read.add(key)
        value = self.values.get(key)
        if value is None and not optional:
            self.problem(key, "is missing")
        return value


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)
