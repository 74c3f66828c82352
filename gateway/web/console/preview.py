"""What a first visitor would see of a draft: the hosted page itself, made with the text in the editor."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for

from forms import conditions
from forms.model import Form
from forms.profiling import NOTHING_KNOWN, next_fields
from forms.records import When
from gateway.records import Site
from gateway.store.forms import Published
from gateway.web import serving
from gateway.web.console.access import parts
from gateway.web.console.frame import blueprint
from gateway.web.pages import Filled
from gateway.web.serving import PLAIN_CSS, THEME, Served
from gateway.words import say

NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")  # of a form or question, as its key is kept


def first_visit(form: Form, site: Site, lang: str) -> str:
    """The whole page as HTML, for a frame that runs no script and sends nothing."""
    lang = form.language(lang)
    served = Served(site, Published("", site.id, form.key, 0, form))
    plan = next_fields(form, NOTHING_KNOWN, parts().clock())
    style = [*serving.theme(form).items(), *_hidden(form)]
    return render_template(
        "console/preview_page.html",
        spec=serving.describe(served, plan, lang),
        look=_look(form, lang),
        filled=Filled(ticket="preview"),
        origins="",
        results=_results(form, lang),
        theme=f"{url_for('console.preview_theme')}?{urlencode(style)}" if style else "",
    )


def _results(form: Form, lang: str) -> list[tuple[str, str, str]]:
    """What an assessment's bands will say: their shares, title and advice."""
    ends = [*(band.start - 1 for band in form.bands[1:]), 100]
    return [
        (
            say(lang, "console.results_range", low=band.start, high=end),
            serving.words(form, band.title, lang),
            serving.words(form, band.advice, lang).strip(),
        )
        for band, end in zip(form.bands, ends, strict=False)
    ]


def _look(form: Form, lang: str) -> dict[str, Any]:
    return {
        "lang": lang,
        "dir": serving.direction(lang),
        "form": form.key,
        "title": serving.words(form, form.title, lang),
        "themed": 0,  # its own stylesheets are the published version's
        "conditions": "",
        "languages": (lang,),
        "remember": "",
    }


def _hidden(form: Form) -> list[tuple[str, str]]:
    """The draft's conditional questions, as the stylesheet's address names them."""
    found = [("hidden", json.dumps([name, when.field, *when.values])) for name, when in conditions.hidden(form)]
    return [("form", form.key), *found] if found else []


@blueprint.get("/preview.css")
def preview_theme() -> Response:
    """The draft's colours, and what hides its conditional questions, as its address names them: the policy allows no
    inline style."""
    given = {name: request.args[name] for name in THEME if PLAIN_CSS.fullmatch(request.args.get(name, ""))}
    lines = (f"--lead-{name.replace('_', '-')}: {value};" for name, value in given.items() if "url" not in value)
    key = request.args.get("form", "")
    rules = [_rule(key, text) for text in request.args.getlist("hidden")] if NAME.fullmatch(key) else []
    return Response(f".lead-form {{ {' '.join(lines)} }}\n{''.join(rules)}", mimetype="text/css")


def _rule(key: str, text: str) -> str:
    """Empty for what no page of ours asks."""
    try:
        said = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(said, list) or not all(isinstance(one, str) and one.isprintable() for one in said):
        return ""
    name, field, *values = (*said, "", "")
    if not (NAME.fullmatch(name) and NAME.fullmatch(field)):
        return ""
    return conditions.rule(key, name, When(field, tuple(value for value in values if value)))
