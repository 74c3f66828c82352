"""A rulebook's TOML changed as data, as small forms change it: numbers, lists of values, rules added and removed.

Nothing is judged here: what was typed is put in as typed, and `rulebook.from_toml` names what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import tomli_w

from forms.toml import Path
from gateway.scoring.model import Rule, Rulebook

CAPS = ("per_day", "per_subject", "times", "within_days", "visit_minutes", "lasts_days")
CUTOFFS = ("interest_1", "interest_2", "interest_3", "grade_a", "grade_b", "grade_c", "grade_d", "coverage")
DECAY = ("days", "points")
LISTS = ("any_of", "contains", "email_domains")
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


def numbers(data: Mapping[str, Any]) -> Iterator[tuple[Path, bool]]:
    """Every place that holds or may hold a whole number; whether it may be left out."""
    yield from ((("cutoffs", key), False) for key in CUTOFFS)
    yield from ((("decay", key), False) for key in DECAY)
    for at, rule in enumerate(data["rules"]):
        if "field" in rule:
            yield from ((("rules", at, "answers", n, "points"), False) for n, _ in enumerate(rule["answers"]))
        elif not rule.get("by_band"):
            yield ("rules", at, "points"), False
            yield from ((("rules", at, key), True) for key in CAPS if "event" in rule)
    for at, _ in enumerate(data.get("groups", ())):
        yield from ((("groups", at, key), True) for key in ("most", "half_life_days"))
    for path in _facts(data):
        yield (*path, "weight"), False


def lists(data: Mapping[str, Any]) -> Iterator[Path]:
    """Every list of values that a fact is asked for."""
    whole = [*_facts(data), *(("disqualify", at) for at, _ in enumerate(data.get("disqualify", ())))]
    for path in whole:
        yield from ((*path, key) for key in LISTS if key in at(data, path))


def at(data: Any, path: Path) -> Any:
    """What stands there; None where nothing does."""
    for step in path:
        data = data[step] if isinstance(step, int) else data.get(step)
        if data is None:
            return None
    return data


def typed_in(data: dict[str, Any], typed: Mapping[str, str]) -> None:
    """Put what was typed, by the names of `named`, into its places; what is not typed stays. An empty number that may
    be left out is left out; one that is no number stays as the text it is."""
    for path, optional in [*numbers(data)]:
        text = typed.get(named(path))
        if text is None:
            continue
        holder, key = _made(data, path[:-1]), str(path[-1])
        if text.strip() or not optional:
            holder[key] = whole(text)
        else:
            holder.pop(key, None)
    for path in [*lists(data)]:
        text = typed.get(named(path))
        if text is not None:
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            at(data, path[:-1])[path[-1]] = lines[:MOST_LINES]


def whole(text: str) -> int | str:
    """In any script's digits, with any minus; else the text."""
    try:
        return int(text.strip().replace("−", "-").replace("\u200e", ""))
    except ValueError:
        return text.strip()


def without(data: dict[str, Any], codes: Collection[str]) -> None:
    """Take these rules out."""
    data["rules"] = [rule for rule in data["rules"] if rule.get("code") not in codes]


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
    parts = ("cutoffs", "decay", "groups", "profiles", "disqualifiers", "stages", "segments", "timezone")
    found += [Change("part", part) for part in parts if getattr(before, part) != getattr(after, part)]
    return found


def _changed(old: Rule, new: Rule) -> Change:
    if replace(old, off=new.off) != new:
        return Change("changed", new.code)
    return Change("switched_off" if new.off else "switched_on", new.code)


def _facts(data: Mapping[str, Any]) -> Iterator[Path]:
    for at_profile, profile in enumerate(data.get("profiles", ())):
        yield from (("profiles", at_profile, "facts", n) for n, _ in enumerate(profile["facts"]))


def _made(data: Any, path: Path) -> dict[str, Any]:
    """The table there, made where there is none: cut-offs and decay may be left out of a rulebook."""
    for step in path:
        data = data.setdefault(step, {}) if isinstance(data, dict) else data[step]
    found: dict[str, Any] = data
    return found
