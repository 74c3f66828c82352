"""A rule's conditions as the database keeps them → records. Kept is what was typed, so that it can be shown again:
{"cells": […]}, {"stages": […]}, {"segments": […]}, {"forms": […]}, {"consent": purpose}, {"contact": bool}, and for a
fact the keys of the rulebook's conditions (docs/scoring.md): {"field": …, "any_of": […] …}."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forms.text import fold
from gateway.routing.conditions import Asked, Condition, Consented, OneOf, What
from gateway.scoring.conditions import words
from gateway.scoring.model import FactCondition

LISTS: Mapping[str, What] = {"cells": "cell", "stages": "stage", "segments": "segment", "forms": "form"}


def conditions(kept: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Raises ValueError for what is no condition: a row that no release of ours wrote."""
    return tuple(map(_condition, kept))


def _condition(kept: Mapping[str, Any]) -> Condition:
    if "field" in kept:
        return fact(kept)
    if "consent" in kept:
        return Consented(str(kept["consent"]))
    if "contact" in kept:
        return Asked(bool(kept["contact"]))
    for key, what in LISTS.items():
        if key in kept:
            return OneOf(what, tuple(kept[key]))
    raise ValueError(f"no condition: {', '.join(kept) or 'empty'}")


def fact(kept: Mapping[str, Any]) -> FactCondition:
    return FactCondition(
        field=kept["field"],
        any_of=frozenset(fold(str(value)) for value in kept.get("any_of", ())),
        contains=tuple(words(str(value)) for value in kept.get("contains", ())),
        low=kept.get("min"),
        high=kept.get("max"),
        email_domains=frozenset(str(one).casefold().lstrip("@") for one in kept.get("email_domains", ())),
        negated=bool(kept.get("negated")),
    )
