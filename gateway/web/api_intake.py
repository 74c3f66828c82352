"""What other systems send in: submissions, events, outcomes. The pipeline treats a submission as any other."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Connection

from forms import build
from forms.model import Form
from forms.problems import Invalid
from gateway import standing
from gateway.doorbell import DELIVERY
from gateway.ids import new_id
from gateway.records import Event
from gateway.scoring.event_types import SENDERS, may_send
from gateway.store import consents, events, forms, leads, submissions
from gateway.store.submissions import NewSubmission
from gateway.web import facts
from gateway.web.api import Problem, limited, needs, parts, token
from gateway.words import say
from verification.addresses import canonical_email

MAX_EVENTS = 500  # in one call
MAX_KEY = 60  # characters of an idempotency key
LANG = "en"
OUTCOMES = ("won", "lost", "bad", "customer", "unsubscribed", "bounced", "complained")
# Rule 27: these take the purposes' consents back until a confirmed new one.
WITHDRAWS = ("unsubscribed", "bounced", "complained")


def add_to(blueprint: Blueprint) -> None:
    blueprint.post("/leads")(create_lead)
    blueprint.post("/events")(add_events)
    blueprint.post("/outcomes")(add_outcome)


@limited
@needs("leads:write")
def create_lead() -> Response:
    """A submission by a server: stored, then processed like any other. The same Idempotency-Key gives the same
    answer and one row; without one, each call is a submission of its own."""
    body = _object()
    now = parts().clock()
    with parts().db.read() as conn:
        served = forms.published(conn, str(body.get("form", "")))
    if served is None or served.site_id != token().site_id:
        raise Problem(404, "No such form")
    answers, typed = _answers(served.form, body.get("fields"))
    page = body.get("page") if isinstance(body.get("page"), dict) else {}
    assert isinstance(page, dict)
    new = NewSubmission(
        id=new_id("sub", now),
        site_id=served.site_id,
        form_id=served.form_id,
        form_version=served.version,
        channel="api",
        lang=served.form.language(str(body.get("lang") or "")),
        received_at=now,
        nonce=_nonce(),
        digest=build.digest(served.form, answers),
        answers=answers,
        typed=typed,
        asked=tuple(answers),
        page=facts.page(page.get("url"), page.get("referrer"), page.get("utm")),
        test=body.get("test") is True,
    )
    received = parts().db.grouped(submissions.receive_all, new)
    if received.submission_id != new.id or received.use == 1:
        response = jsonify(submission=received.submission_id, status="pending")
        response.status_code = 202
        return response
    raise Problem(422, "This Idempotency-Key was used with other fields", submission=received.submission_id)


def _nonce() -> str:
    """Per token, so that one system's keys are never another's."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY or not key.isprintable():
        raise Problem(400, f"Idempotency-Key: up to {MAX_KEY} printable characters")
    return f"key:{token().id[-12:]}:{key}"[:80] if key else f"api:{secrets.token_urlsafe(18)}"


def _answers(form: Form, fields: object) -> tuple[dict[str, Any], dict[str, str]]:
    """Cleaned by the form's own rules. Only identifiers must be there: a server sends what it knows."""
    try:
        posted = build.from_json(fields)
    except Invalid as error:
        raise Problem(422, "fields cannot be read", code=error.code, **error.params) from error
    unknown = sorted(
        set(posted) - {field.name for field in form.fields} - {f"consent_{c.purpose}" for c in form.consents}
    )
    if unknown:
        raise Problem(422, "The form has no such fields", errors=dict.fromkeys(unknown, "unknown"))
    given = tuple(field.name for field in form.fields if posted.get(field.name))
    parsed = build.parse(form, posted, given, LANG)
    required_consents = {f"consent_{consent.purpose}" for consent in form.consents}
    errors = {name: one for name, one in parsed.errors.items() if name not in required_consents}
    if errors:
        words = {name: build.message(form, name, one, LANG, say=say) for name, one in errors.items()}
        raise Problem(422, "Some fields cannot be taken", errors=words)
    if not any(field.type in {"email", "phone"} and parsed.answers.get(field.name) for field in form.fields):
        raise Problem(422, "An e-mail address or a phone number is needed")
    return dict(parsed.answers), dict(parsed.typed)


@dataclass(frozen=True)
class _Sent:
    """One event as it was sent: for which lead, and what."""

    lead_id: str
    event: Event


@limited
@needs("leads:write")
def add_events() -> Response:
    """What mail tools and products know. Idempotent by id; all of them, or none."""
    rows = _object().get("events")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_EVENTS:
        raise Problem(422, f"events: a list of 1 to {MAX_EVENTS}")
    now = parts().clock()
    with parts().db.write() as conn:
        sent = [_event(conn, row, number, now) for number, row in enumerate(rows)]
        new = [events.add(conn, token().site_id, one.lead_id, one.event, now) for one in sent]
        for one in sent:
            if one.event.type == "contact_request":
                leads.set_columns(conn, one.lead_id, {"contact_requested": True})
        for lead_id in sorted({one.lead_id for one in sent}):
            standing.refresh(conn, token().site_id, lead_id, now)
    parts().doorbell.ring(DELIVERY)
    return jsonify(received=len(rows), new=sum(new))


def _event(conn: Connection, row: object, number: int, now: datetime) -> _Sent:
    if not isinstance(row, dict):
        raise Problem(422, f"events[{number}]: an object")
    kind = _text(row, "type", number)
    if not may_send("api", kind):
        allowed = sorted(name for name, sources in SENDERS.items() if "api" in sources)
        raise Problem(422, f"events[{number}].type: not one that a server sends", allowed=allowed)
    params = row.get("params", {})
    if not isinstance(params, dict) or len(json.dumps(params)) > 4000:
        raise Problem(422, f"events[{number}].params: an object of at most 4,000 characters")
    event = Event(
        id=f"api:{_text(row, 'id', number, 70)}",
        type=kind,
        at=_at(row, number, now),
        name=str(row.get("name", ""))[:200],
        url=facts.address(row.get("url")),
        source="api",
        params=params,
    )
    return _Sent(_lead_id(conn, row, f"events[{number}]"), event)


@limited
@needs("leads:write")
def add_outcome() -> Response:
    """What became of a lead: {"id", "lead" or "email", "outcome", "at"}."""
    row = _object()
    now = parts().clock()
    outcome = row.get("outcome")
    if outcome not in OUTCOMES:
        raise Problem(422, "outcome: unknown", allowed=list(OUTCOMES))
    site_id = token().site_id
    with parts().db.write() as conn:
        lead_id = _lead_id(conn, row, "outcome")
        event = Event(id=f"out:{_text(row, 'id', 0, 70)}", type=str(outcome), at=_at(row, 0, now), source="crm")
        new = events.add(conn, site_id, lead_id, event, now)
        if new:
            record_outcome(conn, site_id, lead_id, outcome=str(outcome), at=event.at)
            standing.refresh(conn, site_id, lead_id, now)
    parts().doorbell.ring(DELIVERY)
    return jsonify(lead=lead_id, outcome=outcome, new=new)


def record_outcome(conn: Connection, site_id: str, lead_id: str, *, outcome: str, at: datetime) -> None:
    """What an outcome changes beside the event: flags, and consents that are taken back (rule 27)."""
    if outcome in {"won", "customer"}:
        leads.set_columns(conn, lead_id, {"customer": True})
    if outcome in WITHDRAWS:
        consents.withdraw_all(conn, site_id, lead_id, reason=outcome, at=at)


def _lead_id(conn: Connection, row: Mapping[str, Any], where: str) -> str:
    """The lead named by `lead` or `email`. Raises Problem."""
    named, email = row.get("lead"), row.get("email")
    if isinstance(named, str):
        lead = leads.get(conn, token().site_id, named)
        if lead is not None:
            return lead.id
    elif isinstance(email, str):
        found = leads.found_by(conn, token().site_id, "email", canonical_email(email[:320]))
        if found:
            return found[0]
    raise Problem(422, f"{where}: no such lead; name one by lead or email")


def _text(row: Mapping[str, Any], name: str, number: int, longest: int = 60) -> str:
    found = row.get(name)
    if not isinstance(found, str) or not found or len(found) > longest or not found.isprintable():
        raise Problem(422, f"events[{number}].{name}: a text of 1 to {longest} printable characters")
    return found


def _at(row: Mapping[str, Any], number: int, now: datetime) -> datetime:
    text = row.get("at")
    if text is None:
        return now
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Problem(422, f"events[{number}].at: a time such as 2026-11-22T09:30:00Z")
    return min(found, now)


def _object() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(cache=False) or b"{}")
    except (ValueError, RecursionError) as error:
        raise Problem(400, "The body is no JSON") from error
    if not isinstance(body, dict):
        raise Problem(400, "The body is no JSON object")
    return body
