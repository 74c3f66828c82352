"""The service. `create_app` is wiring only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from gateway.parts import Parts

ROOT = Path(__file__).resolve().parent.parent
MAX_BODY = 64 * 1024  # bytes; a form with long text is a few KB, so more is an attack or a mistake


def create_app(parts: Parts | None = None) -> Flask:
    """The web application over `parts`, or over the settings of the environment. Raises ConfigError."""
    # Imported here, so that a pure room of this package loads without the whole service.
    import config
    from gateway import logs
    from gateway.parts import make_parts
    from gateway.web import api, console, inbound, limits, ops, public

    parts = parts or make_parts(config.load())
    logs.set_up(parts.config.log_level)
    app = Flask("sarnakh", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        SECRET_KEY=parts.config.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_NAME="sarnakh_session",
        SESSION_COOKIE_SECURE=parts.config.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.extensions["sarnakh"] = parts
    limits.init(app, parts.config)
    for room in (public, api, inbound, ops, console):
        room.init(app)
    return app
