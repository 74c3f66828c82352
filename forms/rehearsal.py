"""A form's first visits before anybody came: the real `next_fields` over a made-up history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from forms.profiling import NOTHING_KNOWN, Known, Plan, next_fields
from forms.records import Field, Form

VISITS = 5


@dataclass(frozen=True)
class Visit:
    """One visit: what it asks, and what the made-up visitor does with it, as names."""

    number: int  # from 1
    days: int  # since the first
    plan: Plan
    skipped: frozenset[str]


def rehearse(
    form: Form, start: datetime, *, apart: timedelta, skips_optional: bool = False, stage: str | None = None
) -> tuple[Visit, ...]:
    """The visits of one browser that sends the form each time, `apart` from each other (whole days, at least one).

    skips_optional: it leaves empty whatever may be left empty; otherwise it answers everything. stage: of the lead,
    whose link this browser confirmed; none: that is not known. Nothing is stored.
    """
    known = replace(NOTHING_KNOWN, stage=stage)
    visits: list[Visit] = []
    for number in range(VISITS):
        now = start + number * apart
        plan = next_fields(form, known, now)
        skipped = frozenset(field.name for field in plan.fields if skips_optional and not field.required)
        visits.append(Visit(number + 1, number * apart.days, plan, skipped))
        known = _after(known, plan.fields, skipped, now)
    return tuple(visits)


def _after(known: Known, asked: Iterable[Field], skipped: frozenset[str], now: datetime) -> Known:
    """What this browser is known by once it has sent the visit's questions."""
    answered = [field for field in asked if field.name not in skipped]
    names = {**known.answered, **{field.name: now for field in answered}}
    resting = {**known.skipped, **dict.fromkeys(skipped, now)}
    return replace(
        known,
        answered=names,
        skipped={name: at for name, at in resting.items() if name not in names or names[name] < at},
        visits=known.visits + 1,
        identifiers=known.identifiers | {field.name for field in answered if field.identifier},
    )
