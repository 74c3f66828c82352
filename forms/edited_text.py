"""A form's TOML with some values changed, and everything else, comments too, as the marketer wrote it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from forms.model import Form, FormError, from_toml
from forms.toml import Path

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)


def with_values(text: str, changes: Mapping[Path, Any]) -> str:
    """The same form with other values of its own keys, (key,), of a table's, ("theme", key), and of one of several
    tables', ("fields", place, key); none: the key goes. Where a line cannot be changed alone, as of a text over many
    lines, the form is written anew. Raises FormError for a text that is no form, and for values that it cannot have;
    then each problem names its path."""
    from_toml(text)
    data = tomllib.loads(text)
    for path, value in changes.items():
        _put(data, path, value)
    anew = tomli_w.dumps(data)
    wanted, changed = from_toml(anew), text
    for path, value in changes.items():
        changed = _with_line(changed, path, value)
    return changed if reads_as(changed, wanted) else anew


def reads_as(text: str, wanted: Form) -> bool:
    try:
        return from_toml(text) == wanted
    except FormError:
        return False


def _put(data: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {}) if isinstance(data, dict) else data[step]
    if value is None:
        data.pop(path[-1], None)
    else:
        data[path[-1]] = value


def _with_line(text: str, path: Path, value: Any) -> str:
    """One line changed, added or taken away; whether it came out right is asked of the whole."""
    key = path[-1]
    start, end = _section(text, path)
    if start is None and value is None:
        return text
    if start is None:
        return text.rstrip("\n") + f"\n\n[{path[0]}]\n{key} = {_written(value)}\n"
    section = text[start:end]
    line = "" if value is None else f"{key} = {_written(value)}\n"
    found = re.search(rf"^[ \t]*{key}[ \t]*=[^\n]*\n?", section, re.MULTILINE)
    if found:
        section = section[: found.start()] + line + section[found.end() :]
    else:
        after = re.search(r"^[ \t]*(?:type|key)[ \t]*=[^\n]*\n", section, re.MULTILINE)
        at = after.end() if after else 0
        section = section[:at] + line + section[at:]
    return text[:start] + section + text[end:]


def _section(text: str, path: Path) -> tuple[int | None, int]:
    """From where to where the table of this path has its own keys: the form's up to the first header, another's from
    behind its header up to the next. None: it has no header of its own."""
    start = 0
    if len(path) > 1:
        name = rf"\[\[[ \t]*{path[0]}[ \t]*\]\]" if len(path) > 2 else rf"\[[ \t]*{path[0]}[ \t]*\]"
        headers = [found.end() for found in re.finditer(rf"^[ \t]*{name}[^\n]*\n?", text, re.MULTILINE)]
        place = int(path[1]) if len(path) > 2 else 0
        if place >= len(headers):
            return None, 0
        start = headers[place]
    following = _HEADER.search(text, start)
    return start, following.start() if following else len(text)


def _written(value: Any) -> str:
    """On one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_written(one)}" for key, one in value.items()) + " }"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
