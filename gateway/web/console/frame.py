"""The frame of every console page: its blueprint, session, headers, guard and refusals."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Flask, Response, abort, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from gateway.importing.uploading import LARGEST
from gateway.store.db import AWAY
from gateway.web.console import access
from gateway.web.console.pages import away_page, context, error_page, requested_path

blueprint = Blueprint("console", __name__, url_prefix="/console")
csrf = CSRFProtect()
log = structlog.get_logger()

# No inline script or style anywhere; data: images are Bootstrap's control icons.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # CSRF protection reads it on https
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def init(app: Flask) -> None:
    """Put the console on the app, whose session cookie has its other settings from create_app."""
    app.config.update(
        SESSION_COOKIE_PATH="/console",  # public pages never see it
        WTF_CSRF_CHECK_DEFAULT=False,  # public forms have tickets; the console asks for itself below
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page left open loses nobody's text
    )
    # Not login_manager.init_app: its hook reads the session and so puts `Vary: Cookie` on public pages.
    bound: Any = app
    bound.login_manager = access.login_manager
    csrf.init_app(app)
    app.register_blueprint(blueprint)
    app.add_url_rule("/", "root", lambda: redirect(url_for("console.overview"), 303))


# Pages that take more than MAX_BODY, from whoever is signed in → bytes.
LARGE = {
    "console.import_upload": LARGEST + 64 * 1024,
    "console.rules_text_save": 2 * 1024 * 1024,  # its 200,000 letters, six bytes each where a form sends Persian ones
}


@blueprint.before_request
def _guard() -> Any:
    most = LARGE.get(request.endpoint or "")
    if most is not None and access.user() is not None:
        if (request.content_length or 0) > most and request.endpoint == "console.import_upload":
            return redirect(url_for("console.imports_list", too_large=1), 303)
        request.max_content_length = request.max_form_memory_size = most  # the second bounds the parser's buffer too
    if _has_nul():
        abort(400)
    refusal = access.check()
    if refusal is None:
        csrf.protect()
    return refusal


def _has_nul() -> bool:
    """No text of ours holds one, and PostgreSQL refuses it: said here once instead of at each query."""
    values = (value for group in (request.args, request.form) for _, value in group.items(multi=True))
    return "\0" in request.path or any("\0" in value for value in values)


@blueprint.after_request
def _seal(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@access.login_manager.unauthorized_handler  # type: ignore[untyped-decorator]
def _to_sign_in() -> Any:
    # A form that was posted cannot be gone on with: the way back leads to the first page.
    target = url_for("console.sign_in", next=requested_path() if request.method == "GET" else None)
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target, 303)


@blueprint.errorhandler(HTTPException)
def _refuse(error: HTTPException) -> Any:
    return error_page(error)


def _database_away(error: Exception) -> Any:
    """It does not answer, or two changes stood in each other's way (a deadlock): trying again mends both."""
    log.error("database_unavailable", kind=type(error).__name__)
    access.without_database()
    return away_page()


for kind in AWAY:
    blueprint.register_error_handler(kind, _database_away)


blueprint.context_processor(context)
