"""What a visitor sees after sending: thanks, an assessment's result, the offer's link, where a code is typed.

In the reply to the post, and on the thanks page out of the signed note in its address. Both depend on that post alone
(rule 13), so bots and strangers get the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms import tickets
from forms.assessing import Result, assess, packed, unpacked
from forms.model import Field, Form
from gateway.confirming import CODE
from gateway.store.confirmations import Channel
from gateway.web import serving
from gateway.web.serving import Served, parts
from gateway.words import say


@dataclass(frozen=True)
class Note:
    """What a thanks page and an offer's link know, signed."""

    submission: str
    lang: str
    until: datetime
    asked_by: Channel | None = None  # how they would be asked to confirm, if that were wanted
    version: int = 0  # of the form that was sent
    result: list[Any] | None = None  # of an assessment, as `packed` makes it: no answers


def result_of(form: Form, answers: Mapping[str, Any]) -> list[Any] | None:
    """What a note says of these answers, as `packed` makes it; none where the form is no assessment."""
    result = assess(form, answers)
    return packed(form, result) if result else None


def result_shown(form: Form, answers: Mapping[str, Any], lang: str) -> dict[str, Any] | None:
    """What is shown of these answers; none where the form is no assessment, or nothing scored was answered."""
    result = assess(form, answers)
    return _shown(form, result, lang) if result else None


def address(form_key: str, note: Note) -> str:
    """The path of the thanks page."""
    until = int(note.until.timestamp())
    payload = [form_key, note.submission, note.lang, until, note.asked_by, note.version, note.result]
    signed = tickets.sign_token(parts().config.secret_key, "thanks", payload, expires_at=note.until)
    return f"/f/{form_key}/thanks?r={signed}"


def read(form_key: str, text: str, now: datetime) -> Note | None:
    """The note of a thanks page's address; none when forged, old or absent."""
    try:
        found = tickets.read_token(parts().config.secret_key, "thanks", text, now=now)
    except tickets.TokenError:
        return None
    key, submission, lang, until, asked_by, *more = found
    version, result = more or (0, None)  # notes of before assessments are good for a week as well
    until_then = datetime.fromtimestamp(until, now.tzinfo)
    return Note(submission, lang, until_then, asked_by, version, result) if key == form_key else None


def next_step(served: Served, lang: str, note: Note | None) -> dict[str, Any]:
    """What the visitor sees next: an assessment's result, thanks, and the offer's link when the form gives a file.
    served: in the version that was sent."""
    form, offer = served.form, served.form.offer
    result = _shown(form, unpacked(form, note.result), lang) if note and note.result else None
    download = None
    if note and offer and offer.kind == "download" and offer.file:
        token = tickets.sign_token(
            parts().config.secret_key, "offer", [form.key, note.submission], expires_at=note.until
        )
        title = serving.words(form, offer.title, lang)
        label = say(lang, "public.download_named", title=title) if title else say(lang, "public.download")
        download = {"url": f"{parts().config.base_url}/d/{token}", "label": label}
    thanks = serving.words(form, form.thanks, lang) or say(lang, "public.thanks_text")
    asked_by = note.asked_by if note else None
    hint = say(lang, f"public.confirm_hint_{asked_by}") if asked_by else ""
    if result and hint:  # thanks lead on to the result ("this is what your answers say:"): nothing comes between
        result, hint = {**result, "advice": f"{result['advice']}\n\n{hint}".strip()}, ""
    return {
        "title": result["title"] if result else say(lang, "public.thanks_title"),
        "text": f"{thanks} {hint}".strip(),
        "download": download,
        "code": _code_page(lang, note) if note and asked_by == "phone" else None,
        "result": result,
    }


def _code_page(lang: str, note: Note) -> dict[str, str]:
    """Where a code is typed: the same for everybody who left a number, whatever we think of them (rule 17)."""
    config = parts().config
    token = tickets.sign_token(config.secret_key, CODE, note.submission)
    return {"url": f"{config.base_url}/confirm/code/{token}", "label": say(lang, "public.confirm_code_open")}


def _shown(form: Form, result: Result, lang: str) -> dict[str, Any]:
    """What page and embed show. advice: paragraphs apart by an empty line; improve: what has most to gain, first."""
    band = result.band
    title = serving.words(form, band.title, lang)
    return {
        "band": band.key,
        "share": result.share,
        "title": say(lang, "public.result_title", title=title, share=result.share),
        "advice": serving.words(form, band.advice, lang).strip(),
        "improve_title": say(lang, "public.result_improve") if result.weakest else "",
        "improve": [_improve(form, asked, lang) for asked in result.weakest],
    }


def _improve(form: Form, asked: Field, lang: str) -> str:
    """The marketer's words of what to do, else the question itself."""
    return serving.words(form, asked.improve, lang) or serving.words(form, asked.label, lang)
