"""The grade: how well what is known of a lead matches the marketer's ideal customers (rule 24). It adds no points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.scoring.conditions import so
from gateway.scoring.model import GRADES, UNGRADED, Profile, Rulebook, Text


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
    disqualified = next((one.code for one in rulebook.disqualifiers if so(one.condition, facts)), None)
    fits = [_fit(rulebook, profile, facts, disqualified) for profile in rulebook.profiles]
    if not fits:
        return Fit(UNGRADED, 0, 0, "", (), disqualified)
    return max(fits, key=lambda fit: (fit.letter != UNGRADED, fit.share, fit.coverage))


def _fit(rulebook: Rulebook, profile: Profile, facts: Mapping[str, Any], disqualified: str | None) -> Fit:
    lines: list[FitLine] = []
    known = matched = 0
    for fact in profile.facts:
        met = so(fact.condition, facts)
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
