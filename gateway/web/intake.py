"""A submission's way in: size, rate, ticket and fields are checked, then it is stored durably, then thanked.

What the visitor can mend comes back at once with the text kept (422). The reply depends on this post alone
(rule 13): nothing known of the person is read here.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, g, jsonify, make_response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from forms import build, tickets
from forms.problems import Invalid, Problem
from forms.profiling import Plan, consents_shown
from forms.tickets import Ticket, TicketError
from gateway import renewing
from gateway.confirming import Ways, channel_of
from gateway.ids import new_id
from gateway.store import submissions
from gateway.store.submissions import NewSubmission
from gateway.web import captchas, content, facts, own_hosts, pages, proofs, replies, serving, thanking, visitor_ids
from gateway.web.limits import limiter
from gateway.web.pages import Filled
from gateway.web.replies import Refused
from gateway.web.serving import Served, parts
from gateway.web.thanking import Note
from gateway.words import say
from verification.addresses import email_domain
from verification.lists import disposable_source

MAX_BODY = 64 * 1024  # bytes
MAX_SIGNALS = 2000  # characters; the form's script writes about 600
FETCHED = 10  # forms served for each that may be sent: most people who see one never send it (forms/proof.py)
MAX_VISITORS = 5  # ids in one spec request: the cookies of the sites that share a page's host
SOMEONE_ELSE = "-"  # what the embed sends in an id's place when the visitor says so
OFFER_FOR = timedelta(days=7)
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True)
class Post:
    """What came in: the form's own fields, and the protocol's, whose names begin with an underscore."""

    fields: MultiDict[str, str]
    ticket: str
    page: Mapping[str, Any]
    signals: object = None  # none: no script ran
    proof: object = None  # of work: text, or nothing
    visitor: str | None = None
    consent: object = None  # True, False, or not said


def _limit() -> str:
    return parts().config.post_limit


def _limit_of_serving() -> str:
    amount, unit = parts().config.post_limit.split("/")
    return f"{FETCHED * int(amount)}/{unit}"


def limit_key() -> str:
    """Address block and form, or site for what pages tell (rule 35): far over this, 429 at the edge (rule 15); crowds
    below it only weigh (rule 19)."""
    if "limited_by" not in g:
        block = facts.block(request)
        g.limited_by = facts.block_hash(parts().config.secret_key, f"{_limited_thing()} {block}", parts().clock())
    key: str = g.limited_by
    return key


def _limited_thing() -> str:
    """What is not there counts together: each made-up name would else get limits of its own, and a place in Valkey."""
    form_key = (request.view_args or {}).get("form_key")
    if form_key is not None:
        return f"form {form_key}" if serving.is_form(parts().db, form_key) else "nothing"
    try:
        site_key = json_object().get("site")
    except (Refused, HTTPException):  # said by whoever reads it next
        return "nothing"
    return f"site {site_key}" if isinstance(site_key, str) and serving.is_site(parts().db, site_key) else "nothing"


limited = limiter.limit(_limit, key_func=limit_key, methods=["GET", "HEAD", "POST"])  # preflights are free
limited_serving = limiter.shared_limit(
    _limit_of_serving, scope="served", key_func=limit_key, methods=["GET", "HEAD", "POST"]
)


def receive(form_key: str) -> Response:
    """One post. Raises Refused for what nobody can mend."""
    held, now = parts(), parts().clock()
    served = serving.find_recent(held.db, form_key)
    replies.refuse_foreign(served.site, held.config.base_url)
    post = read_post(served)
    try:
        ticket = tickets.read(held.config.secret_key, post.ticket, now)
        _check_home(ticket, served)
    except TicketError as error:
        return _stale(served, post, error, now)
    served = serving.of_version(held.db, served, ticket.version)
    try:
        parsed = build.parse(served.form, post.fields, ticket.asked, ticket.lang)
    except Invalid as error:
        raise Refused(400, error.code, **error.params) from error
    _refuse_disposable(served, parsed)
    if parsed.errors:
        found = parsed.errors.items()
        words = {name: build.message(served.form, name, one, ticket.lang, say=say) for name, one in found}
        return _mend(served, post, ticket, errors=words)
    new = _submission(served, post, ticket, parsed, now)
    received = held.db.grouped(submissions.receive_all, new)
    asked_by = channel_of(served.form, parsed.answers, Ways.of(held.config))
    result = thanking.result_of(served.form, parsed.answers)
    note = Note(received.submission_id, ticket.lang, ticket.served_at + OFFER_FOR, asked_by, ticket.version, result)
    return _thank(served, ticket, note, visitor=new.visitor_id)


# --- reading the post -----------------------------------------------------------------------------------------------


def read_post(served: Served) -> Post:
    """The body, whatever its kind. Raises Refused: too large, no JSON, wrong types."""
    if request.mimetype in FORM_TYPES:
        return _read_form(served)
    body = json_object()
    page, signals = body.get("_page", {}), body.get("_signals")
    if not isinstance(page, dict) or not isinstance(signals, dict | None):
        raise Refused(400, "bad_request")
    try:
        fields = build.from_json(body)
    except Invalid as error:
        raise Refused(400, error.code, **error.params) from error
    cleaned = facts.page(page.get("url"), page.get("referrer"), page.get("utm"))
    return Post(
        fields=_with_hidden(served, fields, cleaned),
        ticket=_ticket_text(body.get("_ticket")),
        page=cleaned,
        signals=signals,
        proof=body.get("_proof"),
        visitor=visitor_in(served, body),
        consent=body.get("consent"),
    )


def json_object() -> dict[str, Any]:
    """The JSON object in the body; an empty body is an empty one. Raises Refused."""
    raw = _whole_body()
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_json") from error
    if not isinstance(body, dict):
        raise Refused(400, "bad_json")
    return body


def _whole_body() -> bytes:
    """The body, which form parsing then finds read. Raises RequestEntityTooLarge."""
    request.max_content_length = MAX_BODY
    raw = request.get_data()
    if len(raw) >= MAX_BODY:  # one that tells no length is cut there, not refused by itself
        raise RequestEntityTooLarge
    return raw


def visitor_in(served: Served, body: Mapping[str, Any]) -> str | None:
    """The visitor that a JSON body names: the first id that we signed for this site; nobody on a shared device."""
    found = body.get("_visitor")
    if served.cookies == "none":
        return None
    texts = found[:MAX_VISITORS] if isinstance(found, list) else [found]
    secret, site = parts().config.secret_key, served.site
    read = (visitor_ids.read(secret, site.key, text) for text in texts)
    named = next((visitor for visitor in read if visitor), None)
    if named or SOMEONE_ELSE in texts or body.get("consent") is False:
        return named
    return own_hosts.cookie_visitor(secret, site)  # Safari drops what a script kept sooner than our own cookie


def may_remember(served: Served, came: str | None, consent: object) -> bool:
    """Whether this browser may get an id (rules 8, 27)."""
    if served.cookies == "none" or consent is False:
        return False
    return served.cookies == "free" or came is not None or consent is True


def _read_form(served: Served) -> Post:
    _whole_body()
    posted = request.form
    fields = MultiDict([(name, value) for name, value in posted.items(multi=True) if not name.startswith("_")])
    page = facts.page(posted.get("_page_url"), posted.get("_page_referrer"), None)
    return Post(
        fields=_with_hidden(served, fields, page),
        ticket=_ticket_text(posted.get("_ticket")),
        page=page,
        signals=_form_signals(posted.get("_signals")),
        proof=posted.get("_proof"),
        visitor=pages.cookie_visitor(served),
        consent=True if posted.get("_remember") else None,
    )


def _ticket_text(found: object) -> str:
    """Tickets are ASCII; anything else is none, and lone surrogates could not even be looked at."""
    return found if isinstance(found, str) and found.isascii() else ""


def _form_signals(text: str | None) -> object:
    """The hosted page's script writes them as JSON into a hidden field; empty: it did not run."""
    if not text:
        return None
    try:
        found = json.loads(text[:MAX_SIGNALS])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _with_hidden(served: Served, fields: MultiDict[str, str], page: Mapping[str, Any]) -> MultiDict[str, str]:
    """Hidden questions answer themselves out of the page's address, unless the page answered them."""
    for name, value in build.hidden_from(served.form, page).items():
        if not fields.get(name):
            fields[name] = value
    return fields


def _check_home(ticket: Ticket, served: Served) -> None:
    """A ticket is good for its own form only. Raises TicketError."""
    if ticket.site != served.site.key or ticket.form != served.form.key:
        raise TicketError("forged")


def _refuse_disposable(served: Served, parsed: build.Parsed) -> None:
    """Rule 15: a form may ask for another address at once. By the lists alone: no look-up on a visitor's time."""
    if not served.form.policy.get("refuse_disposable"):
        return
    renewing.pick_up_from(parts().db)
    site_lists = {name: served.site.settings.get(f"{name}_domains", ()) for name in ("allow", "deny")}
    for field in served.form.fields:
        domain = email_domain(str(parsed.answers.get(field.name, ""))) if field.type == "email" else None
        if domain and disposable_source(domain, **site_lists):
            parsed.errors[field.name] = Problem("disposable_email")


# --- what is stored -------------------------------------------------------------------------------------------------


def _submission(  # noqa: PLR0917  the five things that make one
    served: Served, post: Post, ticket: Ticket, parsed: build.Parsed, now: datetime
) -> NewSubmission:
    secret = parts().config.secret_key
    form, block = served.form, facts.block(request)
    said = content.of(form, parsed.answers)
    hashed = facts.block_hash(secret, block, now)
    solution = proofs.read(served, post.proof, now)
    return NewSubmission(
        id=new_id("sub", now),
        site_id=served.site.id,
        form_id=served.published.form_id,
        form_version=ticket.version,
        channel=ticket.channel,  # type: ignore[arg-type]
        lang=ticket.lang,
        received_at=now,
        nonce=ticket.nonce,
        digest=build.digest(form, parsed.answers),
        answers=parsed.answers,
        typed=parsed.typed,
        asked=parsed.asked,
        page=post.page,
        facts={
            "block": block,
            "block_hash": hashed,
            "user_agent": facts.user_agent(request),
            "missing_headers": facts.missing_headers(request),
            "script": post.signals is not None,
            "fill_seconds": round((now - ticket.first_served_at).total_seconds(), 3),
            "honeypot": facts.plain(post.fields.get(serving.trap(form), ""), 200),
            "signals": facts.signals(post.signals),
            "proof": solution.state,
            **captchas.facts_of(form, post.fields),
            "continued": ticket.recognised,
            "identified": [field.name for field in form.identifiers if parsed.answers.get(field.name)],
        },
        visitor_id=_visitor_from_now(served, post, ticket, parsed),
        previous_visitor_id=post.visitor,
        proof=solution.salt,
        block_hash=hashed,
        content_hash=said.hash,
        content_print=said.fingerprint,
        email_domain=said.email_domain,
        test=ticket.test,
    )


def _visitor_from_now(served: Served, post: Post, ticket: Ticket, parsed: build.Parsed) -> str | None:
    """The browser keeps its id until it is identified; then a new one replaces it (rule 8)."""
    if not may_remember(served, post.visitor, post.consent):
        return None
    identified = any(field.name in parsed.answers for field in served.form.identifiers)
    if post.visitor and not identified:
        return post.visitor
    return visitor_ids.successor(parts().config.secret_key, served.site.key, ticket.nonce)


# --- the reply ------------------------------------------------------------------------------------------------------


def _thank(served: Served, ticket: Ticket, note: Note, *, visitor: str | None) -> Response:
    page = thanking.address(served.form.key, note)
    if replies.reads_json():
        shown = {**thanking.next_step(served, ticket.lang, note), "page": parts().config.base_url + page}
        signed = visitor_ids.signed(parts().config.secret_key, served.site.key, visitor) if visitor else None
        response = jsonify(status="received", submission=note.submission, next=shown, visitor=signed)
        own_hosts.remember(response, served.site, signed)
        return response
    response = make_response(redirect(page, 303))
    if visitor and ticket.channel == "hosted":
        pages.remember(response, served, visitor)
    return response


def _stale(served: Served, post: Post, error: TicketError, now: datetime) -> Response:
    """Rule 10: a fresh ticket and the text kept; a genuine one is renewed and keeps its first time."""
    nonce = secrets.token_urlsafe(12)
    old = error.ticket
    if old is not None and (old.site, old.form) == (served.site.key, served.form.key):
        ticket = tickets.renewed(old, now, nonce)
        served = serving.of_version(parts().db, served, ticket.version)
    else:
        with parts().db.read() as conn:
            plan = serving.plan(conn, served, post.visitor, now)
        lang = served.form.language(request.args.get("lang") or served.site.lang)
        channel = "embed" if replies.reads_json() else "hosted"
        ticket = serving.new_ticket(served, plan, lang, channel=channel, test="", now=now)  # type: ignore[arg-type]
    return _mend(served, post, ticket, stale=True)


def _mend(
    served: Served, post: Post, ticket: Ticket, *, errors: Mapping[str, str] | None = None, stale: bool = False
) -> Response:
    """422: what the visitor can mend. The ticket is not spent: the same one comes back, or the fresh one."""
    lang = ticket.lang
    notice = say(lang, "public.stale" if stale else "public.check")
    text = tickets.issue(parts().config.secret_key, ticket)
    if replies.reads_json():
        words = dict(errors or {"_ticket": notice})
        response = jsonify(errors=words, ticket=text, stale=stale, message=notice)
        response.status_code = 422
        return response
    asked = tuple(field for field in served.form.fields if field.name in ticket.asked)
    plan = Plan(asked, ticket.recognised, {}, consents_shown(served.form, ticket.asked))
    filled = Filled(
        ticket=text,
        url=request.form.get("_page_url", "")[: facts.MAX_URL],
        referrer=request.form.get("_page_referrer", "")[: facts.MAX_URL],
        values={name: post.fields.getlist(name) for name in post.fields},
        errors=errors or {},
        notice=notice,
    )
    return pages.again(served, plan, ticket, filled)
