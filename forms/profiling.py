"""Progressive profiling: which questions this visit asks, and why the others rest.

Everything here is known from this browser alone (rule 1), as field names without values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forms.records import Consent, Field, Form

VISIT = timedelta(minutes=30)  # rule 24


@dataclass(frozen=True)
class Known:
    """What this browser did on all forms of the site: names only.

    answered: field name → last time, on any form of the site; names that a form does not have are welcome.
    skipped: field name → last time it was shown and left empty. visits: earlier visits, this one not counted.
    identifiers: names of fields that identified the person on other forms.
    """

    answered: Mapping[str, datetime] = field(default_factory=dict)
    skipped: Mapping[str, datetime] = field(default_factory=dict)
    visits: int = 0
    identifiers: frozenset[str] = frozenset()


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
    "recognised",  # left out: this browser said who it is
    "answered",  # left out: this browser answered it
    "not_at_first_contact",  # left out until an earlier visit with an identifier
    "resting",  # left out: skipped less than rest_days ago
    "enough",  # left out: the visit's number of questions is reached
)
_ASKED = frozenset({"identifier", "always", "next"})


def next_fields(form: Form, known: Known, now: datetime) -> Plan:
    """The questions of this visit (rules 1, 3 and 5): identifiers unless recognised, fields marked `always`,
    and at most `questions_per_visit` others. Hidden fields and consents count nowhere."""
    recognised = is_recognised(form, known)
    first_contact = is_first_contact(form, known, now)
    reasons: dict[str, str] = {}
    room = form.questions_per_visit
    for asked in form.fields:
        if asked.type == "hidden":
            continue
        if asked.identifier:
            reason = _identifier_reason(asked, known, recognised)
        else:
            reason = _question_reason(asked, known, first_contact, now=now)
        if reason == "next":
            reason = "next" if room else "enough"
            room -= reason == "next"
        reasons[asked.name] = reason
    fields = tuple(asked for asked in form.fields if reasons.get(asked.name) in _ASKED)
    return Plan(fields, recognised, reasons, consents_shown(form, [asked.name for asked in fields]))


def is_recognised(form: Form, known: Known) -> bool:
    """Whether this browser has said who it is, on any form of the site."""
    return bool(_identified(form, known))


def is_first_contact(form: Form, known: Known, now: datetime) -> bool:
    """Until this browser comes back, a visit after the one in which it said who it is."""
    earlier = [at for at in _identified(form, known) if at <= now - VISIT]
    return not earlier or known.visits == 0


def consents_shown(form: Form, asked: list[str] | tuple[str, ...]) -> tuple[Consent, ...]:
    """The form's consents; none where no identifier is asked, since such a post gives no consent (rule 5)."""
    identifiers = form.identifiers
    if identifiers and not any(field.name in asked for field in identifiers):
        return ()
    return form.consents


def _identified(form: Form, known: Known) -> list[datetime]:
    """When this browser gave identifiers."""
    names = {field.name for field in form.identifiers} | known.identifiers
    return [at for name, at in known.answered.items() if name in names]


def _identifier_reason(asked: Field, known: Known, recognised: bool) -> str:
    """A call form still needs a phone number from somebody whose browser only ever gave an e-mail address."""
    if recognised and (asked.name in known.answered or asked.type == "email"):
        return "recognised"
    return "identifier"


def _question_reason(asked: Field, known: Known, first_contact: bool, *, now: datetime) -> str:
    if asked.always:
        return "always"
    if asked.name in known.answered:
        return "answered"
    if first_contact and not asked.first_contact:
        return "not_at_first_contact"
    if asked.name in known.skipped and now < known.skipped[asked.name] + timedelta(days=asked.rest_days):
        return "resting"
    return "next"
