"""The door of /api/v1: who may call, how a call is refused, how its body is read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar, cast

import structlog
from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway.parts import Parts
from gateway.store import api_tokens, keyset
from gateway.store.api_tokens import ApiToken
from gateway.store.db import AWAY
from gateway.web.limits import limiter, retry_after

View = TypeVar("View", bound=Callable[..., Response])

LIMIT = "3000/minute"  # of one token: a system that sends faster is in a loop
MAX_BODY = 256 * 1024  # bytes: 500 events with everything they may carry
MAX_DEPTH = 10  # of lists and objects in a body
OLDEST = 2000  # the year before which nobody was a lead: what is older is a mistake in a date
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL keeps no NUL, UTF-8 no lone surrogate

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
log = structlog.get_logger()


class Problem(Exception):  # noqa: N818  RFC 9457's word
    """An answer of kind application/problem+json (RFC 9457)."""

    def __init__(self, status: int, title: str, **more: Any) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.more = more


def parts() -> Parts:
    found: Parts = current_app.extensions["sarnakh"]
    return found


# --- who may call ---------------------------------------------------------------------------------------------------


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
    _refuse_nul_in_address()
    if not api_tokens.seen_lately(found, parts().clock()):
        with parts().db.write() as conn:
            api_tokens.seen(conn, found.id, parts().clock())
    g.api_token = found


def _refuse_nul_in_address() -> None:
    """One place for all that is looked up by a path or query: PostgreSQL refuses to compare with such a text."""
    texts = (request.path, *request.args.keys(), *(text for _, text in request.args.items(multi=True)))
    if any("\0" in text for text in texts):
        raise Problem(400, "The address holds a NUL character")


def _token_key() -> str:
    found = g.get("api_token")
    return found.id if found else "nobody"


limited = limiter.limit(lambda: LIMIT, key_func=_token_key)


# --- what is read ---------------------------------------------------------------------------------------------------


def json_body() -> dict[str, Any]:
    """The JSON object in the body, of which every value can be kept; an empty body is an empty one. Raises Problem."""
    request.max_content_length = MAX_BODY
    raw = request.get_data(cache=False)
    if len(raw) >= MAX_BODY:  # one that tells no length is cut there, not refused by itself
        raise RequestEntityTooLarge
    return object_of(raw)


def object_of(raw: bytes) -> dict[str, Any]:
    """The JSON object in these bytes, as `json_body` takes it. Raises Problem."""
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise Problem(400, "The body is no JSON") from error
    if not isinstance(body, dict):
        raise Problem(400, "The body is no JSON object")
    if not _can_be_kept(body, MAX_DEPTH):
        raise Problem(400, "The body holds a NUL, a lone surrogate, a number out of range, or lists in too many lists")
    return body


def _can_be_kept(value: object, depth: int) -> bool:
    if isinstance(value, str):
        return NOT_TEXT.search(value) is None
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return value.bit_length() < 64
    if isinstance(value, list):
        return depth > 0 and all(_can_be_kept(one, depth - 1) for one in value)
    if isinstance(value, dict):
        return depth > 0 and all(_can_be_kept(one, depth - 1) for pair in value.items() for one in pair)
    return value is None


def moment(text: object) -> datetime | None:
    """A time with its zone, in UTC; none for anything else, and for one that is older than any lead."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        at = found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):  # the edges of the calendar have no UTC
        return None
    return at if at and at.year >= OLDEST else None


# --- how it is refused ----------------------------------------------------------------------------------------------


@blueprint.errorhandler(Problem)
def problem(error: Problem) -> Response:
    body = {"type": "about:blank", "title": error.title, "status": error.status, **error.more}
    # In ASCII: a name that a caller made up may hold what UTF-8 cannot.
    response = Response(json.dumps(body), error.status, mimetype="application/problem+json")
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.status in {429, 503}:
        response.headers["Retry-After"] = str(retry_after() if error.status == 429 else 5)
    return response


@blueprint.errorhandler(keyset.CursorError)
def bad_cursor(_error: Exception) -> Response:
    return problem(Problem(400, "The cursor is none of this list's"))


@blueprint.errorhandler(HTTPException)
def refused_by_flask(error: HTTPException) -> Response:
    response = problem(Problem(error.code or 500, error.name))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def database_away(error: Exception) -> Response:
    """Nothing was stored: the caller sends again."""
    log.error("database_unavailable", kind=type(error).__name__)
    return problem(Problem(503, "The database does not answer"))


for kind in AWAY:
    blueprint.register_error_handler(kind, database_away)


@blueprint.after_request
def seal(response: Response) -> Response:
    """Personal data stays out of caches."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
