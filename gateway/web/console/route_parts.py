"""What was typed into a rule's form → a rule, or what is wrong with it beside the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from forms.text import fold_digits
from forms.toml import Problems, Table
from gateway.routing.conditions import OneOf
from gateway.routing.hours import WEEKS, Hours
from gateway.routing.model import Owner, Rule
from gateway.routing.reading import LISTS
from gateway.scoring import editing, reading_conditions
from gateway.scoring.model import STAGES, FactCondition
from gateway.scoring.reading_conditions import CELLS
from gateway.web.console import conditions
from gateway.web.console.pages import lang
from gateway.web.console.route_words import r
from gateway.web.console.typed import Form, Part
from gateway.web.console.typed import Typed as Fields
from gateway.words import say

LONGEST_TITLE = 80
MOST_OWNERS, LONGEST_OWNER = 50, 120
MOST_A_DAY = 100_000
ALLOWED = {"cells": CELLS, "stages": STAGES}
TESTS = ("any_of", "contains", "min", "max", "email_domains")  # of a fact
OWN = "own"  # days of one's own choice


@dataclass(frozen=True)
class Typed:
    """The form as it stands, typing errors and all."""

    title: str = ""
    asks: Mapping[str, Sequence[str]] = field(default_factory=dict)  # cells, stages, segments, forms, consents
    contact: str = ""  # yes, no or whatever
    facts: Sequence[Part] = ()
    nowhere: bool = False
    destinations: Sequence[str] = ()
    stop: bool = True
    per_day: str = ""
    week: str = ""  # of WEEKS, own, or none: at any time
    days: Sequence[int] = ()
    opens: str = "09:00"
    closes: str = "17:00"
    owners: Sequence[str] = ()
    fallback: str = ""


def read(form: Form, facts: Sequence[Part] | None = None) -> Typed:
    """facts: where a button has rearranged them."""
    said = Fields(form, "")
    return Typed(
        title=said.value("title"),
        asks={key: said.lines(key) for key in (*LISTS, "consents")},
        contact=said.value("contact"),
        facts=conditions.read(form, "when") if facts is None else facts,
        nowhere=said.value("nowhere") == "yes",
        destinations=said.lines("destinations"),
        stop=said.value("stop") == "yes",
        per_day=said.value("per_day"),
        week=said.value("week"),
        days=[int(day) for day in said.lines("days") if day in set("0123456")],
        opens=said.value("opens") if "opens" in form else Typed.opens,  # not asked before days were chosen
        closes=said.value("closes") if "closes" in form else Typed.closes,
        owners=said.lines("owners"),
        fallback=said.value("fallback"),
    )


def shown(rule: Rule | None) -> Typed:
    """A rule as its form shows it."""
    if rule is None:
        return Typed()
    asks = {key: one.values for one in rule.when if isinstance(one, OneOf) for key in LISTS if LISTS[key] == one.what}
    contact = next((("yes" if one["contact"] else "no") for one in rule.asks if "contact" in one), "")
    hours = rule.hours
    week = next((name for name, days in WEEKS.items() if hours and set(days) == set(hours.days)), OWN)
    return Typed(
        title=rule.title,
        asks={**asks, "consents": [str(one["consent"]) for one in rule.asks if "consent" in one]},
        contact=contact,
        facts=[dict(one) for one in rule.asks if "field" in one],
        nowhere=not rule.destinations,
        destinations=rule.destinations,
        stop=rule.stop,
        per_day=str(rule.per_day or ""),
        week=week if hours else "",
        days=hours.days if hours else (),
        opens=f"{hours.opens:%H:%M}" if hours else "09:00",
        closes=f"{hours.closes:%H:%M}" if hours else "17:00",
        owners=[f"{one.name}, {one.known_as}" if one.name else one.known_as for one in rule.owners],
    )


def judged(typed: Typed, usable: Sequence[str]) -> tuple[Rule, dict[str, str]]:
    """The rule, and by the name of each field what is wrong with it. usable: ids of destinations."""
    problems = _facts(typed.facts)
    found = tuple(one for one in usable if one in typed.destinations)
    if not typed.nowhere and not found:
        problems["destinations"] = r("problem_destinations")
    rule = Rule(
        id="",
        position=0,
        title=typed.title[:LONGEST_TITLE],
        asks=tuple(_asks(typed)),
        destinations=() if typed.nowhere else found,
        stop=typed.stop or typed.nowhere,
        per_day=_per_day(typed, problems),
        hours=_hours(typed, problems),
        owners=_owners(typed, problems),
    )
    return rule, problems


def _asks(typed: Typed) -> list[dict[str, Any]]:
    listed = {key: _known(key, typed.asks.get(key, ())) for key in LISTS}
    asks: list[dict[str, Any]] = [{key: values} for key, values in listed.items() if values]
    if typed.contact in {"yes", "no"}:
        asks.insert(0, {"contact": typed.contact == "yes"})
    asks += [{"consent": one} for one in typed.asks.get("consents", ()) if one in {"store", "contact", "marketing"}]
    return [*asks, *typed.facts]


def _known(key: str, values: Sequence[str]) -> list[str]:
    return [one for one in values if one in ALLOWED.get(key, values)]


def _facts(facts: Sequence[Part]) -> dict[str, str]:
    """By the rulebook's own reader; and a question without an answer to look for holds for nobody."""
    wrong: Problems = []
    reading_conditions.when(Table((), {"when": list(facts)}, wrong), (FactCondition,))
    empty = [at for at, one in enumerate(facts) if not any(one.get(key, "") not in ("", []) for key in TESTS)]
    told = {f"when.{at}.field": r("problem_fact") for at in empty}
    return told | {editing.named(one.path): one.told(say, lang())[1] for one in reversed(wrong)}


def _per_day(typed: Typed, problems: dict[str, str]) -> int | None:
    text = fold_digits(typed.per_day).replace(",", "").replace("٬", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= MOST_A_DAY:
        problems["per_day"] = r("problem_per_day", most=MOST_A_DAY)
        return None
    return int(text)


def _hours(typed: Typed, problems: dict[str, str]) -> Hours | None:
    if not typed.week:
        return None
    days = WEEKS.get(typed.week) or tuple(typed.days)
    try:
        return Hours(tuple(days), _time(typed.opens), _time(typed.closes))
    except ValueError as error:
        problems["days" if str(error) == "days" else "closes"] = r(
            "problem_days" if str(error) == "days" else "problem_closes"
        )
        return None


def _time(text: str) -> time:
    """9:30 as well as 09:30, in any digits; 24:00 is the end of the day. Raises ValueError."""
    hour, _, minute = fold_digits(text).partition(":")
    return time(int(hour) % 24 if hour == "24" else int(hour), int(minute or 0))


def _owners(typed: Typed, problems: dict[str, str]) -> tuple[Owner, ...]:
    """A line each: a name, a comma, and what the CRM knows them by; or the latter alone."""
    found: dict[str, Owner] = {}
    for line in typed.owners[:MOST_OWNERS]:
        name, _, known_as = (part.strip() for part in line.replace("،", ",").rpartition(","))
        if not known_as or len(known_as) > LONGEST_OWNER or len(name) > LONGEST_OWNER:
            problems["owners"] = r("problem_owners")
        found.setdefault(known_as, Owner(known_as, name))
    return tuple(found.values())
