"""What a submission makes happen to its lead, as events.

The pipeline stores what `events_of` returns once the submission is accepted and linked. A download is none of it: the
edge that hands out the file tells of that. All ids come from the submission's id, so that a second run adds none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from forms.assessing import assess
from forms.model import Field, Form
from gateway.records import Event, Submission
from gateway.scoring.model import Rulebook

# An offer of this kind is taken up by sending the form; a download only by fetching the file.
OFFER_EVENTS = {"newsletter": "newsletter", "webinar": "webinar", "call": "contact_request"}

RESULTS_BY = ("form", "api")
MOST_POINTS = 100  # either way, as a form's bands may give


def events_of(form: Form, submission: Submission) -> tuple[Event, ...]:
    """One `submission`, one `answer` per answered question, what the offer stands for, and an assessment's result with
    params {"form", "share", "band", "points"}, points those of its band; at the time of receipt.

    Answers carry params {"field", "value"}. The value stays out where it is free text (names, addresses, notes):
    no rule compares those, and personal data is then kept in one place less.
    """
    return tuple(_events(form, submission))


def _events(form: Form, submission: Submission) -> Iterator[Event]:
    yield _event(submission, "submission", form.key, {"form": form.key})
    for position, field in enumerate(form.fields):
        value = submission.answers.get(field.name)
        if field.type != "hidden" and _answered(value):
            # Numbered, not named: a field's name may be 60 characters and an event's id 80.
            params = {"field": field.name, **({"value": value} if comparable(field, value) else {})}
            yield _event(submission, "answer", field.name, params, suffix=str(position))
    offered = OFFER_EVENTS.get(form.offer.kind) if form.offer else None
    if offered:
        yield _event(submission, offered, form.key, {"form": form.key})
    result = assess(form, submission.answers)
    if result:
        found = {"form": form.key, "share": result.share, "band": result.band.key, "points": result.band.points}
        yield _event(submission, "assessment", form.key, found)
    if form.contact_requested and offered != "contact_request":
        yield _event(submission, "contact_request", form.key, {"form": form.key})


def bands_lost(rulebook: Rulebook, form: Form) -> bool:
    """The form's bands have points, and no rule gives them: as by a rulebook of before there were results."""
    read = any(rule.by_band for rule in rulebook.event_rules.get("assessment", ()))
    return any(band.points for band in form.bands) and not read


def band_points(event: Event) -> int | None:
    """What the band of an assessment's result gives, -100 to 100; none where the event carries no result of a form
    (staff and others may tell that an assessment was completed, but not what it gives)."""
    points, band, share = (event.params.get(name) for name in ("points", "band", "share"))
    if event.source not in RESULTS_BY or not isinstance(points, int) or isinstance(points, bool):
        return None
    if not isinstance(band, str) or not isinstance(share, int) or not 0 <= share <= 100:
        return None
    return max(-MOST_POINTS, min(MOST_POINTS, points))


def _event(submission: Submission, event_type: str, name: str, params: dict[str, Any], *, suffix: str = "") -> Event:
    source: Literal["api", "form"] = "api" if submission.channel == "api" else "form"
    event_id = ":".join(part for part in (submission.id, event_type, suffix) if part)
    return Event(
        id=event_id,
        type=event_type,
        at=submission.received_at,
        name=name,
        source=source,
        params=params,
        visitor_id=submission.visitor_id,
    )


def _answered(value: Any) -> bool:
    return value is not None and value not in ("", [], ())


def comparable(field: Field, value: Any) -> bool:
    """Whether an answer's event carries its value: no text that people wrote."""
    return bool(field.options) or isinstance(value, bool | int | float)
