"""What a first visitor would see of a draft: the hosted page itself, made with the text in the editor."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for

from forms.model import Form
from forms.profiling import NOTHING_KNOWN, next_fields
from gateway.records import Site
from gateway.store.forms import Published
from gateway.web import serving
from gateway.web.console.access import parts
from gateway.web.console.frame import blueprint
from gateway.web.pages import Filled
from gateway.web.serving import PLAIN_CSS, THEME, Served


def first_visit(form: Form, site: Site, lang: str) -> str:
    """The whole page as HTML, for a frame that runs no script and sends nothing."""
    lang = form.language(lang)
    served = Served(site, Published("", site.id, form.key, 0, form))
    plan = next_fields(form, NOTHING_KNOWN, parts().clock())
    theme = serving.theme(form)
    return render_template(
        "console/preview_page.html",
        spec=serving.describe(served, plan, lang),
        look=_look(form, lang),
        filled=Filled(ticket="preview"),
        origins="",
        theme=f"{url_for('console.preview_theme')}?{urlencode(theme)}" if theme else "",
    )


def _look(form: Form, lang: str) -> dict[str, Any]:
    return {
        "lang": lang,
        "dir": serving.direction(lang),
        "form": form.key,
        "title": serving.words(form, form.title, lang),
        "themed": 0,  # its own stylesheet is the published version's
        "languages": (lang,),
        "remember": "",
    }


@blueprint.get("/preview.css")
def preview_theme() -> Response:
    """The draft's colours, as its address names them: the policy allows no inline style."""
    given = {name: request.args[name] for name in THEME if PLAIN_CSS.fullmatch(request.args.get(name, ""))}
    lines = (f"--lead-{name.replace('_', '-')}: {value};" for name, value in given.items() if "url" not in value)
    return Response(f".lead-form {{ {' '.join(lines)} }}\n", mimetype="text/css")
