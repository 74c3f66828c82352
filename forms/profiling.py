"""Progressive profiling: which questions this visit asks, and why the others rest.

What this browser did is known as field names without values. What the lead's other sources say, its stage, and values
for conditions count only where the link was confirmed in this browser; whoever fills in `Known` sees to that (rule 1).
Fields marked sensitive steer no other visit: here they are asked as if nothing were known of them, and what their
answers are worth counts for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from forms.conditions import holds, most_shown
from forms.records import STAGES, Consent, Field, Form

V = TypeVar("V")

VISIT = timedelta(minutes=30)  # rule 24


@dataclass(frozen=True)
class Known:
    """What this browser did on all forms of the site: names only.

    answered: field name → last time, on any form of the site; names that a form does not have are welcome.
    skipped: field name → last time it was shown and left empty, where that came after any answer. visits: earlier
    visits, this one not counted. identifiers: names of fields that identified the person on other forms.

    Only where the lead's link was confirmed in this browser (rule 1), else empty: lead_answered, the names of the
    lead's facts from wherever and their times; stage; values, field name → value of facts that are not sensitive;
    worth, field name → how much its answer would move the lead, 0 or more, for forms whose order is by value.
    """

    answered: Mapping[str, datetime] = field(default_factory=dict)
    skipped: Mapping[str, datetime] = field(default_factory=dict)
    visits: int = 0
    identifiers: frozenset[str] = frozenset()
    lead_answered: Mapping[str, datetime] = field(default_factory=dict)
    stage: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    worth: Mapping[str, float] = field(default_factory=dict)


NOTHING_KNOWN = Known()


@dataclass(frozen=True)
class Plan:
    """What to ask, in the form's order. `reasons`: every visible field's name → a code of REASONS."""

    fields: tuple[Field, ...]
    recognised: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict)
    consents: tuple[Consent, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The ticket's `asked`."""
        return tuple(field.name for field in self.fields)


REASONS = (
    "identifier",  # asked: says who it is
    "always",  # asked at each visit
    "next",  # asked: among the next questions
    "value",  # asked: among the next questions, since its answer is worth the most
    "again",  # asked: the answer is older than ask_again_days
    "on_condition",  # on the page, and shown there once its condition holds
    "recognised",  # left out: this browser said who it is
    "answered",  # left out: this browser answered it
    "lead_answered",  # left out: known of the lead, whose link was confirmed in this browser
    "alternative",  # left out: what unless_known names is known, or asked now
    "not_at_first_contact",  # left out until an earlier visit with an identifier
    "before_stage",  # left out: the lead has not reached from_stage, or its stage does not count here
    "resting",  # left out: skipped less than rest_days ago
    "enough",  # left out: the visit's number of questions is reached
    "condition_unknown",  # left out: it depends on an answer that is not known, or does not count here
    "condition_not_met",  # left out: it depends on another answer than the one given
)
_WAITING = frozenset({"next", "value", "again"})
_ASKED = frozenset({"identifier", "always", "on_condition"}) | _WAITING


def next_fields(form: Form, known: Known, now: datetime) -> Plan:
    """The questions of this visit (rules 1, 3 and 5): identifiers unless recognised, fields marked `always`,
    and others so that nobody sees more than `questions_per_visit` of them. Hidden fields and consents count nowhere."""
    known = _without_sensitive(form, known)
    if known.worth and form.order != "value":
        known = replace(known, worth={})
    recognised = is_recognised(form, known)
    first_contact = is_first_contact(form, known, now)
    reasons: dict[str, str] = {}
    for asked in form.fields:
        if asked.type == "hidden":
            continue
        if asked.identifier:
            reason = _identifier_reason(asked, known, recognised)
        else:
            reason = _question_reason(asked, known, first_contact, now=now)
        if asked.when and reason in _ASKED:
            reason = _on_condition(asked, known, reasons, reason)
        reasons[asked.name] = reason
    _choose(form, known, reasons)
    fields = tuple(asked for asked in form.fields if reasons.get(asked.name) in _ASKED)
    return Plan(fields, recognised, reasons, consents_shown(form, [asked.name for asked in fields]))


def in_turn(units: Iterable[Sequence[Field]], worth: Mapping[str, float]) -> list[Sequence[Field]]:
    """What comes together, the soonest first: by the highest priority in it, which the marketer gave; then by what
    its answers are worth, a question of it in the mean, since each takes room; then in the form's order."""

    def last(unit: Sequence[Field]) -> tuple[int, float]:
        return max(asked.priority for asked in unit), sum(worth.get(asked.name, 0.0) for asked in unit) / len(unit)

    return sorted(units, key=last, reverse=True)  # keeps the order of equal ones


def together(waiting: Sequence[Field]) -> list[list[Field]]:
    """The waiting questions in units that are asked on one page or not at all: a group, and a question with those
    that depend on it, since across visits their condition counts only where the link was confirmed. Each unit, and all
    of them by their first question, in the form's order."""
    units: dict[str, list[Field]] = {}
    unit_of: dict[str, list[Field]] = {}
    for asked in waiting:
        above = unit_of.get(asked.when.field) if asked.when else None
        alone = f"group {asked.group}" if asked.group else asked.name
        unit = units.setdefault(alone, []) if above is None else above
        unit.append(asked)
        unit_of[asked.name] = unit
    return list(units.values())


def is_recognised(form: Form, known: Known) -> bool:
    """Whether this browser has said who it is, on any form of the site."""
    return bool(_identified(form, known))


def is_first_contact(form: Form, known: Known, now: datetime) -> bool:
    """Until this browser comes back, a visit after the one in which it said who it is."""
    earlier = [at for at in _identified(form, known) if at <= now - VISIT]
    return not earlier or known.visits == 0


def consents_shown(form: Form, asked: list[str] | tuple[str, ...]) -> tuple[Consent, ...]:
    """The form's consents; none where no identifier is asked, since such a post gives no consent (rule 5)."""
    return form.consents if any(field.name in asked for field in form.identifiers) else ()


def _without_sensitive(form: Form, known: Known) -> Known:
    """As if nothing were known of the fields that this form marks as sensitive."""
    names = {asked.name for asked in form.fields if asked.sensitive}
    if not names:
        return known
    return replace(
        known,
        answered=_without(known.answered, names),
        skipped=_without(known.skipped, names),
        lead_answered=_without(known.lead_answered, names),
        values=_without(known.values, names),
        worth=_without(known.worth, names),
    )


def _without(found: Mapping[str, V], names: Collection[str]) -> dict[str, V]:
    return {name: value for name, value in found.items() if name not in names}


def _identified(form: Form, known: Known) -> list[datetime]:
    """When this browser gave identifiers."""
    names = {field.name for field in form.identifiers} | known.identifiers
    return [at for name, at in known.answered.items() if name in names]


def _identifier_reason(asked: Field, known: Known, recognised: bool) -> str:
    """A call form still needs a phone number from somebody whose browser only ever gave an e-mail address, unless the
    lead that this browser confirmed has one."""
    if recognised and (asked.type == "email" or asked.name in known.answered or asked.name in known.lead_answered):
        return "recognised"
    return "identifier"


def _question_reason(asked: Field, known: Known, first_contact: bool, *, now: datetime) -> str:
    """Whether it waits for its turn, by what is known of this question alone."""
    if asked.from_stage and not _reached(asked.from_stage, known.stage):
        return "before_stage"
    if asked.always:
        return "always"
    here, there = known.answered.get(asked.name), known.lead_answered.get(asked.name)
    answered = max((at for at in (here, there) if at), default=None)
    old = answered is not None and asked.ask_again_days is not None and _past(answered, asked.ask_again_days, now)
    if answered is not None and not old:
        return "answered" if here == answered else "lead_answered"
    if first_contact and not asked.first_contact:
        return "not_at_first_contact"
    if asked.name in known.skipped and not _past(known.skipped[asked.name], asked.rest_days, now):
        return "resting"
    return "again" if old else "value" if known.worth.get(asked.name) else "next"


def _past(at: datetime, days: int, now: datetime) -> bool:
    return now >= at + timedelta(days=days)


def _reached(wanted: str, stage: str | None) -> bool:
    return stage in STAGES and STAGES.index(stage) >= STAGES.index(wanted)


def _on_condition(asked: Field, known: Known, reasons: Mapping[str, str], reason: str) -> str:
    """`reasons`: of the questions that stand above it. On one page the answer there decides; across visits a value that
    is known."""
    assert asked.when is not None
    name = asked.when.field
    if reasons.get(name) in _ASKED:
        return reason if reason in _WAITING else "on_condition"
    if name not in known.values:
        return "condition_unknown"
    return reason if holds(asked.when, known.values[name]) else "condition_not_met"


def _choose(form: Form, known: Known, reasons: dict[str, str]) -> None:
    """Who of those that wait is asked now, as long as there is room; the reasons of all of them."""
    room = form.questions_per_visit
    names = {*known.answered, *known.lead_answered}
    names |= {name for name, reason in reasons.items() if reason in {"identifier", "always"}}
    waiting = [asked for asked in form.fields if reasons.get(asked.name) in _WAITING]
    for unit in in_turn(together(waiting), known.worth):
        needed = _needed(unit, known, names, reasons)
        count = most_shown(needed)
        fits = count <= room
        room -= count if fits else 0
        for asked in needed:
            if not fits:
                reasons[asked.name] = "enough"
            elif asked.when and reasons.get(asked.when.field) in _ASKED:
                reasons[asked.name] = "on_condition"
            else:
                names.add(asked.name)


def _needed(unit: Sequence[Field], known: Known, names: Collection[str], reasons: dict[str, str]) -> list[Field]:
    """The unit without what these names, or another of its questions, make unnecessary; it gets its reason here."""
    needed: list[Field] = []
    for asked in unit:
        sure = {one.name for one in needed if not (one.when and reasons.get(one.when.field) in _ASKED)}
        reason = "alternative" if asked.unnecessary({*names, *sure}) else reasons[asked.name]
        if asked.when and reason in _WAITING:  # what it depends on may have been left out just now
            reason = _on_condition(asked, known, reasons, reason)
        if reason in _WAITING:
            needed.append(asked)
        reasons[asked.name] = reason
    return needed
