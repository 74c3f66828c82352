"""What a form asks at its first visits, before anybody came: the draft or the published version, rehearsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import abort, request

from forms.model import Form, FormError, from_toml
from forms.records import STAGES
from forms.rehearsal import Visit, Worth, rehearse
from gateway import next_questions
from gateway.store import forms as form_rows
from gateway.store.forms import FormRow
from gateway.web import serving
from gateway.web.console.access import parts, seat
from gateway.web.console.forms import form_row, form_title
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import lang, page

APART = (1, 7, 30, 365)  # days between visits: within a rest, beyond it, and when old answers are asked anew
ANSWERS = ("all", "required")
ORDERS = ("value", "fixed")  # of somebody who confirmed the address, and of somebody who did not


@blueprint.get("/forms/<key>/visits")
def form_visits(key: str) -> Any:
    """Visits 1 to 5 of somebody who answers everything, or leaves empty what may be left empty."""
    row = form_row(key)
    texts = _versions(row)
    which = _one_of("which", tuple(texts))
    form = _form(texts[which])
    apart = int(_one_of("apart", tuple(str(days) for days in APART), "7"))
    answers = _one_of("answers", ANSWERS)
    staged = any(field.from_stage for field in form.fields)
    stage = _one_of("stage", ("", *STAGES)) if staged else ""
    order = _one_of("order", ORDERS) if form.order == "value" else ""
    visits = rehearse(
        form,
        parts().clock(),
        apart=timedelta(days=apart),
        skips_optional=answers == "required",
        stage=stage or None,
        worth=_worth(form, stage) if order == "value" else None,
    )
    return page(
        "form_visits.html",
        row=row,
        title=form_title(row),
        which=which,
        versions=tuple(texts),
        periods=APART,
        apart=apart,
        modes=ANSWERS,
        answers=answers,
        stages=STAGES if staged else (),
        stage=stage,
        orders=ORDERS if order else (),
        order=order,
        visits=[(visit, _resting(visit)) for visit in visits],
        labels=labels(form, lang()),
        unasked=_unasked(visits),
        optional=any(not field.required for field in form.fields if field.type != "hidden"),
    )


def _worth(form: Form, stage: str) -> Worth:
    with parts().db.read() as conn:
        return next_questions.supposed(conn, form, seat().site.id, stage=stage or None, now=parts().clock())


def labels(form: Form, language: str) -> dict[str, str]:
    """Each question as the marketer calls it, by name; hidden ones have none."""
    return {field.name: serving.words(form, field.label, language) or field.name for field in form.fields}


def _versions(row: FormRow) -> dict[str, str]:
    """The texts there are to rehearse: a draft that is the published version is one, not two."""
    if row.published_version is None:
        return {"draft": row.draft}
    with parts().db.read() as conn:
        found = form_rows.versions(conn, row.id)
    published = next(one.content for one in found if one.version == row.published_version)
    return {"published": published} if published == row.draft else {"draft": row.draft, "published": published}


def _form(text: str) -> Form:
    try:
        return from_toml(text)
    except FormError:
        abort(409)  # the draft is no form any more: the form's own page tells what is wrong with it


def _resting(visit: Visit) -> Mapping[str, Sequence[str]]:
    """Reason → the names of those that rest for it, in the form's order."""
    found: dict[str, list[str]] = {}
    for name, reason in visit.plan.reasons.items():
        if name not in visit.plan.names:
            found.setdefault(reason, []).append(name)
    return found


def _unasked(visits: Sequence[Visit]) -> list[str]:
    """The questions that none of the visits came to."""
    asked = {name for visit in visits for name in visit.plan.names}
    return [name for name in visits[0].plan.reasons if name not in asked]


def _one_of(name: str, known: tuple[str, ...], otherwise: str | None = None) -> str:
    asked = request.args.get(name, "")
    return asked if asked in known else otherwise or known[0]
