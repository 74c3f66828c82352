"""A form's first visits before anybody came: the real `next_fields` over a made-up history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from forms.profiling import NOTHING_KNOWN, Known, Plan, next_fields
from forms.records import Field, Form

VISITS = 5
Worth = Callable[[Collection[str]], Mapping[str, float]]  # names answered so far → what the others are worth


@dataclass(frozen=True)
class Visit:
    """One visit: what it asks, and what the made-up visitor does with it, as names."""

    number: int  # from 1
    days: int  # since the first
    plan: Plan
    skipped: frozenset[str]
    worth: Mapping[str, float] = field(default_factory=dict)  # by which it was chosen; empty where the order is fixed


def rehearse(
    form: Form,
    start: datetime,
    *,
    apart: timedelta,
    skips_optional: bool = False,
    stage: str | None = None,
    worth: Worth | None = None,
) -> tuple[Visit, ...]:
    """The visits of one browser that sends the form each time, `apart` from each other (whole days, at least one).

    skips_optional: it leaves empty whatever may be left empty; otherwise it answers everything. stage: of the lead,
    whose link this browser confirmed; none: that is not known. worth: what questions are worth to a browser that
    confirmed at its first visit, from the second on; none: it did not. Nothing is stored.
    """
    known = replace(NOTHING_KNOWN, stage=stage)
    visits: list[Visit] = []
    for number in range(VISITS):
        now = start + number * apart
        if worth and number:
            known = replace(known, worth=worth(known.answered))
        plan = next_fields(form, known, now)
        skipped = frozenset(asked.name for asked in plan.fields if skips_optional and not asked.required)
        visits.append(Visit(number + 1, number * apart.days, plan, skipped, known.worth))
        known = _after(known, plan.fields, skipped, now)
    return tuple(visits)


def _after(known: Known, asked: Iterable[Field], skipped: frozenset[str], now: datetime) -> Known:
    """What this browser is known by once it has sent the visit's questions."""
    answered = [one for one in asked if one.name not in skipped]
    names = {**known.answered, **{one.name: now for one in answered}}
    resting = {**known.skipped, **dict.fromkeys(skipped, now)}
    return replace(
        known,
        answered=names,
        skipped={name: at for name, at in resting.items() if name not in names or names[name] < at},
        visits=known.visits + 1,
        identifiers=known.identifiers | {one.name for one in answered if one.identifier},
    )
