"""What other systems send in: submissions, events, outcomes. The pipeline treats a submission as any other."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Connection

from forms import build
from forms.model import Form
from forms.problems import Invalid
from gateway.doorbell import DELIVERY
from gateway.happened import Sent, keep
from gateway.ids import new_id
from gateway.records import Event
from gateway.reported import Named, Report, ask_erasure, named
from gateway.reported import keep as keep_report
from gateway.scoring.event_types import SENDERS, may_send
from gateway.store import forms, persons, sites, submissions
from gateway.store.forms import Published
from gateway.store.submissions import NewSubmission, Received
from gateway.web import content, facts, reports, thanking
from gateway.web.api_door import Problem, json_body, limited, needs, parts, token
from gateway.web.api_members import at, member, place, text
from gateway.words import say

MAX_EVENTS = 500  # in one call
MAX_KEY = 60  # characters of an idempotency key
MAX_EVENT_ID = 70  # characters; ours has 80 with a prefix
MAX_PARAMS = 4000  # characters of an event's params as JSON
LANG = "en"


def add_to(blueprint: Blueprint) -> None:
    blueprint.post("/leads")(create_lead)
    blueprint.post("/events")(add_events)
    blueprint.post("/outcomes")(add_outcome)


@limited
@needs("leads:write")
def create_lead() -> Response:
    """A submission by a server: stored, then processed like any other. The same Idempotency-Key gives the same
    answer and one row; without one, each call is a submission of its own."""
    body = json_body()
    served = _form(member(body, "form", ""))
    page = member(body, "page", {})
    new = _submission(served, body, facts.page(page.get("url"), page.get("referrer"), page.get("utm")))
    received = parts().db.grouped(submissions.receive_all, new)
    if received.use == 0:
        raise Problem(422, "This Idempotency-Key was used with other fields", submission=received.submission_id)
    said = {"result": _result(served, new, received)} if served.form.bands else {}
    response = jsonify(submission=received.submission_id, status="pending", **said)
    response.status_code = 202
    return response


def _result(served: Published, new: NewSubmission, received: Received) -> dict[str, Any] | None:
    """What a visitor would be shown at once; a repeat is told what the first call was, by the version of then."""
    if not received.repeat:
        return thanking.result_shown(served.form, new.answers, new.lang)
    with parts().db.read() as conn:
        first = submissions.get(conn, served.site_id, received.submission_id)
        assert first is not None
        form = forms.version(conn, first.form_id, first.form_version)
    return thanking.result_shown(form, first.answers, first.lang)


def _form(key: str) -> Published:
    with parts().db.read() as conn:
        served = forms.published(conn, key)
    if served is None or served.site_id != token().site_id:
        raise Problem(404, "No such form")
    return served


def _submission(served: Published, body: Mapping[str, Any], page: Mapping[str, Any]) -> NewSubmission:
    now = parts().clock()
    answers, typed = _answers(served.form, body.get("fields"), page)
    test = member(body, "test", False)
    said = content.of(served.form, answers)
    return NewSubmission(
        id=new_id("sub", now),
        site_id=served.site_id,
        form_id=served.form_id,
        form_version=served.version,
        channel="api",
        lang=served.form.language(member(body, "lang", "")),
        received_at=now,
        nonce=_nonce(),
        digest=_digest(served.key, answers, page, test),
        answers=answers,
        typed=typed,
        asked=tuple(answers),
        page=page,
        test=test,
        once=True,
        content_hash=said.hash,
        content_print=said.fingerprint,
        email_domain=said.email_domain,
    )


def _nonce() -> str:
    """Per token, so that one system's keys are never another's."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY or not key.isprintable():
        raise Problem(400, f"Idempotency-Key: up to {MAX_KEY} printable characters")
    return f"key:{token().id[-12:]}:{key}" if key else f"api:{secrets.token_urlsafe(18)}"


def _digest(*said: Any) -> str:
    """What makes two calls with one key the same: all that is stored of them."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _answers(form: Form, fields: object, page: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Cleaned by the form's own rules. Only an identifier must be there: a server sends what it knows."""
    try:
        posted = build.from_json(fields)
    except Invalid as error:
        detail = say(LANG, f"forms.{error.code}", **error.params)
        raise Problem(422, "fields cannot be read", detail=detail) from error
    known = {field.name for field in form.fields} | {consent.name for consent in form.consents}
    unknown = sorted(set(posted) - known)
    if unknown:
        raise Problem(422, "The form has no such fields", errors=dict.fromkeys(unknown, "This form has no such field."))
    for name, value in build.hidden_from(form, page).items():
        posted.setdefault(name, value)
    given = tuple(field.name for field in form.fields if posted.get(field.name))
    parsed = build.parse(form, posted, given, LANG, by_server=True)
    if parsed.errors:
        words = {name: build.message(form, name, one, LANG, say=say) for name, one in parsed.errors.items()}
        raise Problem(422, "Some fields cannot be taken", errors=words)
    if not any(field.type in {"email", "phone"} and parsed.answers.get(field.name) for field in form.fields):
        raise Problem(422, "An e-mail address or a phone number is needed")
    return dict(parsed.answers), dict(parsed.typed)


@limited
@needs("leads:write")
def add_events() -> Response:
    """What mail tools and products know. Idempotent by id; all of them, or none."""
    rows = json_body().get("events")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_EVENTS:
        raise Problem(422, f"events: a list of 1 to {MAX_EVENTS}")
    now = parts().clock()
    with parts().db.write() as conn:
        sent = [_event(conn, row, f"events[{number}]", now) for number, row in enumerate(rows)]
        new = keep(conn, token().site_id, sent, now)
    parts().doorbell.ring(DELIVERY)
    return jsonify(received=len(rows), new=new)


def _event(conn: Connection, row: object, where: str, now: datetime) -> Sent:
    if not isinstance(row, dict):
        raise Problem(422, f"{where}: an object")
    kind = text(row, "type", where)
    if not may_send("api", kind):
        allowed = sorted(name for name, sources in SENDERS.items() if "api" in sources)
        raise Problem(422, f"{where}.type: not one that a server sends", allowed=allowed)
    params = member(row, "params", {}, where=where)
    if len(json.dumps(params)) > MAX_PARAMS:
        raise Problem(422, f"{where}.params: at most {MAX_PARAMS} characters")
    event = Event(
        id=f"api:{text(row, 'id', where, MAX_EVENT_ID)}",
        type=kind,
        at=at(row, where, now),
        name=facts.plain(member(row, "name", "", where=where), 200),
        url=facts.address(row.get("url")),
        source="api",
        params=params,
    )
    return Sent(_lead_id(conn, row, where), event)


@limited
@needs("leads:write")
def add_outcome() -> Response:
    """What became of a lead: {"id", "lead", "email" or "record" with its "destination", "outcome", "at"}; or that the
    person asks to be forgotten: {"type": "erasure"}."""
    row = json_body()
    now, site_id = parts().clock(), token().site_id
    told = reports.read(row, member(row, "destination", ""), now)
    said_id = text(row, "id", "", MAX_EVENT_ID) if told.what != "erasure" else ""
    with parts().db.write() as conn:
        found = named(conn, site_id, told.who)
        if not found:
            raise Problem(422, "lead: no such lead; name one by lead, email, or record and destination")
        under = persons.survivors(conn, found)[found[0]]
        if told.what == "erasure":
            request_id, new = ask_erasure(conn, sites.get(conn, site_id), found, by=token().id, now=now)
            return jsonify(lead=under, type="erasure", request=request_id, new=new)
        report = Report(f"out:{said_id}", told.what, told.at, told.reason, told.purpose)
        new = keep_report(conn, site_id, report, found, now)
        under = persons.survivors(conn, found)[found[0]]
    parts().doorbell.ring(DELIVERY)
    return jsonify(lead=under, outcome=told.what, new=new)


def _lead_id(conn: Connection, row: Mapping[str, Any], where: str) -> str:
    """The lead named by `lead` or `email`, this very record though it may have been merged. Raises Problem."""
    lead, email = row.get("lead"), row.get("email")
    who = Named(lead=lead) if isinstance(lead, str) else Named(email=email[:320] if isinstance(email, str) else "")
    found = named(conn, token().site_id, who)
    if not found:
        raise Problem(422, f"{place(where, 'lead')}: no such lead; name one by lead or email")
    return found[0]
