"""Words for what the score says: the catalogue's for shipped codes, the marketer's own for rules that she wrote.

Every line and stage move carries all that its words need, so that they can be said without the rulebook, which may
have been changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from string import Formatter
from typing import Any

from gateway.scoring.fit import Fit
from gateway.scoring.model import UNGRADED, EventCondition, FactCondition, Rulebook, StandingCondition, When
from gateway.words import catalogue, say


def say_code(lang: str, code: str, params: Mapping[str, Any]) -> str:
    """The words of a score's line or of a stage move."""
    title = _own(lang, params)
    about = next((key for key in ("rule", "group") if key in params), None)
    if about is None:
        return title or say(lang, f"scoring.{code}", **params)
    named = title or say(lang, f"scoring.{params[about]}", **params)
    return say(lang, f"scoring.{code}", **{**params, about: named})


def say_grade(lang: str, rulebook: Rulebook, fit: Fit) -> str:
    """Why a lead has its letter, or none yet."""
    if not fit.profile:
        return say(lang, "scoring.no_profiles")
    if fit.letter == UNGRADED:
        return say(lang, "scoring.ungraded", coverage=fit.coverage, needed=rulebook.cutoffs.coverage)
    profile = fit.title.get(lang) or say(lang, f"scoring.{fit.profile}")
    return say(lang, "scoring.graded", share=fit.share, coverage=fit.coverage, profile=profile)


def say_condition(
    lang: str,
    one: When,
    *,
    field: Callable[[str], str] = str,
    value: Callable[[str, str], object] = lambda _field, value: value,
) -> str:
    """A condition in words. field: what a question is called; value: what one of its answers is (field, value)."""
    if isinstance(one, FactCondition):
        return _fact(lang, one, field(one.field), lambda kept: str(value(one.field, kept)))
    if isinstance(one, EventCondition):
        return _event(lang, one)
    return _standing(lang, one)


def _fact(lang: str, one: FactCondition, field: str, value: Callable[[str], str]) -> str:
    if one.low is not None or one.high is not None:
        ends = {"low": _plain(one.low), "high": _plain(one.high)}
        key = "between" if None not in ends.values() else "from" if one.high is None else "to"
        return say(lang, f"scoring.when_{key}{_not(one)}", field=field, **ends)
    kinds = {
        "is": map(value, sorted(one.any_of)),
        "holds": (text.strip() for text in one.contains),
        "domain": sorted(one.email_domains),
    }
    joined = {key: _any(lang, values) for key, values in kinds.items()}
    said = [
        say(lang, f"scoring.when_{key}{_not(one)}", field=field, values=words) for key, words in joined.items() if words
    ]
    return say(lang, "scoring.when_and" if one.negated else "scoring.when_or").join(said)


def _event(lang: str, one: EventCondition) -> str:
    what = say(lang, f"scoring.event_{one.event}")
    for key in ("name", "level", "url_prefix", "band"):
        if told := getattr(one, key):
            word = f"when_level_{told}" if key == "level" else f"when_{key}"
            what = say(lang, f"scoring.{word}", what=what, told=told)
    often = "times" if one.at_least > 1 else "event"
    lately = "_lately" if one.within_days else ""
    key = f"scoring.when_{often}{lately}{_not(one)}"
    return say(lang, key, what=what, times=one.at_least, days=one.within_days)


def _standing(lang: str, one: StandingCondition) -> str:
    said = []
    if one.cells:
        said.append(say(lang, "scoring.when_cells", values=_any(lang, one.cells)))
    if one.stages:
        named = (say(lang, f"scoring.stage_{stage}") for stage in one.stages)
        said.append(say(lang, "scoring.when_stages", values=_any(lang, named)))
    if one.low is not None or one.high is not None:
        key = (
            "when_score"
            if None not in (one.low, one.high)
            else "when_score_from"
            if one.high is None
            else "when_score_to"
        )
        said.append(say(lang, f"scoring.{key}", low=one.low, high=one.high))
    if one.contact_requested is not None:
        said.append(say(lang, f"scoring.when_{'asks' if one.contact_requested else 'asks_not'}"))
    return say(lang, "scoring.when_and").join(said)


def _not(one: FactCondition | EventCondition) -> str:
    return "_not" if one.negated else ""


def _plain(number: float | None) -> float | int | None:
    """50, not 50.0."""
    return int(number) if number is not None and number == int(number) else number


def _any(lang: str, values: Iterable[str]) -> str:
    """a, b or c."""
    *most, last = [*values] or [""]
    if not most:
        return last
    return ("، " if lang == "fa" else ", ").join(most) + say(lang, "scoring.when_or") + last


def has_words(code: str, params: Collection[str]) -> bool:
    """Whether the catalogue can say this code by these params; a rule that it cannot say needs a title."""
    text = catalogue("en").get(f"scoring.{code}")
    return text is not None and {name for _, name, _, _ in Formatter().parse(text) if name} <= {*params}


def _own(lang: str, params: Mapping[str, Any]) -> str:
    title = params.get("title")
    if not isinstance(title, Mapping):
        return ""
    return str(title.get(lang) or next(iter(title.values()), ""))
