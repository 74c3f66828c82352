"""What a form says and how its questions take turns, without its text: wording, order, who must answer what and when.
Beside it: what a browser that nobody knows is asked by all this, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import abort, request

from forms.edited_text import with_values
from forms.model import Form, FormError, from_toml
from forms.records import ORDERS, STAGES, Field
from forms.rehearsal import Visit, rehearse
from forms.toml import Path
from gateway import next_questions
from gateway.scoring import editing
from gateway.store import audit
from gateway.store import forms as form_rows
from gateway.store.forms import FormRow
from gateway.web.console import meanwhile
from gateway.web.console.access import parts, seat
from gateway.web.console.forms import form_publish, form_row, form_title
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, lang, page
from gateway.web.console.visits import labels
from gateway.words import say

Said = Mapping[str, str]  # name of a page's field → what stands in it
# Key → how it is read: words in each language, a text, a whole number, yes or no.
OF_FORM = {
    "title": "words", "intro": "words", "incentive": "words", "submit_label": "words", "thanks": "words",
    "order": "text", "questions_per_visit": "whole", "contact_requested": "yes", "kiosk": "yes",
}  # fmt: skip
OF_QUESTION = {
    "label": "words", "help": "words", "required": "yes", "first_contact": "yes", "sensitive": "yes",
    "priority": "whole", "ask_again_days": "whole", "rest_days": "whole", "from_stage": "text",
}  # fmt: skip
OF_CONSENT = {"text": "words", "required": "yes"}
COLOURS = ("accent", "on_accent", "ink", "field", "line")
# What means nothing of questions that are asked anyway, or say who it is (`forms.steering`, `forms.bands`).
NOT_OF_ALWAYS = {"priority", "ask_again_days", "rest_days"}
NOT_OF_SCORED = NOT_OF_ALWAYS | {"first_contact", "from_stage"}
NOT_OF_IDENTIFIERS = NOT_OF_SCORED | {"sensitive"}
APART = timedelta(days=7)  # between the visits shown


@blueprint.get("/forms/<key>/setup")
def form_setup(key: str) -> Any:
    row = form_row(key)
    form = _draft(row)
    return _shown(row, form, _said(form))


@blueprint.post("/forms/<key>/setup")
def form_setup_save(key: str) -> Any:
    """`then`: try (changes nothing), save (into the draft), publish."""
    row = form_row(key)
    form, then = _draft(row), request.form.get("then", "try")
    typed = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in _said(form)}
    try:
        text = with_values(row.draft, changed(form, typed))
    except FormError as error:
        return _shown(row, form, typed, problems=error.problems, status=200 if then == "try" else 422)
    if then not in {"save", "publish"}:
        return _shown(row, from_toml(text), typed)
    now, here = parts().clock(), seat()
    with parts().db.write() as conn:
        stands = form_rows.get(conn, row.site_id, row.key)
        newer = stands is None or meanwhile.passed(meanwhile.seen(stands.draft))
        if not newer:
            form_rows.save_draft(conn, row.site_id, text, now)
            audit.add(conn, row.site_id, now, "form_saved", row.key, user_id=here.user.id)
    if newer:
        row = stands or row
        lines = meanwhile.text_lines(row.draft, text)
        newer_one = meanwhile.newer(("form_saved", "policy_saved"), row.key, lines=lines)
        return _shown(row, from_toml(text), typed, newer=newer_one, status=409)
    if then == "publish":
        return form_publish(key)
    return done("form_saved", "form_setup", key=key)


def changed(form: Form, typed: Said) -> dict[Path, Any]:
    """What was typed otherwise than it stands, by its path in the form's data; none: nothing was written there."""
    stands = _said(form)
    values = {path: [_value(form, path, kind, said) for said in (stands, typed)] for path, kind in _paths(form)}
    return {path: now for path, (was, now) in values.items() if now != was}


def _value(form: Form, path: Path, kind: str, said: Said) -> Any:
    texts = [said.get(name, "") for name in _names(form, path, kind)]
    if not any(texts):
        return False if kind == "yes" else None
    if kind == "words":
        return dict(zip(form.languages, texts, strict=True))
    [text] = texts
    return True if kind == "yes" else editing.whole(text) if kind == "whole" else text


def _paths(form: Form) -> Iterator[tuple[Path, str]]:
    """Each key that the page shows, and how it is read."""
    yield from (((key,), kind) for key, kind in OF_FORM.items())
    for place, asked in enumerate(form.fields):
        yield from ((("fields", place, key), kind) for key, kind in OF_QUESTION.items() if key in keys_of(asked))
    for place, _ in enumerate(form.consents):
        yield from ((("consents", place, key), kind) for key, kind in OF_CONSENT.items())
    yield from ((("theme", key), "text") for key in COLOURS)


def keys_of(asked: Field) -> Sequence[str]:
    """What the page lets somebody say of this question."""
    if asked.type == "hidden":
        return ()
    never = NOT_OF_IDENTIFIERS if asked.identifier else NOT_OF_SCORED if asked.scored else ()
    never = never or (NOT_OF_ALWAYS if asked.always else ())
    return [key for key in OF_QUESTION if key not in never]


def _names(form: Form, path: Path, kind: str) -> list[str]:
    """The page's fields that stand for this key."""
    name = editing.named(path)
    return [f"{name}.{one}" for one in form.languages] if kind == "words" else [name]


def _said(form: Form) -> dict[str, str]:
    """The form as the page's fields say it."""
    said: dict[str, str] = {}
    for path, kind in _paths(form):
        value = _held(form, path)
        for name in _names(form, path, kind):
            if kind == "words":
                said[name] = str(value.get(name.rpartition(".")[2], "")).strip()
            else:
                said[name] = "1" if value is True else str(value) if value not in (None, False) else ""
    return said


def _held(form: Form, path: Path) -> Any:
    """What stands there."""
    if path[0] == "theme":
        return form.theme.get(str(path[1]))
    holder: Any = form if len(path) == 1 else getattr(form, str(path[0]))[int(path[1])]
    return getattr(holder, str(path[-1]))


def _shown(row: FormRow, form: Form, said: Said, **more: Any) -> Any:
    """form: by which the visits beside it are shown."""
    problems, status = more.get("problems", ()), more.get("status", 200)
    only_next = request.form.get("then") == "try" and request.headers.get("HX-Request") == "true"
    visits = () if problems else _first_visits(form)
    return page(
        "form_setup_next.html" if only_next else "form_setup.html",
        status,
        row=row,
        title=form_title(row),
        form=form,
        said=said,
        was=meanwhile.seen(row.draft),
        newer=more.get("newer"),
        keys_of=keys_of,
        orders=ORDERS,
        colours=COLOURS,
        stages=STAGES,
        labels=labels(form, lang()),
        visits=visits,
        confirmed=_confirmed(form) if visits and form.order == "value" else None,
        problem={editing.named(one.path): one.beside(say, lang()) for one in reversed(problems)},
        problems=[one.above(say, lang()) for one in problems],
    )


def _first_visits(form: Form) -> Sequence[Visit]:
    """The first visit of a browser that nobody knows, and its next where it confirmed nothing."""
    return rehearse(form, parts().clock(), apart=APART)[:2]


def _confirmed(form: Form) -> Visit:
    """Its next visit where it did."""
    with parts().db.read() as conn:
        worth = next_questions.supposed(conn, form, seat().site.id, stage=None, now=parts().clock())
    return rehearse(form, parts().clock(), apart=APART, worth=worth)[1]


def _draft(row: FormRow) -> Form:
    try:
        return from_toml(row.draft)
    except FormError:
        abort(409)  # the draft is no form any more: the form's own page tells what is wrong with it
