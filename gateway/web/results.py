"""An assessment's result as the visitor gets it at once: in the reply to the post, and on the thanks page out of the
signed note in its address. Both depend on that post alone (rule 13), so bots and strangers get the same."""

from __future__ import annotations

from typing import Any

from forms.assessing import Result
from forms.model import Field, Form
from gateway.web.serving import words
from gateway.words import say


def shown(form: Form, result: Result, lang: str) -> dict[str, Any]:
    """What page and embed show. advice: paragraphs apart by an empty line; improve: what has most to gain, first."""
    band = result.band
    title = words(form, band.title, lang)
    return {
        "band": band.key,
        "share": result.share,
        "title": say(lang, "public.result_title", title=title, share=result.share),
        "advice": words(form, band.advice, lang).strip(),
        "improve_title": say(lang, "public.result_improve") if result.weakest else "",
        "improve": [_improve(form, asked, lang) for asked in result.weakest],
    }


def _improve(form: Form, asked: Field, lang: str) -> str:
    """The marketer's words of what to do, else the question itself."""
    return words(form, asked.improve, lang) or words(form, asked.label, lang)
