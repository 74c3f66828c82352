"""A rulebook's TOML as data that forms change: its places by name, and what a change comes to.

Nothing is judged here: what was typed is put in as typed, and `rulebook.from_toml` names what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import tomli_w

from forms.toml import Path
from gateway.scoring.model import Rule, Rulebook

# The parts of a rulebook beside its rules, and the key of each in TOML.
PARTS = {
    "cutoffs": "cutoffs",
    "decay": "decay",
    "groups": "groups",
    "profiles": "profiles",
    "disqualifiers": "disqualify",
    "stages": "stages",
    "segments": "segments",
    "timezone": "timezone",
}
MOST_LINES = 500  # values of one fact


@dataclass(frozen=True)
class Change:
    """What differs between two rulebooks: `code` is a rule's, or names the part."""

    kind: Literal["added", "changed", "switched_off", "switched_on", "removed", "part"]
    code: str


def text_of(data: Mapping[str, Any]) -> str:
    """As TOML; comments are not data."""
    return tomli_w.dumps(data, multiline_strings=False)


def named(path: Path) -> str:
    """A path as the name of a field: rules.0.points."""
    return ".".join(map(str, path))


def at(data: Any, path: Path) -> Any:
    """What stands there; None where nothing does."""
    for step in path:
        data = data[step] if isinstance(step, int) else data.get(step)
        if data is None:
            return None
    return data


def whole(text: str) -> int | str:
    """In any script's digits, with any minus; else the text."""
    try:
        return int(text.strip().replace("−", "-").replace("\u200e", ""))
    except ValueError:
        return text.strip()


def free_code(data: Mapping[str, Any]) -> str:
    """A code that no rule has."""
    taken = {rule.get("code") for rule in data["rules"]}
    return next(code for n in range(1, len(taken) + 2) if (code := f"own_rule_{n}") not in taken)


def differences(before: Rulebook, after: Rulebook) -> list[Change]:
    """What putting `after` in the place of `before` changes: rules one by one, other parts by name."""
    old, new = ({rule.code: rule for rule in book.rules} for book in (before, after))
    found = [Change("added", code) for code in new if code not in old]
    found += [_changed(old[code], new[code]) for code in new if code in old and new[code] != old[code]]
    found += [Change("removed", code) for code in old if code not in new]
    found += [Change("part", part) for part in PARTS if getattr(before, part) != getattr(after, part)]
    return found


def take_back(data: dict[str, Any], before: Mapping[str, Any], change: Change) -> None:
    """Undo one of the changes that `data` makes to `before`; a removed rule comes back to its place."""
    if change.kind == "part":
        key = PARTS[change.code]
        data.pop(key, None)
        data.update({key: before[key]} if key in before else {})
        return
    rules, codes = data["rules"], [rule["code"] for rule in before["rules"]]
    was = [before["rules"][codes.index(change.code)]] if change.code in codes else []
    at = next((n for n, rule in enumerate(rules) if rule["code"] == change.code), None)
    if at is None:
        at = codes.index(change.code) if was else len(rules)
        rules[at:at] = was
    else:
        rules[at : at + 1] = was


def _changed(old: Rule, new: Rule) -> Change:
    if replace(old, off=new.off) != new:
        return Change("changed", new.code)
    return Change("switched_off" if new.off else "switched_on", new.code)
