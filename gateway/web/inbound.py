"""`POST /in/<destination>`: what a destination tells of leads, at an address of its own.

It proves itself by Standard Webhooks, or by a bearer where it cannot sign. Whoever proves nothing gets the same answer
whatever stands in the address, and what is noted of them is noted once they have it. Whoever does, and tells of
somebody we do not know, gets a good answer: CRMs tell of all their deals, and give up an address that fails.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from sqlalchemy import Connection
from standardwebhooks import Webhook
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway import reported
from gateway.doorbell import DELIVERY
from gateway.parts import Parts
from gateway.reported import Report
from gateway.store import inbound, persons, sites
from gateway.store.db import AWAY
from gateway.store.inbound import Heard, Key, Place, Result
from gateway.web import api_door, reports
from gateway.web.api_door import Problem, object_of, parts
from gateway.web.api_intake import MAX_EVENT_ID
from gateway.web.api_members import text
from gateway.web.limits import limiter
from gateway.web.reports import Message

blueprint = Blueprint("inbound", __name__)

RATE = "600/minute"  # of one address
MAX_BODY = 16 * 1024  # bytes: one message
TOLERANCE = timedelta(minutes=5)  # Standard Webhooks, "Verifying webhook authenticity"
NOBODYS = "whsec_" + "A" * 32  # checked where there is no key, so that it takes as long
NOBODY = Place("", "dst_" + "0" * 26)
DESTINATION = re.compile(r"dst_[0-9a-v]{26}")
SECONDS = re.compile(r"[0-9]{1,12}")
MAX_MESSAGE = 200  # characters of webhook-id


@dataclass(frozen=True)
class Proof:
    """What stands with a message to prove whose it is. message: its webhook-id; with a bearer empty."""

    message: str
    at: datetime | None
    signatures: tuple[str, ...]
    bearer: str


def init(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.post("/in/<destination_id>")
@limiter.limit(RATE)
def receive(destination_id: str) -> Response:
    """{"outcome": "won", "lead", "record" or "email", "id", "at"}, or {"type": "erasure"}."""
    raw, proof, now = _body(), _proof(), parts().clock()
    place, refused = _proven(destination_id, proof, raw, now)
    if refused is not None or place is None:
        return _refuse(place or NOBODY, refused or "", now)
    try:
        row = object_of(raw)
        told = reports.read(row, destination_id, now)
        message = proof.message or _said(row, told, now)
        event = text(row, "id", "", MAX_EVENT_ID) if row.get("id") is not None else message
    except Problem as problem:
        with parts().db.write() as conn:
            inbound.note(conn, place, proof.message, Heard(now, "", "refused", "unreadable", None))
        raise problem
    with parts().db.write() as conn:
        answer = _take(conn, place, told, message=message, event=inbound.event_id(place, event))
    parts().doorbell.ring(DELIVERY)
    return jsonify(answer)


def _take(conn: Connection, place: Place, told: Message, *, message: str, event: str) -> dict[str, Any]:
    """One effect a message, whatever it calls what it tells of."""
    found = reported.named(conn, place.site_id, told.who)
    if not inbound.first(conn, place, message, told.received):
        return _answer(conn, found, told, {"new": False})
    effect: dict[str, Any] = {"new": False}
    if found and told.what == "erasure":
        site = sites.get(conn, place.site_id)
        request_id, new = reported.ask_erasure(conn, site, found, by=place.destination_id, now=told.received)
        effect = {"new": new, "request": request_id}
    elif found:
        report = Report(event, told.what, told.at, told.reason, told.purpose)
        effect = {"new": reported.keep(conn, place.site_id, report, found, told.received)}
    result: Result = "new" if effect["new"] else "known" if found else "nobody"
    inbound.note(conn, place, message, Heard(told.received, told.what, result, None, found[0] if found else None))
    return _answer(conn, found, told, effect)


def _answer(conn: Connection, found: Sequence[str], told: Message, effect: Mapping[str, Any]) -> dict[str, Any]:
    under = persons.survivors(conn, found)[found[0]] if found else None
    what = {"type": "erasure"} if told.what == "erasure" else {"outcome": told.what}
    return {"lead": under, **what, **effect}


def _said(row: Mapping[str, Any], told: Message, now: datetime) -> str:
    """What makes two messages without a webhook-id one: their `id`; without it, the same said of the same lead at the
    same time, or on the same day where they tell no time."""
    if row.get("id") is not None:
        return f"id {text(row, 'id', '', MAX_EVENT_ID)}"
    when = told.at.isoformat() if row.get("at") is not None else now.date().isoformat()
    who = told.who
    return " ".join(("said", told.what, told.purpose, who.lead, who.record, who.email, when))


def _body() -> bytes:
    request.max_content_length = MAX_BODY
    raw = request.get_data(cache=False)
    if len(raw) >= MAX_BODY:  # one that tells no length is cut there, not refused by itself
        raise RequestEntityTooLarge
    return raw


# --- whose message it is --------------------------------------------------------------------------------------------


def _proof() -> Proof:
    given = request.headers
    message, seconds = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    kind, _, bearer = given.get("Authorization", "").partition(" ")
    at = datetime.fromtimestamp(int(seconds), UTC) if SECONDS.fullmatch(seconds) and int(seconds) < 2**33 else None
    signed = tuple(given.get("webhook-signature", "").split())
    fits = 0 < len(message) <= MAX_MESSAGE and message.isprintable()
    return Proof(message if signed and fits else "", at, signed, bearer.strip() if kind.lower() == "bearer" else "")


def _proven(destination_id: str, proof: Proof, raw: bytes, now: datetime) -> tuple[Place | None, str | None]:
    """The destination of that id, if it takes messages; and why this is none of its: no_proof, bad_time,
    bad_signature, bad_bearer; None: it is."""
    keys: list[Key] = []
    if DESTINATION.fullmatch(destination_id):
        with parts().db.read() as conn:
            keys = inbound.keys(conn, parts().config.secret_key, destination_id, now)
    place = Place(keys[0].site_id, destination_id) if keys else None
    signed = _signed(keys, proof, raw)  # looked at first and always: how long it takes tells nothing
    if proof.signatures:
        if proof.at is None or not proof.message or abs(now - proof.at) > TOLERANCE:
            return place, "bad_time" if proof.message else "bad_signature"
        return place, None if signed else "bad_signature"
    if proof.bearer:
        return place, None if _bears(keys, proof.bearer) else "bad_bearer"
    return place, "no_proof"


def _signed(keys: Iterable[Key], proof: Proof, raw: bytes) -> bool:
    """Whether one of the signatures is of one of the keys."""
    try:
        body = raw.decode()
    except UnicodeDecodeError:
        return False
    secrets = [key.secret for key in keys if key.way == "signature" and key.secret]
    moment = proof.at or datetime.fromtimestamp(0, UTC)
    wanted = [Webhook(secret).sign(proof.message, moment, body).encode() for secret in secrets or [NOBODYS]]
    pairs = [(one, given.encode()) for one in wanted for given in proof.signatures[:8]]
    return any(hmac.compare_digest(one, given) for one, given in pairs) and bool(secrets)


def _bears(keys: Iterable[Key], bearer: str) -> bool:
    given = inbound.hashed(bearer).encode()
    return any(hmac.compare_digest(given, key.secret.encode()) for key in keys if key.way == "bearer" and key.secret)


def _refuse(place: Place, why: str, now: datetime) -> Response:
    """The same answer for every reason and every address; what is noted of it, nobody waits for."""
    title = "A signature of this destination is needed (Standard Webhooks), or its bearer: Authorization: Bearer …"
    response = api_door.problem(Problem(401, title))
    response.call_on_close(partial(_note, parts(), place, why, now))
    return response


def _note(held: Parts, place: Place, why: str, now: datetime) -> None:
    """For staff, who set up the other side; once in a while, so that strangers keep nobody from writing."""
    with held.db.read() as conn:
        known = inbound.noted_lately(conn, place.destination_id, why, now)
    if not known and place != NOBODY:
        with held.db.write() as conn:
            inbound.note_stranger(conn, place, why, now)


# --- how it is refused ----------------------------------------------------------------------------------------------


blueprint.register_error_handler(Problem, api_door.problem)
blueprint.register_error_handler(HTTPException, api_door.refused_by_flask)
for kind in AWAY:
    blueprint.register_error_handler(kind, api_door.database_away)
blueprint.after_request(api_door.seal)
