"""The visitor's side: its addresses. What they do: pages.py, intake.py, offers.py, browser_events.py."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, make_response, redirect, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from forms import tickets
from forms.conditions import stylesheet
from gateway.store.db import AWAY
from gateway.web import (
    browser_events,
    confirm,
    confirm_code,
    intake,
    leaving,
    offers,
    own_hosts,
    pages,
    proofs,
    replaced_ids,
    replies,
    serving,
    thanking,
    visitor_ids,
)
from gateway.web.limits import limiter
from gateway.web.replies import Refused
from gateway.web.serving import parts
from gateway.words import say
from verification import typos

blueprint = Blueprint("public", __name__)
posts = Blueprint("posts", __name__)  # limited as one: Flask-Limiter looks twice at a view that is limited itself
intake.limited(posts)
log = structlog.get_logger()

LINE_END = re.compile(r"(?<=[;{,]) // .*$")  # a comment after code; a test looks for strings that it would cut
EMBED_KEPT = 3600  # seconds: a mended embed reaches every page within the hour
CODES = {404: "no_form", 405: "wrong_method", 413: "too_large", 429: "too_many"}
OTHER_METHODS = ["PUT", "PATCH", "DELETE"]
# What other people's pages load: our path → the file under static/ and its type.
FOR_OTHER_PAGES = {
    "/embed.js": ("embed.js", "text/javascript"),
    "/watch.js": ("watch.js", "text/javascript"),
    "/typos.js": ("typos.js", "text/javascript"),
    "/outside.js": ("outside.js", "text/javascript"),
    "/embed.css": ("form.css", "text/css"),
}
OWN_EMBED = "/embed.js on a site's own host"  # the same, but told to send cookies along
READABLE = {"public.spec", "public.challenge"}  # GETs that a page elsewhere reads by script


def init(app: Flask) -> None:
    """Wire the visitor's side into the application."""
    static = Path(str(app.static_folder))
    app.extensions["sarnakh.public"] = serving.Memory()
    served = {path: _to_serve(static / name) for path, (name, _) in FOR_OTHER_PAGES.items()}
    served["/typos.js"] = served["/typos.js"].replace(b'"TABLE"', _typo_table())
    served[OWN_EMBED] = served["/embed.js"].replace(b'SENDS = "omit"', b'SENDS = "include"')
    app.extensions["sarnakh.embed"] = {path: (plain, gzip.compress(plain, mtime=0)) for path, plain in served.items()}
    own_hosts.init(app, frozenset({"/e", *FOR_OTHER_PAGES}))
    proofs.init(app)
    app.register_blueprint(blueprint)


def _to_serve(path: Path) -> bytes:
    return lean(path.read_text("utf-8")).encode() if path.suffix == ".js" else path.read_bytes()


def _typo_table() -> bytes:
    """What static/typos.js goes by: the table of verification/typos.py, and the words of its question."""
    words = {lang: say(lang, "public.did_you_mean", address="{address}") for lang in ("fa", "en")}
    return json.dumps({**typos.table(), "words": words}, ensure_ascii=False, separators=(",", ":")).encode()


def lean(source: str) -> str:
    """A script as it is served: without its comments and indentation, so that it stays within 6 KB gzip.
    Shorter in no other way: what a browser shows can be read beside static/embed.js."""
    lines = (LINE_END.sub("", line).strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*"))) + "\n"


@blueprint.get("/f/<form_key>")
@intake.limited_serving
def hosted(form_key: str) -> Response:
    """The form on a page of its own; needs neither scripts nor cookies."""
    return pages.form_page(form_key, "hosted")


@blueprint.get("/f/<form_key>/frame")
@intake.limited_serving
def frame(form_key: str) -> Response:
    """The form for an iframe. The page around it hands the visitor in by script, never by URL (rule 8)."""
    return pages.form_page(form_key, "frame")


@posts.post("/f/<form_key>")
def receive(form_key: str) -> Response:
    """A submission: stored durably, then thanked."""
    return intake.receive(form_key)


@blueprint.route("/f/<form_key>/spec", methods=["GET", "POST"])
@intake.limited_serving
def spec(form_key: str) -> Response:
    """JSON for the embed. A POST carries the visitor's id, which never stands in a URL."""
    held, now = parts(), parts().clock()
    asked = intake.json_object() if request.method == "POST" else {}
    with held.db.read() as conn:
        served = serving.find(conn, form_key)
        replies.refuse_foreign(served.site, held.config.base_url)
        asks = replaced_ids.came(conn, served, intake.visitor_in(served, asked))
    visitor = replaced_ids.visitor_of(asks, now, remember=asked.get("consent") is not False)
    with held.db.read() as conn:
        plan = serving.plan(conn, served, visitor, now)
    wanted = asked.get("lang") or request.args.get("lang")
    lang = served.form.language(str(wanted)[:2].lower() if wanted else served.site.lang)
    ticket = serving.new_ticket(
        served, plan, lang, channel="frame" if asked.get("framed") is True else "embed",
        test=str(asked.get("test") or ""), now=now,
    )  # fmt: skip
    fresh = None
    if asks.named is None and intake.may_remember(served, None, asked.get("consent")):
        fresh = visitor_ids.signed(held.config.secret_key, served.site.key, visitor_ids.fresh())
    kept = visitor and visitor_ids.signed(held.config.secret_key, served.site.key, visitor)
    if kept and kept not in _told(asked):  # known by our own cookie alone
        fresh = kept
    text = tickets.issue(held.config.secret_key, ticket)
    splices = {"ticket": text, "visitor": fresh, "challenge": proofs.challenge(served, now)}
    response = make_response(serving.spec_json(served, plan, lang, splices))
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "no-store"
    own_hosts.remember(response, served.site, fresh or kept, consent=asked.get("consent"))
    return response


def _told(asked: dict[str, Any]) -> list[object]:
    """The ids that a spec's request named."""
    found = asked.get("_visitor")
    return found if isinstance(found, list) else [found]


@blueprint.get("/f/<form_key>/challenge")
@intake.limited
def challenge(form_key: str) -> Response:
    """Work for a form that stood open for longer than a challenge is good for (rule 21)."""
    return proofs.renew(form_key)


@blueprint.post("/f/<form_key>/left")
@intake.limited
@leaving.limited
def left(form_key: str) -> Response:
    """By sendBeacon: somebody turned away from a form, and where they were in it."""
    return leaving.note(form_key)


@blueprint.post("/f/<form_key>/forget")
def forget(form_key: str) -> Response:
    """I am someone else: this browser starts afresh, with an id that knows nothing of the old one (rule 5)."""
    served = serving.find_recent(parts().db, form_key)
    replies.refuse_foreign(served.site, parts().config.base_url)
    lang = served.form.language(request.form.get("lang"))
    response = make_response(redirect(f"/f/{form_key}?lang={lang}", 303))
    if served.cookies == "free":
        pages.remember(response, served, visitor_ids.fresh())
    else:
        visitor_ids.drop_cookie(response, served.site)
    return response


@blueprint.get("/f/<form_key>/thanks")
def thanks(form_key: str) -> Response:
    """What stands here depends on the post that led here alone: on a signed note in the address (rule 13)."""
    held = parts()
    served = serving.find_recent(held.db, form_key)
    note = thanking.read(form_key, request.args.get("r", ""), held.clock())
    served = serving.of_version(held.db, served, note.version) if note and note.version else served
    lang = served.form.language(note.lang if note else request.args.get("lang") or served.site.lang)
    return pages.thanks_page(served, lang, thanking.next_step(served, lang, note))


@blueprint.get("/f/<form_key>/theme.css")
def theme(form_key: str) -> Response:
    """The form's own colours as a stylesheet: our policy allows no inline style."""
    served = serving.find_recent(parts().db, form_key)
    lines = (f"--lead-{name.replace('_', '-')}: {value};" for name, value in serving.theme(served.form).items())
    response = make_response(f".lead-form {{ {' '.join(lines)} }}\n")
    response.mimetype = "text/css"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/f/<form_key>/when.css")
def when(form_key: str) -> Response:
    """What hides a version's conditional questions until their conditions hold; a version never changes."""
    served = serving.find_recent(parts().db, form_key)
    number = request.args.get("v", "")
    if number.isdecimal() and len(number) < 9:
        served = serving.of_version(parts().db, served, int(number))
    response = make_response(stylesheet(served.form))
    response.mimetype = "text/css"
    response.headers["Cache-Control"] = f"public, max-age={EMBED_KEPT}"
    response.headers["Access-Control-Allow-Origin"] = "*"  # the embed reads it by script, as it does /embed.css
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/d/<token>")
def download(token: str) -> Response:
    """An offer's file, by its expiring link."""
    return offers.download(token)


@blueprint.get("/confirm/<token>")
@limiter.limit(confirm.RATE)
def confirm_page(token: str) -> Response:
    """The page behind a mailed link; opening it changes nothing."""
    return confirm.show(token)


@blueprint.post("/confirm/<token>")
@limiter.limit(confirm.RATE)
def confirm_answer(token: str) -> Response:
    """It is mine, it wasn't me, unsubscribe, or send a fresh link."""
    return confirm.answer(token)


@blueprint.get("/confirm/code/<token>")
@limiter.limit(confirm.RATE)
def code_page(token: str) -> Response:
    """Where a code that was sent by text message is typed."""
    return confirm_code.show(token)


@blueprint.post("/confirm/code/<token>")
@limiter.limit(confirm.RATE)
def code_answer(token: str) -> Response:
    """A typed code, or the wish for a fresh one."""
    return confirm_code.answer(token)


@blueprint.post("/e")
@intake.limited
@browser_events.limited
def collect() -> Response:
    """Events by sendBeacon."""
    return browser_events.collect()


@blueprint.get("/embed.js")
@blueprint.get("/watch.js")
@blueprint.get("/typos.js")
@blueprint.get("/outside.js")
@blueprint.get("/embed.css")
def for_other_pages() -> Response:
    """The embed's scripts and style, the same for every site. The style is read by script, so that a page's style-src
    need not name us."""
    name = OWN_EMBED if own_hosts.here() and request.path == "/embed.js" else request.path
    plain, packed = current_app.extensions["sarnakh.embed"][name]
    zipped = request.accept_encodings["gzip"] > 0
    response = make_response(packed if zipped else plain)
    response.mimetype = FOR_OTHER_PAGES[request.path][1]
    response.vary.add("Accept-Encoding")
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = f"public, max-age={EMBED_KEPT}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.route("/f/<form_key>", methods=OTHER_METHODS)
@blueprint.route("/f/<form_key>/<path:rest>", methods=OTHER_METHODS)
@blueprint.route("/e", methods=["GET", *OTHER_METHODS])
def wrong_method(**_address: str) -> Response:
    """Here and not left to the router, so that it is said in the visitor's language."""
    raise MethodNotAllowed


@blueprint.route("/f/<form_key>/<path:rest>", methods=["GET", "POST"])
def nothing_here(**_address: str) -> Response:
    raise Refused(404, "no_form")


blueprint.register_blueprint(posts)


@blueprint.after_request
def finish(response: Response) -> Response:
    if request.method in {"POST", "OPTIONS"} or request.endpoint in READABLE:
        own_hosts.allow_credentials(replies.make_readable(response))
    return replies.add_headers(response)


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> Response:
    return replies.refusal(error)


@blueprint.errorhandler(HTTPException)
def refused_by_flask(error: HTTPException) -> Response:
    status = error.code or 400
    return replies.refusal(Refused(status, CODES.get(status, "bad_request")))


def database_away(error: Exception) -> Response:
    """Nothing was stored, so nobody is thanked: the embed sends again, the page asks to."""
    log.error("database_unavailable", kind=type(error).__name__)
    return replies.refusal(Refused(503, "busy"))


for kind in AWAY:
    blueprint.register_error_handler(kind, database_away)
