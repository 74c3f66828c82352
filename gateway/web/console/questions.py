"""What each question of a form costs: asked, answered, left empty, left because of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, request

from forms.model import Form
from gateway.store import forms as form_rows
from gateway.store import questions as store
from gateway.store.forms import FormRow
from gateway.store.questions import Fate, Fates
from gateway.web.console.access import parts
from gateway.web.console.forms import form_row, form_title
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import csv_file, lang, page, t
from gateway.web.console.visits import labels

DAYS = (7, 30, 90)
ENOUGH = 20  # who began the form: with fewer, nothing is said of one question costing more than another
COLUMNS = ("asked", "answered", "skipped", "left")


@dataclass(frozen=True)
class Wanted:
    """The period and the versions that a page asks for."""

    days: int
    first: int
    last: int


@blueprint.get("/forms/<key>/questions")
def form_questions(key: str) -> Any:
    row = form_row(key)
    wanted, published = _wanted(row), row.published_version or 0
    fates, asked = _fates(row, wanted)
    return page(
        "form_questions.html",
        row=row,
        title=form_title(row),
        wanted=wanted,
        periods=DAYS,
        versions=range(1, published + 1),
        fates=fates,
        questions=asked,
        columns=COLUMNS,
        worst=_worst(fates),
    )


@blueprint.get("/forms/<key>/questions.csv")
def form_questions_csv(key: str) -> Response:
    """The same as a table for a spreadsheet; names of questions and numbers alone."""
    row = form_row(key)
    _, asked = _fates(row, _wanted(row))
    rows = ([label, name, *(getattr(fate, column) for column in COLUMNS)] for name, label, fate in asked)
    return csv_file(f"{row.key}-questions.csv", [["question", "name", *COLUMNS], *rows])


def _fates(row: FormRow, wanted: Wanted) -> tuple[Fates, list[tuple[str, str, Fate]]]:
    """And name, label and fate of each question, in the form's order, those of older versions after."""
    since = parts().clock() - timedelta(days=wanted.days - 1)
    numbers = range(wanted.first, wanted.last + 1)
    with parts().db.read() as conn:
        called = _called(form_rows.version(conn, row.id, number) for number in reversed(numbers))
        some = numbers if len(numbers) != row.published_version else None
        fates = store.fates(conn, row.id, since, tuple(called), versions=some)
    found = fates.questions
    return fates, [(name, words, found[name]) for name, words in called.items() if name in found]


def _called(found: Iterable[Form]) -> dict[str, str]:
    """Name → words of all that these forms ask, the newest form's first; consents come last."""
    called: dict[str, str] = {}
    consents: dict[str, str] = {}
    for form in found:
        words = labels(form, lang())
        called = {**{one.name: words[one.name] for one in form.fields if one.type != "hidden"}, **called}
        consents |= {one.name: t("question_consent", purpose=t(f"purpose_{one.purpose}")) for one in form.consents}
    return {**called, **consents}


def _worst(fates: Fates) -> str | None:
    """The question at which most people left, once enough have come."""
    if fates.begun < ENOUGH:
        return None
    name = max(fates.questions, key=lambda name: fates.questions[name].left, default=None)
    return name if name is not None and fates.questions[name].left else None


def _wanted(row: FormRow) -> Wanted:
    newest = row.published_version or 0
    days = next((days for days in DAYS if str(days) == request.args.get("days")), 30)
    first = _version("first", newest, 1)
    return Wanted(days, first, max(first, _version("last", newest, newest)))


def _version(name: str, newest: int, otherwise: int) -> int:
    asked = request.args.get(name, "")
    return next((number for number in range(1, newest + 1) if str(number) == asked), otherwise)
