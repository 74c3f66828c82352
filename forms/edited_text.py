"""A form's TOML with some values changed, and everything else, comments too, as the marketer wrote it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w
import tomlkit
from tomlkit.exceptions import TOMLKitError

from forms.model import Form, FormError, from_toml, to_toml
from forms.toml import Path


def with_values(text: str, changes: Mapping[Path, Any]) -> str:
    """The same form with other values of its own keys, (key,), of a table's, ("theme", key), and of one of several
    tables', ("fields", place, key); none: the key goes. Where the text does not mean that in the end, the form is
    written anew (`written_anew`). Raises FormError for a text that is no form, and for
    values that it cannot have; then each problem names its path."""
    from_toml(text)
    data = tomllib.loads(text)
    for path, value in changes.items():
        _put(data, path, value)
    wanted = from_toml(tomli_w.dumps(data))
    try:
        changed = _in_place(text, changes)
    except TOMLKitError:
        return to_toml(wanted)
    return changed if _reads_as(changed, wanted) else to_toml(wanted)


def with_policy(text: str, policy: Mapping[str, Any]) -> str:
    """The same form with this policy; empty: none of its own. Raises FormError as `with_values` does."""
    gone = from_toml(text).policy.keys() - policy.keys()
    return with_values(text, {("policy", key): policy.get(key) for key in [*policy, *sorted(gone)]})


def written_anew(before: str, after: str) -> bool:
    """Whether the text was not changed but written as the program writes a form, without comments and own order."""
    return before != after == to_toml(from_toml(after)) and before != to_toml(from_toml(before))


def _in_place(text: str, changes: Mapping[Path, Any]) -> str:
    written = tomlkit.parse(text)
    for path, value in changes.items():
        _put(written, path, value)
    return tomlkit.dumps(written)


def _reads_as(text: str, wanted: Form) -> bool:
    try:
        return from_toml(text) == wanted
    except FormError:
        return False


def _put(data: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {}) if isinstance(data, dict) else data[step]
    key = path[-1]
    if value is None:
        data.pop(key, None)
    elif not isinstance(value, dict):
        data[key] = value
    elif key in data:  # each language keeps its place
        for gone in [*data[key].keys() - value.keys()]:
            del data[key][gone]
        data[key].update(value)
    else:
        data[key] = tomlkit.inline_table()
        data[key].update(value)
