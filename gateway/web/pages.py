"""The visitor's pages: the form (hosted, or for a frame), the form again with its errors, the thanks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, render_template, request
from markupsafe import escape

from forms import tickets
from forms.profiling import Plan
from forms.tickets import Ticket
from gateway.records import Channel
from gateway.web import captchas, facts, proofs, replaced_ids, replies, serving, visitor_ids
from gateway.web.serving import Served, parts
from gateway.words import say

TEMPLATES = {"hosted": "public/form.html", "frame": "public/frame.html"}


@dataclass(frozen=True)
class Filled:
    """What a page shows beyond its questions: text to keep, and what is wrong with it."""

    ticket: str
    challenge: str = ""  # JSON
    url: str = ""
    referrer: str = ""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    query: str = ""  # what the link to the other language carries along


def form_page(form_key: str, channel: Channel) -> Response:
    """This visit's questions on a page. Only the hosted one knows its visitor: it is on our own cookie."""
    held, now = parts(), parts().clock()
    with held.db.read() as conn:
        served = serving.find(conn, form_key)
        asks = replaced_ids.came(conn, served, cookie_visitor(served) if channel == "hosted" else None)
    visitor = replaced_ids.visitor_of(asks, now)
    with held.db.read() as conn:
        plan = serving.plan(conn, served, visitor, now)
    lang = served.form.language(request.args.get("lang") or served.site.lang)
    test = request.args.get("test", "")
    ticket = serving.new_ticket(served, plan, lang, channel=channel, test=test, now=now)
    challenge = json.dumps(proofs.challenge(served, now)) if channel == "hosted" else ""  # a frame's embed asks itself
    html = _spliced(served, plan, ticket, challenge)
    response = replies.page(html, ancestors=_ancestors(served, channel), hosts=_hosts(served))
    fresh = visitor_ids.fresh() if channel == "hosted" and asks.named is None and served.cookies == "free" else None
    if fresh or visitor not in {asks.named, None}:
        remember(response, served, fresh or str(visitor))
    return response


def again(served: Served, plan: Plan, ticket: Ticket, filled: Filled) -> Response:
    """The form with the text kept and the reasons shown."""
    challenge = json.dumps(proofs.challenge(served, parts().clock()))
    filled = replace(filled, query=_carried(filled.url), challenge=challenge)
    html = _render(served, plan, ticket, filled)
    response = replies.page(html, ancestors=_ancestors(served, ticket.channel), hosts=_hosts(served))
    response.status_code = 422
    return response


def thanks_page(served: Served, lang: str, shown: Mapping[str, Any]) -> Response:
    html = render_template("public/thanks.html", look=_look(served, lang), next=shown)
    return replies.page(html, ancestors=_ancestors(served, "frame"))


def cookie_visitor(served: Served) -> str | None:
    """The visitor of our own cookie; nobody on a shared device."""
    if served.cookies == "none":
        return None
    return visitor_ids.from_cookie(parts().config.secret_key, served.site, request)


def remember(response: Response, served: Served, visitor_id: str) -> None:
    """Set our own cookie. Not on a post that hides its origin (rule 12 lets it pass): our page's own posts tell
    theirs, so it comes from somebody's sandbox, whose ticket was theirs too, and they would know the id (rule 8)."""
    if request.headers.get("Origin") == "null":
        return
    config = parts().config
    text = visitor_ids.signed(config.secret_key, served.site.key, visitor_id)
    visitor_ids.set_cookie(response, served.site, text, secure=config.secure_cookies)


def _spliced(served: Served, plan: Plan, ticket: Ticket, challenge: str) -> str:
    """The rendered page is kept; what is of this visit alone is put in."""
    mark = serving.memory().mark
    blank = Filled(
        ticket=f"t{mark}", challenge=f"c{mark}", url=f"u{mark}", referrer=f"r{mark}", query=f"q{mark}"
    )  # fmt: skip
    if ticket.test:  # a marketer's own: it says so, and is not kept for visitors
        html = _render(served, plan, ticket, blank)
    else:
        made = partial(_render, served, plan, ticket, blank)
        html = serving.rendered(ticket.channel, served, plan, ticket.lang, made)
    html = html.replace(blank.ticket, tickets.issue(parts().config.secret_key, ticket))
    html = html.replace(blank.challenge, str(escape(challenge)))
    address = facts.address(request.url)
    html = html.replace(blank.url, str(escape(address)))
    html = html.replace(blank.query, str(escape(_carried(address, request.args.get("test", "")))))
    return html.replace(blank.referrer, str(escape(facts.address(request.referrer))))


def _carried(address: str, test: str = "") -> str:
    """The campaign marks of an address and a marketer's note: reading in another language must not lose them."""
    return "".join(f"&{part}" for part in (urlsplit(address).query, test and urlencode({"test": test})) if part)


def _render(served: Served, plan: Plan, ticket: Ticket, filled: Filled) -> str:
    return render_template(
        TEMPLATES[ticket.channel],
        spec=serving.describe(served, plan, ticket.lang),
        look={**_look(served, ticket.lang), "test": say(ticket.lang, "public.test_mode") if ticket.test else ""},
        filled=filled,
        origins=" ".join(served.site.origins),
    )


def _look(served: Served, lang: str) -> dict[str, Any]:
    """What every page about a form needs."""
    return {
        "lang": lang,
        "dir": serving.direction(lang),
        "form": served.form.key,
        "title": serving.words(served.form, served.form.title, lang),
        "conditions": serving.conditions(served),
        "themed": served.published.version if serving.theme(served.form) else 0,
        "languages": served.form.languages,
        "remember": say(lang, "public.remember") if served.cookies == "ask" else "",
    }


def _hosts(served: Served) -> dict[str, str]:
    return captchas.hosts(parts().asker, served.form)


def _ancestors(served: Served, channel: str) -> str:
    """Which pages may hold this one in a frame."""
    if channel == "hosted":
        return "'none'"
    return " ".join(("'self'", *served.site.origins))
