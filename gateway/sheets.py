"""A list as other programs export it: CSV in any of their ways, or JSON Lines."""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

MOST_CELL = 1 << 20  # characters; a longer one means a quotation mark that nobody closed
MOST_COLUMNS = 1000  # a hundred thousand names in JSON Lines, each in one row, would be as many cells in every row
MOST_LINE = 8 << 20  # characters
SEPARATORS = (",", ";", "\t", "|")
_UNKEPT = re.compile("[\x00\ud800-\udfff]")  # what no database keeps: NUL, halves of characters


class SheetError(Exception):
    """The file cannot be read as a list, in one line that says why and where."""


@dataclass(frozen=True)
class Sheet:
    """name: what people call it; its ending tells the format. opened: gives its bytes anew. lenient: what is no UTF-8
    is read as far as it can be, for whoever changes nothing by it."""

    name: str
    opened: Callable[[], BinaryIO]
    lenient: bool = False

    @classmethod
    def at(cls, path: Path, *, lenient: bool = False) -> Sheet:
        return cls(path.name, lambda: path.open("rb"), lenient)

    @classmethod
    def of(cls, name: str, content: bytes) -> Sheet:
        return cls(name, lambda: io.BytesIO(content))

    @property
    def is_json(self) -> bool:
        return self.name.lower().endswith((".jsonl", ".ndjson"))

    @cached_property
    def header(self) -> Sequence[str]:
        """The columns; of JSON Lines the members of all its objects, as they come. Raises SheetError."""
        if self.is_json:
            return self._members()
        with closing(self._every()) as rows:
            return next(rows, [])

    @cached_property
    def separator(self) -> str:
        with self._text(lenient=True) as text:
            first = text.readline(MOST_LINE)
        return max(SEPARATORS, key=first.count)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(row, its cells), rows counted from 1 with the header apart, empty lines left out. Raises SheetError."""
        if self.is_json:
            for number, found in self._objects():
                yield number, [_cell(found.get(name)) for name in self.header]
            return
        for number, row in enumerate(self.lists(), start=1):
            if any(cell.strip() for cell in row):
                yield number, row

    def lists(self) -> Iterator[list[str]]:
        """A CSV's rows without the header, empty ones among them. Raises SheetError."""
        return islice(self._every(), 1, None)

    def _members(self) -> Sequence[str]:
        found: dict[str, None] = {}
        for number, row in self._objects():
            found |= dict.fromkeys(row)
            if len(found) > MOST_COLUMNS:
                raise SheetError(f"{self.name}, line {number}: more than {MOST_COLUMNS} columns")
        return tuple(found)

    def _lines(self, text: io.TextIOWrapper) -> Iterator[str]:
        number = 0
        while line := text.readline(MOST_LINE + 1):
            number += 1
            if len(line) > MOST_LINE:
                raise SheetError(f"{self.name}, line {number}: longer than {MOST_LINE} characters")
            yield line

    def _every(self) -> Generator[list[str]]:
        csv.field_size_limit(MOST_CELL)
        with self._text() as text:
            lines = (line.replace("\0", "") for line in self._lines(text))
            rows = csv.reader(lines, delimiter=self.separator)
            try:
                yield from rows
            except csv.Error as error:
                raise SheetError(f"{self.name}, line {rows.line_num}: {error}") from error
            except UnicodeError as error:
                raise SheetError(f"{self.name}: not UTF-8; save it as “CSV UTF-8”") from error

    def _objects(self) -> Iterator[tuple[int, dict[str, object]]]:
        with self._text() as text:
            try:
                for number, line in enumerate(self._lines(text), start=1):
                    if line.strip():
                        yield number, _object(line)
            except (ValueError, RecursionError) as error:  # no JSON, or no UTF-8
                raise SheetError(f"{self.name}: write one JSON object a line, in UTF-8") from error

    def _text(self, *, lenient: bool = False) -> io.TextIOWrapper:
        file = self.opened()
        wide = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        file.seek(0)
        errors = "replace" if lenient or self.lenient else "strict"
        return io.TextIOWrapper(file, encoding="utf-16" if wide else "utf-8-sig", errors=errors, newline="")


def from_json(text: str) -> Any:
    """What a JSON text says, without what no database keeps. Raises ValueError, also for NaN and numbers beyond
    counting, and RecursionError for what is nested hundreds deep."""
    return _kept(json.loads(text))


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return _UNKEPT.sub("", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no number")
    if isinstance(value, list):
        return [_kept(one) for one in value]
    if isinstance(value, dict):
        return {_kept(name): _kept(one) for name, one in value.items()}
    return value


def _object(line: str) -> dict[str, object]:
    found = from_json(line)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _cell(value: object) -> str:
    """As a CSV would hold it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
