"""/api/v1: JSON for other systems, by a token of one site. Its document: docs/api/openapi.json.

What is asked here: who may call, what is read. What comes in: api_intake.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from gateway import pipeline, story
from gateway.delivery import ledger
from gateway.delivery.payload import iso
from gateway.doorbell import DELIVERY
from gateway.parts import Parts
from gateway.records import Lead
from gateway.store import api_tokens, audit, deliveries_search, keyset, leads, leads_search, submissions_search
from gateway.store.api_tokens import ApiToken
from gateway.web.limits import limiter, retry_after

View = TypeVar("View", bound=Callable[..., Response])

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"
MAX_PAGE = 200
LIMIT = "3000/minute"  # of one token: a system that sends faster is in a loop
STATUSES = ("pending", "accepted", "held", "rejected", "stuck", "erased")

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


class Problem(Exception):  # noqa: N818  RFC 9457's word
    """An answer of kind application/problem+json (RFC 9457)."""

    def __init__(self, status: int, title: str, **more: Any) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.more = more


def init(app: Flask) -> None:
    from gateway.web import api_intake

    api_intake.add_to(blueprint)
    app.register_blueprint(blueprint)


def parts() -> Parts:
    found: Parts = current_app.extensions["sarnakh"]
    return found


def token() -> ApiToken:
    """The caller's token; its site is the caller's whole world (rule 35)."""
    return cast(ApiToken, g.api_token)


def needs(scope: str) -> Callable[[View], View]:
    """Let a call through with a token of this scope alone."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Response:
            if scope not in token().scopes:
                raise Problem(403, "The token lacks a scope", scope=scope)
            return view(*args, **kwargs)

        return cast(View, guarded)

    return decorate


@blueprint.before_request
def open_with_token() -> None:
    if request.endpoint == "api.document":
        return
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    found = None
    if kind.lower() == "bearer" and secret:
        with parts().db.read() as conn:
            found = api_tokens.find(conn, secret.strip())
    if found is None:
        raise Problem(401, "A token is needed: Authorization: Bearer …")
    if not api_tokens.seen_lately(found, parts().clock()):
        with parts().db.write() as conn:
            api_tokens.seen(conn, found.id, parts().clock())
    g.api_token = found


def _token_key() -> str:
    found = g.get("api_token")
    return found.id if found else "nobody"


limited = limiter.limit(LIMIT, key_func=_token_key)


@blueprint.get("/openapi.json")
def document() -> Response:
    return jsonify(json.loads(DOCUMENT.read_text("utf-8")))


# --- leads ----------------------------------------------------------------------------------------------------------


@blueprint.get("/leads")
@limited
@needs("leads:read")
def list_leads() -> Response:
    """The site's leads, the last changed first."""
    asked = request.args
    sort = asked.get("sort", "recent")
    if sort not in leads_search.SORTS:
        raise Problem(400, "Unknown sort", allowed=list(leads_search.SORTS))
    wanted = leads_search.Filter(
        text=asked.get("q", ""),
        cells=tuple(_cell(text) for text in asked.getlist("cell")),
        stages=tuple(asked.getlist("stage")),
        test=asked.get("test") == "true",
        since=_time(asked["updated_after"]) if "updated_after" in asked else None,
        sort=cast(leads_search.Sort, sort),
    )
    with parts().db.read() as conn:
        page = leads_search.page(conn, token().site_id, wanted, cursor=asked.get("cursor", ""), limit=_page_size())
    shown = [
        {
            "id": line.id,
            "cell": f"{line.grade}{line.interest}",
            "score": line.score,
            "stage": line.stage,
            "test": line.test,
            "contact_requested": line.contact_requested,
            "created_at": iso(line.created_at),
            "updated_at": iso(line.updated_at),
            "fields": dict(line.facts),
        }
        for line in page.lines
    ]
    return jsonify(leads=shown, next=page.cursor)


@blueprint.get("/leads/<lead_id>")
@limited
@needs("leads:read")
def show_lead(lead_id: str) -> Response:
    return jsonify(_story(lead_id)["lead"])


@blueprint.get("/leads/<lead_id>/why")
@limited
@needs("leads:read")
def explain_lead(lead_id: str) -> Response:
    """The same as `sarnakh why --json`."""
    return jsonify(_story(lead_id))


def _story(lead_id: str) -> dict[str, Any]:
    with parts().db.read() as conn:
        return story.of_lead(conn, _lead(leads.get(conn, token().site_id, lead_id)), parts().clock())


def _lead(found: Lead | None) -> Lead:
    if found is None:
        raise Problem(404, "No such lead")
    return found


# --- submissions ----------------------------------------------------------------------------------------------------


@blueprint.get("/submissions")
@limited
@needs("leads:read")
def list_submissions() -> Response:
    """The site's submissions, the newest first."""
    asked = request.args
    statuses = asked.getlist("status")
    if not set(statuses) <= set(STATUSES):
        raise Problem(400, "Unknown status", allowed=list(STATUSES))
    with parts().db.read() as conn:
        page = submissions_search.page(
            conn, token().site_id, statuses, cursor=asked.get("cursor", ""), limit=_page_size()
        )
    shown = [
        {
            "id": line.id,
            "status": line.status,
            "at": iso(line.received_at),
            "form": line.form_key,
            "channel": line.channel,
            "test": line.test,
            "lead": line.lead_id,
            "answers": dict(line.answers),
            "findings": [dict(finding) for finding in line.findings],
            "weight": line.weight,
        }
        for line in page.lines
    ]
    return jsonify(submissions=shown, next=page.cursor)


@blueprint.post("/submissions/<submission_id>/release")
@limited
@needs("review:write")
def release(submission_id: str) -> Response:
    """Accept what was held or rejected."""
    with _decision():
        lead_id = pipeline.release(parts(), token().site_id, submission_id, token().id)
    parts().doorbell.ring(DELIVERY)
    return jsonify(submission=submission_id, status="accepted", lead=lead_id)


@blueprint.post("/submissions/<submission_id>/reject")
@limited
@needs("review:write")
def reject(submission_id: str) -> Response:
    with _decision():
        pipeline.reject(parts(), token().site_id, submission_id, token().id)
    return jsonify(submission=submission_id, status="rejected")


class _decision:  # noqa: N801  reads as a block
    """Turns what the pipeline refuses into answers."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, pipeline.NotWaitingError):
            raise Problem(409, "The submission stands elsewhere", status_now=str(error)) from error
        if isinstance(error, LookupError):
            raise Problem(404, "No such submission") from error


# --- deliveries -----------------------------------------------------------------------------------------------------


@blueprint.get("/deliveries")
@limited
@needs("deliveries:read")
def list_deliveries() -> Response:
    asked = request.args
    with parts().db.read() as conn:
        page = deliveries_search.page(
            conn,
            token().site_id,
            status=asked.get("status", ""),
            destination_id=asked.get("destination", ""),
            cursor=asked.get("cursor", ""),
            limit=_page_size(),
        )
    shown = [
        {
            "id": line.id,
            "lead": line.lead_id,
            "destination": line.destination_id,
            "version": line.version,
            "type": line.type,
            "status": line.status,
            "due_at": iso(line.due_at),
            "tries": line.tries,
            "reason": line.reason,
        }
        for line in page.lines
    ]
    return jsonify(deliveries=shown, next=page.cursor)


@blueprint.post("/deliveries/<delivery_id>/resend")
@limited
@needs("deliveries:write")
def resend(delivery_id: str) -> Response:
    """Owe a parked or delivered one again, with the same id."""
    now = parts().clock()
    with parts().db.write() as conn:
        if deliveries_search.get(conn, token().site_id, delivery_id) is None:
            raise Problem(404, "No such delivery")
        if not ledger.resend(conn, token().site_id, delivery_id, now):
            raise Problem(409, "It is due already, or a newer version is")
        audit.add(conn, token().site_id, now, "delivery_resent", delivery_id, user_id=token().id)
    parts().doorbell.ring(DELIVERY)
    return jsonify(delivery=delivery_id, status="due")


# --- what all of them share -----------------------------------------------------------------------------------------


def _page_size() -> int:
    text = request.args.get("limit", "50")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PAGE):
        raise Problem(400, f"limit: a number from 1 to {MAX_PAGE}")
    return int(text)


def _cell(text: str) -> str:
    """A1 … E4, and –1 … –4 for the ungraded; a hyphen passes for the dash."""
    cell = text.replace("-", "–")
    if len(cell) != 2 or cell[0] not in "ABCDE–" or cell[1] not in "1234":
        raise Problem(400, "Unknown cell", cell=text[:10])
    return cell


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Problem(400, "A time is written as 2026-11-22T09:30:00Z", got=text[:40])
    return found


@blueprint.errorhandler(Problem)
def problem(error: Problem) -> Response:
    body = {"type": "about:blank", "title": error.title, "status": error.status, **error.more}
    response = Response(json.dumps(body, ensure_ascii=False), error.status, mimetype="application/problem+json")
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.status == 429:
        response.headers["Retry-After"] = str(retry_after())
    return response


@blueprint.errorhandler(keyset.CursorError)
def bad_cursor(_error: Exception) -> Response:
    return problem(Problem(400, "The cursor is none of this list's"))


@blueprint.errorhandler(HTTPException)
def refused_by_flask(error: HTTPException) -> Response:
    return problem(Problem(error.code or 500, error.name))


@blueprint.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing_here(**_address: str) -> Response:
    raise Problem(404, "No such address")
