"""A webhook's body in a foreign shape: JSON in which whole values stand for what we know (rule 33). Pure.

The template is read as JSON first; then each text that is nothing but `{name}` becomes that value, as JSON, so that
no answer can break out of its place. Names: a form's fields and what `mapping` lists (`lead.score`); besides these
`event`, `delivery`, `version`, `at`, and `fields` for all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.delivery import mapping
from gateway.delivery.mapping import ABOUT, AGREED, SOURCE, TOUCHED
from gateway.delivery.settings import SettingsError

WHOLE = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
PART = re.compile(r"\{[a-z_][a-z0-9_.]*\}")
OWN = ("event", "delivery", "version", "at", "fields")
JUDGED = {f"lead.{name}" for name in ("id", "score", "interest", "grade", "cell", "stage")}
MOST = 500  # values
DEEPEST = 20


def checked(text: str, field: str = "template") -> str:
    """The template, if it is one. Raises SettingsError: no JSON, no object or list, too much of it, a name that we do
    not know, or a name beside other text: values are replaced whole or not at all."""
    try:
        shape = json.loads(text)
        json.dumps(shape, ensure_ascii=False, allow_nan=False).encode()  # Python reads NaN, 1e999 and half a letter
    except (ValueError, RecursionError) as error:
        raise SettingsError(field, "no_json") from error
    if not isinstance(shape, dict | list):
        raise SettingsError(field, "no_json")
    for number, (value, depth) in enumerate(_values(shape)):
        if number >= MOST or depth > DEEPEST:
            raise SettingsError(field, "too_long")
        if isinstance(value, str):
            _check(value, field)
    return text


def tells_all(text: str) -> bool:
    """Can the template say what happened and to whom, of a lead of whom nothing but the id may be told any more?"""
    held = {value for value, _ in _values(json.loads(text)) if isinstance(value, str)}
    return "{event}" in held and not held.isdisjoint({"{lead.id}", "{lead.link}"})


def filled(text: str, event: Mapping[str, Any], delivery: str, base_url: str = "") -> str:
    """The body for one delivery; what is not known is null. The same template and event make the same bytes."""
    data = event["data"]
    own = {
        "event": event["type"],
        "delivery": delivery,
        "version": data["version"],
        "at": event["timestamp"],
        "fields": {name: fact["value"] for name, fact in data.get("fields", {}).items()},
    }

    def value(name: str) -> Any:
        if name in own:
            return own[name]
        if name in JUDGED:
            return data.get(name.removeprefix("lead."))
        if "." not in name:
            return data.get("fields", {}).get(name, {}).get("value")
        return mapping.told(data, name, base_url)[0] or None

    return json.dumps(_replaced(json.loads(text), value), ensure_ascii=False, allow_nan=False)


def _check(value: str, field: str) -> None:
    named = WHOLE.fullmatch(value)
    if named is None:
        if PART.search(value):
            raise SettingsError(field, "template_part")
        return
    known = {*OWN, *ABOUT, *TOUCHED, *AGREED}
    if named[1] not in known and not SOURCE.fullmatch(named[1]):
        raise SettingsError(field, "no_fact")


def _replaced(shape: Any, value: Callable[[str], Any]) -> Any:
    if isinstance(shape, dict):
        return {key: _replaced(one, value) for key, one in shape.items()}
    if isinstance(shape, list):
        return [_replaced(one, value) for one in shape]
    named = WHOLE.fullmatch(shape) if isinstance(shape, str) else None
    return value(named[1]) if named else shape


def _values(shape: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """(value, how deep it stands) of all that are no object or list."""
    inner = shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else None
    if inner is None or depth > DEEPEST:
        yield shape, depth
        return
    for one in inner:
        yield from _values(one, depth + 1)
