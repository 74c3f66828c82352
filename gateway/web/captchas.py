"""A captcha's widget on the visitor's page, where the form names one and the operator has set it up. Naming one breaks
a rule on purpose: the browser then fetches something from a foreign server, and our policy names that server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.model import Form
from gateway.asking import named
from gateway.outside import OUTSIDE
from gateway.outside.asker import Asker
from gateway.outside.kind import Widget


def shown(asker: Asker, form: Form) -> list[dict[str, str]]:
    """What static/outside.js needs of each widget: name, sitekey, script."""
    return [
        {"name": name, "sitekey": sitekey, "script": widget.script}
        for name, widget in _widgets(form).items()
        if (sitekey := asker.sitekey(name))
    ]


def hosts(asker: Asker, form: Form) -> dict[str, str]:
    """Directive of our pages' content policy → the hosts it has to allow beyond ours."""
    found: dict[str, str] = {}
    for name, widget in _widgets(form).items():
        if asker.sitekey(name):
            for directive, allowed in widget.hosts.items():
                found[directive] = f"{found.get(directive, '')} {allowed}".strip()
    return found


def facts_of(form: Form, posted: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """`tokens`: name → what its widget put into the form; nothing for a form that names no captcha. A token that is
    longer than any of theirs is cut, so that it is refused without being asked about."""
    if not _widgets(form):
        return {}
    found = {name: posted.get(widget.field) for name, widget in _widgets(form).items()}
    tokens = {
        name: token[: OUTSIDE[name].longest + 1]
        for name, token in found.items()
        if isinstance(token, str) and token and token.isascii() and token.isprintable()
    }
    return {"tokens": tokens}


def _widgets(form: Form) -> dict[str, Widget]:
    return {name: widget for name in named(form) if (widget := OUTSIDE[name].widget)}
