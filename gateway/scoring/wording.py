"""Words for what the score says: the catalogue's for shipped codes, the marketer's own for rules that she wrote.

Every line and stage move carries all that its words need, so that they can be said without the rulebook, which may
have been changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.scoring.fit import Fit
from gateway.scoring.model import UNGRADED, Rulebook
from gateway.words import known_keys, say


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


def has_words(code: str) -> bool:
    """Whether the catalogue speaks of this code; a rule that it does not know needs a title."""
    return f"scoring.{code}" in known_keys("scoring")


def _own(lang: str, params: Mapping[str, Any]) -> str:
    title = params.get("title")
    if not isinstance(title, Mapping):
        return ""
    return str(title.get(lang) or next(iter(title.values()), ""))
