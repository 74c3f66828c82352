"""Routing in words: what a rule asks, when it is open, and what became of it for a lead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forms.text import persian_digits
from gateway.routing.choosing import Choice, Step
from gateway.routing.conditions import Asked, Condition, Consented
from gateway.routing.hours import WEEKS, Hours
from gateway.scoring import wording as scoring
from gateway.scoring.model import FactCondition, StandingCondition
from gateway.words import say


@dataclass(frozen=True)
class Names:
    """What things are called on the page: questions and their answers, segments and forms by key, places by id."""

    field: Callable[[str], str] = str
    value: Callable[[str, str], object] = lambda _field, value: value
    segment: Callable[[str], str] = str
    form: Callable[[str], str] = str
    destination: Callable[[str], str] = str


def say_condition(lang: str, one: Condition, names: Names) -> str:
    if isinstance(one, FactCondition):
        return scoring.say_condition(lang, one, field=names.field, value=names.value)
    if isinstance(one, Asked):
        return scoring.say_condition(lang, StandingCondition(contact_requested=one.wanted))
    if isinstance(one, Consented):
        return say(lang, "routing.when_consent", purpose=say(lang, f"routing.purpose_{one.purpose}"))
    if one.what == "cell":
        return scoring.say_condition(lang, StandingCondition(cells=one.values))
    if one.what == "stage":
        return scoring.say_condition(lang, StandingCondition(stages=one.values))
    called = names.segment if one.what == "segment" else names.form
    return say(lang, f"routing.when_{one.what}", values=either(lang, map(called, one.values)))


def say_hours(lang: str, hours: Hours) -> str:
    week = next((name for name, days in WEEKS.items() if set(days) == set(hours.days)), None)
    order = WEEKS["iran"] + tuple(day for day in WEEKS["every"] if day not in WEEKS["iran"])
    first = order if lang == "fa" else WEEKS["every"]
    named = (say(lang, f"routing.day_{day}") for day in first if day in hours.days)
    days = say(lang, f"routing.week_{week}") if week else listed(lang, named)
    times = (_digits(lang, f"{at:%H:%M}") for at in (hours.opens, hours.closes))
    return say(lang, "routing.hours_told", days=days, opens=next(times), closes=next(times))


def say_called(lang: str, position: int, title: str) -> str:
    """Rule 2, “A1 to sales”."""
    return say(lang, "routing.rule_called" if title else "routing.rule_number", n=position, title=title)


def say_step(lang: str, step: Step, names: Names) -> str:
    """What became of a rule, for this lead."""
    places = listed(lang, (names.destination(one.destination_id) for one in step.choices))
    return say(lang, f"routing.step_{step.outcome}", places=places, most=step.rule.per_day or 0)


def say_choice(lang: str, choice: Choice) -> str:
    """Why a destination gets the lead."""
    return say_chosen(lang, choice.code, choice.rule.position if choice.rule else None, _title(choice))


def say_chosen(lang: str, code: str, position: int | None, title: str | None) -> str:
    """The same from what a delivery keeps."""
    words = say(lang, f"delivery.choice.{code}")
    return f"{say_called(lang, position, title or '')}: {words}" if position else words


def listed(lang: str, values: Iterable[str]) -> str:
    return ("، " if lang == "fa" else ", ").join(values)


def either(lang: str, values: Iterable[str]) -> str:
    """a, b or c."""
    *most, last = [*values] or [""]
    return listed(lang, most) + say(lang, "scoring.when_or") + last if most else last


def _title(choice: Choice) -> str:
    return choice.rule.title if choice.rule else ""


def _digits(lang: str, text: str) -> str:
    return persian_digits(text) if lang == "fa" else text
