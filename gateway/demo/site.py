"""The demo's other side: a landing page like any marketer's, on another site than the gateway, and the inbox of a
make-believe CRM that takes the webhook.

Its pages are static: cached, under a strict policy without `unsafe-inline`, the embed pasted in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, make_response, redirect, render_template, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.demo.inbox import Inbox

KEPT_FOR = 300  # seconds that browsers and caches may keep a page
SECRET_FILE = "webhook_secret"  # noqa: S105  a file's name: written by whoever adds the destination
PAGES = {
    "/": ("landing.html", "fa"),
    "/en": ("landing.html", "en"),
    "/framed": ("framed.html", "fa"),
    "/en/framed": ("framed.html", "en"),
    "/app": ("app.html", "fa"),
    "/en/app": ("app.html", "en"),
    "/readiness": ("readiness.html", "fa"),
    "/en/readiness": ("readiness.html", "en"),
    "/prices": ("prices.html", "fa"),
    "/en/prices": ("prices.html", "en"),
}

blueprint = Blueprint("demo", __name__)


def create_site(gateway_url: str, folder: Path) -> Flask:
    """The demo site for `http://localhost:<demo_port>`; `folder` keeps its inbox and the webhook's secret."""
    app = Flask("gateway.demo.site")
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    folder.mkdir(parents=True, exist_ok=True)
    app.extensions["demo"] = {"gateway": gateway_url, "folder": folder, "inbox": Inbox(folder / "inbox.jsonl")}
    app.register_blueprint(blueprint)
    for path, (template, lang) in PAGES.items():
        app.add_url_rule(path, f"page {path}", _page(template, lang, path))
    return app


def policy(gateway_url: str) -> str:
    """What a page with a strict policy has to allow for the embed, and nothing more (docs/embed.md)."""
    return (
        f"default-src 'none'; script-src 'self' {gateway_url}; connect-src {gateway_url}; "
        f"frame-src {gateway_url}; style-src 'self'; font-src 'self'; img-src 'self'; "
        f"form-action 'self' {gateway_url}; base-uri 'none'; frame-ancestors 'none'"
    )


@blueprint.get("/favicon.ico")
def favicon() -> tuple[str, int]:
    """None, and no fault in the browser's console."""
    return "", 204


@blueprint.get("/inbox")
def inbox() -> Response:
    """The CRM's side: each lead once, with its versions."""
    lang = "en" if request.args.get("lang") == "en" else "fa"
    html = render_template("inbox.html", lang=lang, leads=_inbox().leads(), path="/inbox")
    return _with_policy(make_response(html))


@blueprint.get("/inbox.json")
def inbox_json() -> list[dict[str, Any]]:
    """What was received, in the order of arrival."""
    return _inbox().received()


@blueprint.post("/inbox/clear")
def clear() -> Response:
    _inbox().clear()
    return make_response(redirect("/inbox", 303))


@blueprint.post("/hook")
def hook() -> tuple[str, int]:
    """A webhook: kept once an id, if its signature is right (Standard Webhooks)."""
    secret = _demo()["folder"] / SECRET_FILE
    if not secret.is_file():
        return "no secret is known here yet", 503
    try:
        body = Webhook(secret.read_text().strip()).verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError as error:
        return str(error), 401
    _inbox().add(request.headers["webhook-id"], body)
    return "", 204


def _page(template: str, lang: str, path: str) -> Any:
    def show() -> Response:
        html = render_template(template, lang=lang, path=path, gateway=_demo()["gateway"])
        response = _with_policy(make_response(html))
        response.headers["Cache-Control"] = f"public, max-age={KEPT_FOR}"
        response.add_etag()
        response.make_conditional(request)
        return response

    return show


def _with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = policy(_demo()["gateway"])
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _demo() -> dict[str, Any]:
    found: dict[str, Any] = current_app.extensions["demo"]
    return found


def _inbox() -> Inbox:
    found: Inbox = _demo()["inbox"]
    return found
