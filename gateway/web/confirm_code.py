"""Where a code is typed that came by text message. The page is the same for everybody who left a number, and what it
answers depends on the code alone: neither tells what we thought of the submission (rule 17)."""

from __future__ import annotations

from datetime import datetime

from flask import Response, make_response, redirect, render_template, request
from sqlalchemy import Connection

from forms import tickets
from forms.text import fold_digits
from gateway import answering
from gateway.answering import Subject
from gateway.confirming import CODE, CODE_DIGITS, Ways
from gateway.records import Site
from gateway.store import sites
from gateway.web import replies, serving
from gateway.web.confirm import about, answer_of, gone, look, private
from gateway.web.replies import Refused
from gateway.web.serving import parts
from gateway.words import say


def show(token: str) -> Response:
    """The page with its one question."""
    submission_id = _read(token, parts().clock())
    with parts().db.read() as conn:
        return _page(conn, submission_id, note="again" if request.args.get("did") == "again" else "")


def answer(token: str) -> Response:
    """A code, or a fresh one asked for. A code that is right leads back to the page, which then says so."""
    held, now = parts(), parts().clock()
    submission_id = _read(token, now)
    with held.db.write() as conn:
        found = answering.subject(conn, submission_id)
        given = answer_of(sites.get(conn, found.submission.site_id) if found else None, now)
        if request.form.get("answer") == "again":
            answering.code_again(conn, submission_id, given, ways=Ways.of(held.config))
            return private(make_response(redirect(f"/confirm/code/{token}?did=again", 303)))
        code = cleaned(request.form.get("code", ""))
        if answering.try_code(conn, submission_id, code, given, secret=held.config.secret_key):
            return private(make_response(redirect(f"/confirm/code/{token}", 303)))
        return _page(conn, submission_id, wrong=True)


def cleaned(text: str) -> str:
    """The digits that were typed, Persian and Arabic ones too, without what phones and people put between them."""
    return "".join(char for char in fold_digits(text) if char in "0123456789")[: CODE_DIGITS + 1]


def _read(token: str, now: datetime) -> str:
    try:
        return str(tickets.read_token(parts().config.secret_key, CODE, token, now=now))
    except tickets.TokenError as error:
        raise Refused(404, "no_link") from error


def _page(conn: Connection, submission_id: str, *, note: str = "", wrong: bool = False) -> Response:
    asked = answering.subject(conn, submission_id)
    if asked is None:
        return private(replies.message_page(*gone()))
    site = sites.get(conn, asked.submission.site_id)
    done = answering.number_confirmed(conn, submission_id)
    html = render_template("public/confirm_code.html", done=done, **_shown(asked, site, done, note=note, wrong=wrong))
    response = private(replies.page(html))
    response.status_code = 422 if wrong else 200
    return response


def _shown(asked: Subject, site: Site, done: bool, *, note: str, wrong: bool) -> dict[str, object]:
    lang = asked.submission.lang
    state = "confirmed" if done else "code"
    return {
        "lang": lang,
        "dir": serving.direction(lang),
        "look": look(asked),
        "title": say(lang, f"public.confirm_{state}_title"),
        "text": say(lang, f"public.confirm_{state}", **about(asked, site)),
        "label": say(lang, "public.confirm_code_label"),
        "send": say(lang, "public.confirm_code_send"),
        "again": say(lang, "public.confirm_code_again"),
        "note": say(lang, "public.confirm_code_sent") if note else "",
        "error": say(lang, "public.confirm_code_wrong") if wrong else "",
        "digits": CODE_DIGITS,
    }
