"""What a form says and how its questions take turns, without its text: wording, order, who must answer what and when.
Beside it: what a browser that nobody knows is asked by all this, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import abort, flash, request

from forms.edited_text import with_values, written_anew
from forms.model import MAX_FIELDS, Form, FormError, from_toml
from forms.records import ORDERS, STAGES, Field
from forms.rehearsal import Visit, rehearse
from forms.toml import Path, Wrong
from gateway import next_questions
from gateway.scoring import editing
from gateway.store.forms import FormRow
from gateway.web.console import meanwhile
from gateway.web.console.access import parts, seat
from gateway.web.console.forms import CHANGES, form_publish, form_row, form_title, keep
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
# Characters of a text, as the form's reader counts them (`forms.model`).
LONGEST = {
    "title": 300, "intro": 3_000, "incentive": 1_000, "submit_label": 80, "thanks": 3_000, "label": 300, "help": 1_000,
    "text": 3_000,
}  # fmt: skip
CALLED = {"fields": "name", "consents": "purpose"}  # by which the page's questions and consents are found again
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
    keeps = then in {"save", "publish"}
    if keeps and meanwhile.passed(meanwhile.seen(row.draft)):
        return _shown_newer(row)
    typed = _typed(form)
    try:
        text = with_values(row.draft, changed(form, typed))
    except FormError as error:
        return _shown(row, form, typed, problems=error.problems, status=200 if then == "try" else 422)
    if not keeps:
        return _shown(row, from_toml(text), typed)
    if not keep(row, text):
        return _shown_newer(form_row(key))
    if written_anew(row.draft, text):
        flash(say(lang(), "setup.anew"), "warn")
    if then == "publish":
        return form_publish(key)
    return done("form_saved", "form_setup", key=key)


def _shown_newer(row: FormRow) -> Any:
    """What was typed, put to the draft that somebody else has saved since."""
    form, text = _draft(row), row.draft
    typed, problems = _typed(form), tuple[Wrong, ...]()
    try:
        text = with_values(row.draft, changed(form, typed))
    except FormError as error:
        problems = error.problems
    newer = meanwhile.newer(CHANGES, row.key, lines=meanwhile.text_lines(row.draft, text))
    return _shown(row, from_toml(text), typed, newer=newer, problems=problems, status=409)


def _typed(form: Form) -> dict[str, str]:
    """What the posted page says, by the places that its questions and consents have in this form; what the page did
    not ask keeps what stands. A page that was shown before may have had them elsewhere: they are found by name."""
    said, asked = _said(form), {*request.form, *request.form.getlist("shown")}
    for path, kind in _paths(form):
        was = _place_then(form, path)
        for name, then in zip(_names(form, path, kind), _names(form, was, kind) if was else (), strict=bool(was)):
            if then in asked:
                said[name] = _lines(request.form.get(then, "")).strip()
    return said


def _place_then(form: Form, path: Path) -> Path | None:
    """Where the posted page had this; none: it did not have it."""
    if len(path) < 3:
        return path
    of, place, key = str(path[0]), int(path[1]), path[2]
    called = getattr(getattr(form, of)[place], CALLED[of])
    then = (n for n in range(MAX_FIELDS) if request.form.get(f"{of}.{n}.{CALLED[of]}") == called)
    return next(((of, n, key) for n in then), None)


def _lines(text: str) -> str:
    """As pages send their lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def changed(form: Form, typed: Said) -> dict[Path, Any]:
    """What was typed otherwise than it stands, by its path in the form's data; none: nothing was written there."""
    stands = _said(form)
    values = {path: [_value(form, path, kind, said) for said in (stands, typed)] for path, kind in _paths(form)}
    return {path: now for path, (was, now) in values.items() if now != was}


def _value(form: Form, path: Path, kind: str, said: Said) -> Any:
    texts = [said.get(name, "") for name in _names(form, path, kind)]
    if not any(texts):
        return False if kind == "yes" else None
    if kind == "words":  # those of a language that the form does not speak just now stay
        return {**_held(form, path), **dict(zip(form.languages, texts, strict=True))}
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
                said[name] = _lines(value.get(name.rpartition(".")[2], "")).strip()
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
    problems, status, newer = more.get("problems", ()), more.get("status", 200), more.get("newer")
    only_next = request.form.get("then") == "try" and request.headers.get("HX-Request") == "true"
    visits = () if problems else _first_visits(form)
    return page(
        "form_setup_next.html" if only_next else "form_setup.html",
        status,
        row=row,
        title=form_title(row),
        form=form,
        said=said,
        was=meanwhile.seen(row.draft) if newer else request.form.get("was", meanwhile.seen(row.draft)),
        newer=newer,
        longest=LONGEST,
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
