"""How the visitor's side answers: a page or JSON by what the caller reads, the headers of both, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from flask import Response, jsonify, make_response, render_template, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from gateway.records import Site
from gateway.web import limits
from gateway.words import LANGUAGES, say

# Our pages load nothing from elsewhere, but for a captcha that a form names, and run no inline script or style.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
JSON_TYPES = ("application/json", "text/plain")  # text/plain: what a page may send elsewhere without a preflight


class Refused(Exception):  # noqa: N818  the house names it by what happens
    """A request that is turned down; `code` finds the words (`public.<code>`)."""

    def __init__(self, status: int, code: str, **params: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.params = params


def reads_json() -> bool:
    """A caller that sent JSON, or asks for it, gets JSON; a browser's own form gets a page."""
    if request.mimetype in JSON_TYPES:
        return True
    return _prefers_json(request.headers.get("Accept", ""))


@lru_cache(maxsize=128)  # a browser sends the same each time
def _prefers_json(accept: str) -> bool:
    accepted = parse_accept_header(accept, MIMEAccept)
    return accepted["application/json"] > accepted["text/html"]


def language(*wanted: object) -> str:
    """The first of the wanted languages that we speak, else what the browser prefers, else Persian."""
    spoken = next((lang for lang in wanted if lang in LANGUAGES), None)
    return str(spoken or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0])


def refusal(error: Refused, lang: str | None = None) -> Response:
    """The words for a refusal with its status; 429 and 503 say when to come again."""
    lang = lang or language(request.args.get("lang"))
    words = say(lang, f"public.{error.code}", **error.params)
    if reads_json():
        response = jsonify(status="refused", code=error.code, message=words)
    else:
        response = message_page(lang, say(lang, f"public.{error.code}_title"), words)
    response.status_code = error.status
    if error.status in {429, 503}:
        response.headers["Retry-After"] = str(limits.retry_after() if error.status == 429 else 5)
    return response


def message_page(lang: str, title: str, words: str) -> Response:
    return page(render_template("public/message.html", lang=lang, title=title, words=words))


def policy(ancestors: str, hosts: Mapping[str, str] = MappingProxyType({})) -> str:
    """The content policy of a page: who may frame it, and directive → hosts beyond ours."""
    lines = {directive: f"{POLICY.get(directive, '')} {hosts.get(directive, '')}" for directive in [*POLICY, *hosts]}
    lines["frame-ancestors"] = ancestors
    return "; ".join(f"{directive} {' '.join(value.split())}" for directive, value in lines.items())


def page(html: str, *, ancestors: str = "'none'", hosts: Mapping[str, str] = MappingProxyType({})) -> Response:
    """A page of ours. `no-cache` and not `no-store`: the Back button must find what was typed (rule 11)."""
    response = make_response(html)
    response.headers["Content-Security-Policy"] = policy(ancestors, hosts)
    response.headers["Cache-Control"] = "private, no-cache"
    if ancestors == "'none'":
        response.headers["X-Frame-Options"] = "DENY"
    return response


def add_headers(response: Response) -> Response:
    """On every answer of the visitor's side."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def make_readable(response: Response) -> Response:
    """Let the asking page read the answer, a refusal too, so that the embed can say why (rule 12). No credentials
    travel along, so this opens nothing."""
    origin = request.headers.get("Origin")
    response.vary.add("Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def refuse_foreign(site: Site, base_url: str) -> None:
    """Rule 12: only a present and foreign origin is refused; `null` and none pass. Raises Refused."""
    origin = request.headers.get("Origin")
    if not origin or origin == "null" or origin in {*site.origins, site.settings.get("own_address")}:
        return
    if origin in {base_url, f"{request.scheme}://{request.host}"} or base_url.startswith(f"{origin}/"):
        return
    raise Refused(403, "foreign_origin", origin=origin[:200])
