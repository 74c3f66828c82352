"""The parts of a rulebook that have a page of their own: where each stands in the data, and how its form is read.

A part is named in an address as its list is called in TOML, a thing of it by its code or key; what has no name of its
own by its place: the second disqualifying fact is `1`, the second way into SQL `SQL:1`, a new one `SQL:`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from forms.toml import Path
from gateway.scoring.editing import at
from gateway.scoring.model import STAGES
from gateway.scoring.stages import FUNNEL
from gateway.web.console import conditions
from gateway.web.console.conditions import EVENT, FACT, STANDING
from gateway.web.console.typed import Form, Part, Typed, pressed, rearranged

CAPS = ("per_day", "per_subject", "times", "within_days", "visit_minutes", "lasts_days")
RULE_KINDS = ("event", "answer", "attribute")
# A thing that says nothing yet, by part; of rules by kind.
NEW_RULES: Mapping[str, Part] = {
    "event": {"event": "", "points": "", "per_day": 1},
    "answer": {"field": "", "answers": [{"values": [], "points": ""}]},
    "attribute": {"points": "", "when": [{"field": ""}]},
}
ANSWER: Part = {"values": [], "points": ""}
WEIGHTED: Part = {"field": "", "weight": ""}
INTO = (*FUNNEL, "SeQL")  # stages that conditions lead into; the others come by outcomes
# Numbers that have a page together: the tables that they stand in; a text of its own has no keys.
NUMBERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "interest": {"cutoffs": ("interest_1", "interest_2", "interest_3"), "decay": ("days", "points"), "timezone": ()},
    "grades": {"cutoffs": ("grade_a", "grade_b", "grade_c", "grade_d", "coverage")},
}


@dataclass(frozen=True)
class Kind:
    """One part. read: what was typed, and the thing as it was → the thing; lists: those within it whose lines are
    added and taken away, with what a fresh line of each sort says."""

    read: Callable[[Typed, Mapping[str, Any]], Part]
    fresh: Part
    lists: Mapping[str, Mapping[str, Part]]
    own: str = ""  # the key that names a thing, which no form changes


def rule_kind(rule: Mapping[str, Any]) -> str:
    """As the reader tells rules apart: by an answer, by an event, by what is known."""
    if "field" in rule:
        return "answer"
    return "event" if "event" in rule or "when" not in rule else "attribute"


def read(part: str, form: Form, name: str, old: Mapping[str, Any]) -> Part:
    """The thing as typed. name: of its fields, such as `rules.3`. What no form shows (its code, whether a rule is
    switched off) stays as in `old`."""
    typed: Part = _unmoved(PARTS[part].read(Typed(form, name), old), old)
    return typed


def changed(part: str, form: Form, name: str, old: Mapping[str, Any]) -> Part | None:
    """The thing after one of its lists' buttons was pressed, to be shown anew; None: none was."""
    then = Typed(form, "").value("then")
    thing = read(part, form, name, old)
    if then == "show":
        return thing
    for key, fresh in PARTS[part].lists.items():
        if button := pressed(then, f"{name}.{key}"):
            return {**thing, key: rearranged(list(thing.get(key, ())), button, fresh)}
    return None


def to_look_at(part: str, thing: Part, then: str, path: Path) -> str:
    """Where the eye and the keyboard go on after a list's button: the fresh line, or the list. Empty: they stay."""
    name = ".".join(map(str, path))
    for key in PARTS[part].lists:
        if button := pressed(then, f"{name}.{key}"):
            return f"{name}.{key}.{len(thing.get(key, ())) - 1}" if button[0] == "add" else f"{name}.{key}"
    return ""


def place(data: dict[str, Any], part: str, of: str) -> Path | None:
    """Where the thing stands, or would stand if it is new (`of` empty); None: there is none. A stage that the rulebook
    does not speak of yet is put into `data`."""
    if part in NUMBERS:
        return ()
    if part == "entries":
        return _way(data, *of.partition(":")[::2])
    listed = data.get(part, [])
    if not of:
        return part, len(listed)
    if part == "disqualify":
        return (part, int(of)) if of.isdecimal() and len(of) < 5 and int(of) < len(listed) else None
    own = PARTS[part].own
    found = next((n for n, one in enumerate(listed) if one.get(own) == of), None)
    return None if found is None else (part, found)


def name(data: Mapping[str, Any], part: str, path: Path) -> str:
    """How an address calls what stands there."""
    if part in NUMBERS:
        return ""
    if part == "entries":
        return f"{data['stages'][path[1]]['name']}:{path[-1]}"
    return str(path[-1] if part == "disqualify" else at(data, path)[PARTS[part].own])


def thing_at(data: Mapping[str, Any], part: str, path: Path) -> Part | None:
    """What stands there; None where it is new."""
    if part in NUMBERS:
        return {key: {one: data[key][one] for one in own} if own else data[key] for key, own in NUMBERS[part].items()}
    listed = at(data, path[:-1]) or []
    return dict(listed[int(path[-1])]) if int(path[-1]) < len(listed) else None


def put(data: dict[str, Any], part: str, path: Path, thing: Part) -> None:
    """In its place, or as the last."""
    if part in NUMBERS:
        for key, own in thing.items():
            data[key] = {**data[key], **own} if isinstance(own, dict) else own
        return
    holder = at(data, path[:-2])
    listed = holder.setdefault(path[-2], [])
    listed[int(path[-1]) : int(path[-1]) + 1] = [thing]


def with_name(part: str, thing: Part, listed: list[Part]) -> Part:
    """A new thing with a code or key that no other has: after its English title, where other systems read it."""
    own = PARTS[part].own
    if not own or thing.get(own):
        return thing
    title = str(thing.get("title", {}).get("en", ""))
    wanted = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:30] if own == "key" else ""
    stem = (
        wanted
        if re.match("[a-z]", wanted)
        else {"rules": "own_rule", "entries": "own_way"}.get(part, f"own_{part[:-1]}")
    )
    taken = {one.get(own) for one in listed}
    free = (code for n in range(1, len(taken) + 2) if (code := f"{stem}_{n}") not in taken)
    return {own: stem if wanted and stem not in taken else next(free), **thing}


def _unmoved(new: Any, old: Any) -> Any:
    """With lists of the same values in the order that they had: a page shows what can be ticked in its own."""
    if isinstance(new, dict) and isinstance(old, Mapping):
        return {key: _unmoved(one, old.get(key)) for key, one in new.items()}
    if not isinstance(new, list) or not isinstance(old, list):
        return new
    if any(isinstance(one, dict) for one in new):
        return [_unmoved(one, before) for one, before in zip_longest(new, old[: len(new)])]
    return old if sorted(map(str, new)) == sorted(map(str, old)) else new


def _rule(typed: Typed, old: Mapping[str, Any]) -> Part:
    kept = {key: old[key] for key in ("code", "off") if key in old}
    kind = typed.value("kind")
    if kind == "answer":
        answers = [_answer(typed.of("answers").of(n)) for n in typed.numbers("answers")]
        return {
            **kept,
            "field": typed.value("field") or typed.value("other"),
            "answers": answers,
            **typed.text("group"),
        }
    said = {**kept, **typed.text("group"), **typed.words()}
    when = conditions.read(typed.form, typed.of("when").name)
    if kind == "attribute":
        return {**said, **typed.needed("points"), "when": when}
    points = typed.whole("points") if typed.value("by_band") else typed.needed("points")
    narrowed = typed.text("name", "level", "url_prefix", "band")
    many = {**({"when": when} if when else {}), **typed.whole(*CAPS), **typed.yes("by_band")}
    return {**said, "event": typed.value("event"), **narrowed, **points, **many}


def _answer(typed: Typed) -> Part:
    values = {"any": True} if typed.value("which") == "any" else {"values": typed.lines("values")}
    return {**typed.kept("keeps", ("code", "params")), **values, **typed.needed("points"), **typed.words()}


def _group(typed: Typed, old: Mapping[str, Any]) -> Part:
    return {**_key(old), **typed.whole("most", "half_life_days"), **typed.words()}


def _profile(typed: Typed, old: Mapping[str, Any]) -> Part:
    lines = [typed.of("facts").of(n) for n in typed.numbers("facts")]
    return {**_key(old), **typed.words(), "facts": [{**conditions.fact(one), **one.needed("weight")} for one in lines]}


def _disqualifier(typed: Typed, _old: Mapping[str, Any]) -> Part:
    return {"code": typed.value("code"), **conditions.fact(typed)}


def _entry(typed: Typed, old: Mapping[str, Any]) -> Part:
    when = conditions.read(typed.form, typed.of("when").name)
    return {
        **({"code": old["code"]} if "code" in old else {}),
        **typed.words(),
        **typed.picked("events", "grades", "back_from"),
        **typed.whole("interest", "cooled"),
        **typed.yes("contact_requested"),
        **typed.yes("reopens"),
        **({"when": when} if when else {}),
    }


def _segment(typed: Typed, old: Mapping[str, Any]) -> Part:
    return {**_key(old), **typed.words(), "when": conditions.read(typed.form, typed.of("when").name)}


def _numbers(typed: Typed, old: Mapping[str, Any]) -> Part:
    """Those that the part has, each in its table."""
    found: Part = {}
    for key, own in old.items():
        table = typed.of(key)
        found[key] = {name: table.needed(name)[name] for name in own} if isinstance(own, dict) else typed.value(key)
    return found


def _key(old: Mapping[str, Any]) -> Part:
    return {"key": old["key"]} if "key" in old else {}


def _way(data: dict[str, Any], stage: str, number: str) -> Path | None:
    if stage not in INTO:
        return None
    stages = data.setdefault("stages", [])
    found = next((n for n, one in enumerate(stages) if one.get("name") == stage), None)
    if found is None:
        found = sum(STAGES.index(one["name"]) < STAGES.index(stage) for one in stages)
        stages.insert(found, {"name": stage, "entries": []})
    entries = len(stages[found]["entries"])
    if not number:
        return "stages", found, "entries", entries
    known = number.isdecimal() and len(number) < 5 and int(number) < entries
    return ("stages", found, "entries", int(number)) if known else None


_CONDITIONS = {kind: conditions.FRESH[kind] for kind in (FACT, EVENT)}
PARTS: Mapping[str, Kind] = {
    "rules": Kind(_rule, {}, {"when": _CONDITIONS, "answers": {"answer": ANSWER}}, "code"),
    "groups": Kind(_group, {}, {}, "key"),
    "profiles": Kind(_profile, {"facts": [WEIGHTED]}, {"facts": {FACT: WEIGHTED}}, "key"),
    "disqualify": Kind(_disqualifier, {"code": "competitor", "field": ""}, {}),
    "entries": Kind(_entry, {}, {"when": _CONDITIONS}, "code"),
    "segments": Kind(_segment, {"when": [{"field": ""}]}, {"when": {**_CONDITIONS, STANDING: {}}}, "key"),
    **{part: Kind(_numbers, {}, {}) for part in NUMBERS},
}
