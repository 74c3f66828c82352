"""Which of our facts goes into which property of a CRM, and what may be written there (rule 29). Pure.

A fact is named as the form names it (`email`); what we judge of the lead begins with `lead.`, where it came from with
`source.`, and what it agreed to with `consent.`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from gateway.delivery.settings import SettingsError

MAP = "map"  # under which the rules are kept beside a kind's settings
Write = Literal["never", "empty", "always"]
WRITES: tuple[Write, ...] = get_args(Write)
WEAK = frozenset({"browser", "typed"})  # strengths that change nothing that somebody holds already
# What may be mapped besides the facts, and where the payload holds it.
JUDGED = ("id", "score", "interest", "grade", "cell", "stage")
ABOUT = (*(f"lead.{name}" for name in ("name", *JUDGED, "organisation", "link")), "source.form", "source.page")
TOUCHED = tuple(f"source.utm_{name}" for name in ("source", "medium", "campaign", "term", "content"))
AGREED = tuple(f"consent.{name}" for name in ("store", "contact", "marketing"))
SOURCE = re.compile(r"[a-z][a-z0-9_]{0,59}")
STAGES = ("IQL", "MQL", "SQL", "PQL", "SeQL", "customer")  # a later one is never replaced by an earlier
OWNER = "owner"  # the fact that routing deals: whoever owns a record elsewhere, keeps it
MAX_VALUE = 2000  # characters of one value


@dataclass(frozen=True)
class Rule:
    """property: where it goes; write: whether it may be written there."""

    property: str
    write: Write = "empty"


class Naming(NamedTuple):
    """What may be called what: the pattern, and the code of the words for what is not like it."""

    pattern: re.Pattern[str]
    code: str


PROPERTY = Naming(re.compile(r"[A-Za-z0-9][\w. -]{0,99}", re.ASCII), "bad_property")
COLUMN = Naming(re.compile(r"\w[\w\u200c. -]{0,99}"), "bad_column")  # letters of any script, half-spaces inside words


@dataclass(frozen=True)
class Wanted:
    """One value for one property. ranks: it may only rise among these."""

    property: str
    value: str
    write: Write
    ranks: Sequence[str] = ()


def is_rule(name: str) -> bool:
    """Is it `map.<fact>` or `write.<fact>`, and no setting of the kind?"""
    return name.startswith(("map.", "write."))


def edited(rules: Mapping[str, Rule], given: Mapping[str, str], named: Naming = PROPERTY) -> dict[str, Rule]:
    """The rules with what was entered put over them: `map.email=mail` says where it goes, empty takes it away;
    `write.email=always` whether it may be written. Raises SettingsError."""
    found = dict(rules)
    for name, text in given.items():
        source = name.removeprefix("map.")
        if source == name:
            continue
        if not text.strip():
            found.pop(source, None)
            continue
        _check(name, source, text.strip(), named)
        found[source] = Rule(text.strip(), found[source].write if source in found else "empty")
    for name, text in given.items():
        source = name.removeprefix("write.")
        if source != name and source in found:
            found[source] = Rule(found[source].property, _write(name, text.strip()))
    properties = [rule.property.casefold() for rule in found.values()]
    twice = next((source for source, rule in found.items() if properties.count(rule.property.casefold()) > 1), None)
    if twice:
        raise SettingsError(f"map.{twice}", "twice")
    return found


def stored(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    return {source: [rule.property, rule.write] for source, rule in rules.items()}


def opened(kept: Mapping[str, Sequence[str]]) -> dict[str, Rule]:
    return {source: Rule(property_, _write(source, write)) for source, (property_, write) in kept.items()}


def wanted(data: Mapping[str, Any], rules: Mapping[str, Rule], base_url: str = "") -> list[Wanted]:
    """What the rules would write of this lead (`data` of the payload), in their order; nothing for what is unknown.
    What was only typed, and an owner, fill what is empty and change nothing, whatever the rule says."""
    found = []
    for source, rule in rules.items():
        value, strength = told(data, source, base_url)
        if not value or rule.write == "never":
            continue
        write = "empty" if strength in WEAK or source == OWNER else rule.write
        found.append(Wanted(rule.property, value, write, STAGES if source == "lead.stage" else ()))
    return found


def told(data: Mapping[str, Any], source: str, base_url: str = "") -> tuple[str, str]:
    """The value as text, empty if unknown, and its strength. What we judge ourselves counts as `staff`; where a lead
    came from, and its organisation's name, are what somebody's address line or form said."""
    head, _, name = source.partition(".")
    if not name:
        fact = data.get("fields", {}).get(source, {})
        return as_text(fact.get("value")), str(fact.get("strength", ""))
    if head == "consent":
        state = next((one["state"] for one in data.get("consents", ()) if one["purpose"] == name), "")
        return str(state), "typed" if state == "claimed" else "staff"
    if source == "lead.name":
        return _named(data)
    said = head == "source" or name == "organisation"
    return _known(data, head, name, base_url), "typed" if said else "staff"


def _known(data: Mapping[str, Any], head: str, name: str, base_url: str) -> str:
    """What we judge of the lead, or know of its way here."""
    if head == "source":
        found = data.get("source") or {}
        return as_text(found.get(name) or (found.get("first_touch") or {}).get(name))
    if name == "organisation":
        return as_text((data.get("organisation") or {}).get("name"))
    if name == "link":
        return f"{base_url}/console/leads/{data['id']}" if base_url else ""
    return as_text(data.get(name))


def _named(data: Mapping[str, Any]) -> tuple[str, str]:
    """The whole name from whatever forms asked for, as sure as its least sure part."""
    whole = next((found for name in ("full_name", "name") if (found := told(data, name))[0]), None)
    if whole:
        return whole
    parts = [found for name in ("first_name", "last_name") if (found := told(data, name))[0]]
    weak = next((strength for _, strength in parts if strength in WEAK), "")
    return " ".join(value for value, _ in parts), weak or (parts[0][1] if parts else "")


def first(wanted: Sequence[Wanted]) -> dict[str, str]:
    """All of it, for a record that is begun with it."""
    return {one.property: one.value for one in wanted}


def changes(wanted: Sequence[Wanted], present: Mapping[str, Any]) -> dict[str, str]:
    """What of it may be written over what the CRM holds (rule 29), without what stands there already. Some CRMs take
    a property's name in any case and answer in their own."""
    holds = {name.casefold(): as_text(value) for name, value in present.items()}
    return {one.property: one.value for one in wanted if _may(one, holds.get(one.property.casefold(), ""))}


def _may(one: Wanted, holds: str) -> bool:
    if not holds:
        return True
    if one.write != "always" or _same(one.value, holds):
        return False
    if not one.ranks:
        return True
    return one.value in one.ranks and holds in one.ranks and one.ranks.index(one.value) > one.ranks.index(holds)


def _same(ours: str, theirs: str) -> bool:
    """61 is 61.0 where the CRM's property is a number."""
    return ours == theirs.removesuffix(".0")


def as_text(value: Any) -> str:
    """A value as the text that CRMs take; theirs as well. None and Odoo's False are empty."""
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if isinstance(value, list | tuple):
        return "; ".join(as_text(one) for one in value)[:MAX_VALUE]
    return str(value).strip()[:MAX_VALUE]


def _check(name: str, source: str, text: str, named: Naming) -> None:
    if not (SOURCE.fullmatch(source) or source in {*ABOUT, *TOUCHED, *AGREED}):
        raise SettingsError(name, "no_fact")
    if not named.pattern.fullmatch(text):
        raise SettingsError(name, named.code)


def _write(name: str, text: str) -> Write:
    for one in WRITES:
        if text == one:
            return one
    raise SettingsError(name, "no_choice")
