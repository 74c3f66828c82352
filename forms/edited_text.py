"""A form's TOML with some values changed, and everything else, comments too, as the marketer wrote it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import tomli_w

from forms.model import Form, FormError, from_toml, to_toml
from forms.toml import Path

_PART = r"""(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_ENTRY = re.compile(rf"[ \t]*(?P<key>{_KEY})[ \t]*=[ \t]*")
_HEADER = re.compile(rf"[ \t]*(?P<open>\[\[?)[ \t]*(?P<key>{_KEY})[ \t]*\]")
# What a value is made of, as far as it matters to where it ends. A text over many lines may end in quotes of its own.
_TOKEN = re.compile(
    r'''(?P<text>"""(?:\\[\s\S]|[^\\])*?"""(?:"{0,2})|"(?:\\.|[^"\\\n])*"'''
    r"""|'''[\s\S]*?'''(?:'{0,2})|'[^'\n]*')"""
    r"""|(?P<comment>\#[^\n]*)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<end>\n)|[^"'\#\[\]{}\n]+"""
)


@dataclass(frozen=True)
class _Entry:
    """A key with its value, or a table's header: whose, and where it stands in the text."""

    path: Path
    key: str  # as written; none: a header
    start: int
    end: int  # with its comment and line break
    value: tuple[int, int]


def with_values(text: str, changes: Mapping[Path, Any]) -> str:
    """The same form with other values of its own keys, (key,), of a table's, ("theme", key), and of one of several
    tables', ("fields", place, key); none: the key goes. Where a value has no place of its own in the text, as in fields
    that are one list, the form is written anew (`written_anew`). Raises FormError for a text that is no form, and for
    values that it cannot have; then each problem names its path."""
    from_toml(text)
    data = tomllib.loads(text)
    for path, value in changes.items():
        _put(data, path, value)
    wanted, changed = from_toml(tomli_w.dumps(data)), text
    for path, value in changes.items():
        changed = _with_value(changed, path, value)
    return changed if reads_as(changed, wanted) else to_toml(wanted)


def written_anew(before: str, after: str) -> bool:
    """Whether the text was not changed but written as the program writes a form, without comments and own order."""
    return before != after == to_toml(from_toml(after)) and before != to_toml(from_toml(before))


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


def _with_value(text: str, path: Path, value: Any) -> str:
    """One value changed, added or taken away; whether it came out right is asked of the whole."""
    entries = [*_entries(text)]
    found = [one for one in entries if one.path[: len(path)] == path]
    if value is None:
        for one in reversed(found):
            text = text[: one.start] + text[one.end :]
        return text
    if not found:
        return _with_entry(text, entries, path, value)
    if found[0].path == path and found[0].key:
        start, end = found[0].value
        return text[:start] + _written(value) + text[end:]
    for key, one in value.items() if isinstance(value, dict) else ():  # each language has its own line
        text = _with_value(text, (*path, key), one)
    return text


def _with_entry(text: str, entries: list[_Entry], path: Path, value: Any) -> str:
    """Behind the type or key, else behind what stands in the same table, else in a table of its own at the end."""
    beside = [one for one in entries if one.key and one.path[:-1] == path[:-1]]
    after = next((one for one in beside if one.path[-1] in {"type", "key"}), beside[-1] if beside else None)
    after = after or next((one for one in entries if not one.key and one.path == path[:-1]), None)
    if after is None:
        return text.rstrip("\n") + f"\n\n[{path[0]}]\n{path[-1]} = {_written(value)}\n"
    dotted, dot, _ = after.key.rpartition(".")
    before = text[: after.end]
    line = f"{dotted}{dot}{path[-1]} = {_written(value)}\n"
    return before + ("" if before.endswith("\n") else "\n") + line + text[after.end :]


def _entries(text: str) -> Iterator[_Entry]:
    """What stands in a text that is TOML, one by one, with paths as the data has them."""
    at, table, counts = 0, (), {}  # type: int, Path, dict[Path, int]
    while at < len(text):
        start = at
        at, ends = _end(text, start)
        if header := _HEADER.match(text, start):
            table = _counted(_parts(header["key"]), counts, another=header["open"] == "[[")
            yield _Entry(table, "", start, at, (ends, ends))
        elif entry := _ENTRY.match(text, start):
            yield _Entry((*table, *_parts(entry["key"])), entry["key"], start, at, (entry.end(), ends))


def _end(text: str, start: int) -> tuple[int, int]:
    """Where the next line begins that begins something else, and where what stands here ends, without its comment."""
    at, ends, depth = start, start, 0
    while found := _TOKEN.match(text, at):
        at, kind = found.end(), found.lastgroup
        depth += (kind == "open") - (kind == "close")
        if kind == "end" and not depth:
            break
        if kind not in {"comment", "end"} and not found[0].isspace():
            ends = found.start() + len(found[0].rstrip())
    return at, ends


def _counted(parts: Path, counts: dict[Path, int], *, another: bool) -> Path:
    """A header's path with the places of the lists in it; another: it begins the next of its list."""
    path: Path = ()
    for part in parts[:-1]:
        path = (*path, part)
        path = (*path, counts[path]) if path in counts else path
    path = (*path, parts[-1])
    if not another:
        return path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])


def _parts(key: str) -> Path:
    return tuple(one.strip("\"'") for one in re.findall(_PART, key))


def _written(value: Any) -> str:
    """On one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_written(one)}" for key, one in value.items()) + " }"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
