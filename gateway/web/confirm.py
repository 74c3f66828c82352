"""The page behind a mailed link. Opening it changes nothing, since mail scanners open links; only a POST answers.

Where the browser that opens it is the one that sent the form, the page's script answers by itself: a scanner holds no
cookie of ours. The page names nobody: neither the address nor an answer stands on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, make_response, redirect, render_template, request
from sqlalchemy import Connection

from forms import tickets
from gateway import answering
from gateway.answering import Answer, Asked, Subject
from gateway.confirming import LINK, Ways
from gateway.records import Site
from gateway.store import sites
from gateway.web import facts, replies, serving, visitor_ids
from gateway.web.replies import Refused
from gateway.web.serving import parts
from gateway.words import say

RATE = "60/minute"  # of one address: far more than a person presses, far less than guessing needs
ANSWERS = ("yes", "not_me", "unsubscribe", "again")
DID = frozenset({"unsubscribe", "again"})  # what the page then tells, since no state shows it


def show(token: str) -> Response:
    """The page as things stand. A HEAD is answered alike."""
    held, now = parts(), parts().clock()
    confirmation_id = _read(token, now)
    with held.db.read() as conn:
        asked = answering.find(conn, confirmation_id)
        if asked is None:
            return private(replies.message_page(*gone()))
        site = sites.get(conn, asked.row.site_id)
        shown = _shown(conn, asked, site, now)
    return private(replies.page(render_template("public/confirm.html", **shown)))


def answer(token: str) -> Response:
    """What the visitor presses. It leads back to the page, so that reloading answers nothing again."""
    held, now = parts(), parts().clock()
    confirmation_id = _read(token, now)
    pressed = request.form.get("answer", "yes")
    if pressed not in ANSWERS:
        raise Refused(400, "bad_request")
    with held.db.write() as conn:
        asked = answering.find(conn, confirmation_id)
        given = answer_of(sites.get(conn, asked.row.site_id) if asked else None, now)
        match pressed:
            case "not_me":
                answering.not_me(conn, confirmation_id, given)
            case "unsubscribe":
                answering.unsubscribe(conn, confirmation_id, given)
            case "again":
                answering.ask_again(conn, confirmation_id, given, ways=Ways.of(held.config))
            case _:
                answering.confirm(conn, confirmation_id, given)
    return private(make_response(redirect(f"/confirm/{token}" + (f"?did={pressed}" if pressed in DID else ""), 303)))


def answer_of(site: Site | None, now: datetime) -> Answer:
    """This request as one that answers: what rule 27 keeps of it, and whose browser it is."""
    secret, block = parts().config.secret_key, facts.block(request)
    visitor = visitor_ids.from_cookie(secret, site, request) if site else None
    evidence = {"block": block, "user_agent": facts.user_agent(request)}
    return Answer(now, evidence, visitor, facts.block_hash(secret, block, now))


def _read(token: str, now: datetime) -> str:
    """The confirmation's id. Its time is the row's business: an expired link still offers a fresh one."""
    try:
        return str(tickets.read_token(parts().config.secret_key, LINK, token, now=now))
    except tickets.TokenError as error:
        raise Refused(404, "no_link") from error


def _shown(conn: Connection, asked: Asked, site: Site, now: datetime) -> dict[str, Any]:
    state = _state(asked, now)
    lang = asked.submission.lang
    visitor = visitor_ids.from_cookie(parts().config.secret_key, site, request)
    ours = answering.same_browser(conn, asked.submission, visitor) and not _guessed()
    did = request.args.get("did")
    return {
        "lang": lang,
        "dir": serving.direction(lang),
        "look": look(asked),
        "state": state,
        "title": say(lang, f"public.confirm_{state}_title"),
        "text": say(lang, f"public.confirm_{state}", **about(asked, site)),
        "note": say(lang, f"public.confirm_did_{did}", site=isolated(site.name)) if did in DID else "",
        "auto": ours and state == "waiting",
        "buttons": [
            (pressed, say(lang, f"public.confirm_press_{pressed}")) for pressed in _buttons(conn, asked, state)
        ],
    }


def _state(asked: Asked, now: datetime) -> str:
    """waiting, confirmed, refused or over."""
    row = asked.row
    if row.confirmed_at or row.refused_at:
        return "confirmed" if row.confirmed_at else "refused"
    return "over" if now >= row.expires_at else "waiting"


def _buttons(conn: Connection, asked: Asked, state: str) -> list[str]:
    """The first is the one that most will press."""
    leave = ["unsubscribe"] if answering.consented(conn, asked) else []
    return {
        "waiting": ["yes", "not_me", *leave],
        "confirmed": leave,
        "refused": ["yes", *leave],
        "over": ["again", "not_me", *leave],
    }[state]


def about(asked: Subject, site: Site) -> dict[str, str]:
    """What may be named: the site and the form, which are the marketer's words, in whatever direction they run."""
    title = serving.words(asked.form, asked.form.title, asked.submission.lang)
    return {"site": isolated(site.name), "form": isolated(title)}


def isolated(text: str) -> str:
    """Between FSI and PDI (UAX 9), so that a Persian name in an English sentence moves no comma."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def look(asked: Subject) -> dict[str, Any]:
    """The form's own colours."""
    themed = asked.submission.form_version if serving.theme(asked.form) else 0
    return {"form": asked.submission.form_key, "themed": themed}


def _guessed() -> bool:
    """A browser that fetches ahead: nobody looks at the page yet."""
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return "prefetch" in purpose


def gone() -> tuple[str, str, str]:
    lang = replies.language()
    return lang, say(lang, "public.confirm_gone_title"), say(lang, "public.confirm_gone")


def private(response: Response) -> Response:
    """The address is a secret: it is kept nowhere, told to nobody, and listed by no one."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
