"""The grade: how well what is known of a lead matches the marketer's ideal customers (rule 24). It adds no points.

Facts are what people said, imported or staff wrote; a country guessed from an address is none of them (rule 20).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.text import fold as fold_text
from forms.text import fold_digits
from gateway.scoring.model import GRADES, UNGRADED, Condition, Profile, Rulebook, Text

NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class FitLine:
    """One fact of the profile. code: fit_matched, fit_unmatched or fit_unknown."""

    code: str
    field: str
    weight: int


@dataclass(frozen=True)
class Fit:
    letter: str  # A–E, or "–": too little is known
    share: int  # matched weight among known facts, per cent, rounded down
    coverage: int  # known weight in the profile, per cent, rounded down
    profile: str  # key of the profile that fits best; empty without profiles
    lines: tuple[FitLine, ...]
    disqualified: str | None  # code of the disqualifying fact
    title: Text = field(default_factory=dict)  # the profile's, where the marketer gave it one


def grade(rulebook: Rulebook, facts: Mapping[str, Any]) -> Fit:
    """The best fit among the profiles: among those that enough is known for, the largest share, then the most
    known; ties go to the profile named first."""
    disqualified = next((one.code for one in rulebook.disqualifiers if holds(one.condition, facts)), None)
    fits = [_fit(rulebook, profile, facts, disqualified) for profile in rulebook.profiles]
    if not fits:
        return Fit(UNGRADED, 0, 0, "", (), disqualified)
    return max(fits, key=lambda fit: (fit.letter != UNGRADED, fit.share, fit.coverage))


def holds(condition: Condition, facts: Mapping[str, Any]) -> bool | None:
    """Whether the fact meets the condition; None where it is not known."""
    value = facts.get(condition.field)
    if value is None or value in ("", [], ()):
        return None
    if condition.low is not None or condition.high is not None:
        return _in_range(condition, value)
    return any(_meets(condition, one) for one in (value if isinstance(value, list | tuple) else (value,)))


def words(text: str) -> str:
    """Folded, each run of anything that is no letter or digit a blank, blanks around: so that "cto" is not found
    in "director"."""
    return f" {NOT_WORDS.sub(' ', fold_text(text)).strip()} "


def _fit(rulebook: Rulebook, profile: Profile, facts: Mapping[str, Any], disqualified: str | None) -> Fit:
    lines: list[FitLine] = []
    known = matched = 0
    for fact in profile.facts:
        met = holds(fact.condition, facts)
        known += fact.weight if met is not None else 0
        matched += fact.weight if met else 0
        code = "fit_unknown" if met is None else "fit_matched" if met else "fit_unmatched"
        lines.append(FitLine(code, fact.condition.field, fact.weight))
    letter = _letter(rulebook, matched, known, profile.weight)
    share = matched * 100 // known if known else 0
    coverage = known * 100 // profile.weight
    return Fit(letter, share, coverage, profile.key, tuple(lines), disqualified, profile.title)


def _letter(rulebook: Rulebook, matched: int, known: int, weight: int) -> str:
    """Whole numbers only: 80 % is reached at 4 of 5, not just short of it."""
    if known == 0 or known * 100 < rulebook.cutoffs.coverage * weight:
        return UNGRADED
    for letter, cutoff in zip(GRADES, rulebook.cutoffs.grade, strict=False):
        if matched * 100 >= cutoff * known:
            return letter
    return GRADES[-1]


def _meets(condition: Condition, value: Any) -> bool:
    text = _text(value)
    if condition.email_domains:
        return _domain_listed(text, condition.email_domains)
    if fold_text(text) in condition.any_of:
        return True
    return any(needle in words(text) for needle in condition.contains)


def _domain_listed(address: str, domains: frozenset[str]) -> bool:
    """The address's domain or one above it is listed."""
    labels = address.rpartition("@")[2].casefold().split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels)))


def _in_range(condition: Condition, value: Any) -> bool | None:
    """A text that is no number says nothing about a range: unknown."""
    try:
        number = float(fold_digits(str(value)).replace(",", "").replace("٬", ""))
    except ValueError:
        return None
    low, high = condition.low, condition.high
    return (low is None or number >= low) and (high is None or number <= high)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
