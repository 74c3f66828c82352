"""What people answered to a form: how each question was answered, and how an assessment came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flask import Response, request
from sqlalchemy import Connection

from forms.model import Form, Text
from forms.surveys import Sent, Spread, Survey, survey
from gateway.scoring.lines import Line
from gateway.store import forms as form_rows
from gateway.store import results as store
from gateway.store.forms import FormRow
from gateway.store.results import Reached
from gateway.web.console.access import parts
from gateway.web.console.forms import form_row, form_title
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import csv_file, lang, page, t

DAYS = (7, 30, 90, 365)
Row = tuple[str, str, int]  # words, quiet words beside them, how many people
MOST = 50_000  # submissions that one report reads: some three seconds of processor time on a slow machine


@blueprint.get("/forms/<key>/results")
def form_results(key: str) -> Any:
    row = form_row(key)
    found = _survey(row)
    return page(
        "form_results.html",
        row=row,
        title=form_title(row),
        days=_days(),
        periods=DAYS,
        most=MOST,
        found=found,
        weakest=_weakest(found),
        bands=_bands(found),
        options={one.asked.name: _options(one) for one in found.questions} if found else {},
        said=said,
    )


@blueprint.get("/forms/<key>/results.csv")
def form_results_csv(key: str) -> Response:
    """The same as a table for a spreadsheet: words of the form and numbers, of nobody in particular."""
    row = form_row(key)
    found = _survey(row)
    head = ("question", "name", "option", "value", "people", "of")
    return csv_file(f"{row.key}-results-{_days()}-days.csv", [head, *(_lines(found) if found else ())])


def _lines(found: Survey) -> Iterator[tuple[str, ...]]:
    for band, people in found.bands:
        yield t("results_result"), "", said(band.title), band.key, str(people), str(found.completed)
    for one in found.questions:
        for option in one.chosen:
            label, of = said(one.asked.label), str(one.people)
            yield label, one.asked.name, said(option.label), option.value, str(option.people), of


def _bands(found: Survey | None) -> list[Row]:
    """With the shares that each reaches over; of bands of older versions that is not said, since they may overlap."""
    if found is None:
        return []
    now = found.form.bands
    ends = {band.key: after.start - 1 for band, after in pairwise(now)} | {band.key: 100 for band in now[-1:]}
    return [(said(band.title), _range(band.start, ends.get(band.key)), people) for band, people in found.bands]


def _range(low: int, high: int | None) -> str:
    return "" if high is None else t("results_range", low=low, high=high)


def _options(one: Spread) -> list[Row]:
    return [(said(option.label), "", option.people) for option in one.chosen]


def _weakest(found: Survey | None) -> Spread | None:
    """The question with the lowest average, once there is anything to improve."""
    scored = [one for one in found.questions if one.average is not None] if found else []
    worst = min(scored, key=lambda one: one.average or 0.0, default=None)
    return worst if worst and (worst.average or 0.0) < 1 else None


def _survey(row: FormRow) -> Survey | None:
    """Of the published form; none before it was published."""
    if row.published_version is None:
        return None
    since = parts().clock() - timedelta(days=_days())
    with parts().db.read() as conn:
        form = form_rows.version(conn, row.id, row.published_version)
        return survey(form, _sent(conn, row, since))


def _sent(conn: Connection, row: FormRow, since: datetime) -> Iterator[Sent]:
    versions: dict[int, Form] = {}  # asking for one costs more than counting what was answered to it
    for one in store.answered(conn, row.id, since, most=MOST):
        if one.version not in versions:
            versions[one.version] = form_rows.version(conn, row.id, one.version)
        yield one.person, versions[one.version], one.answers


def assessed(reached: Reached, asking: Iterable[Form]) -> tuple[str, str, Reached]:
    """A lead's result with what the form and its band are called now; by their keys where they are no more."""
    form = next((form for form in asking if form.key == reached.form), None)
    band = next((band for band in form.bands if band.key == reached.band), None) if form else None
    return said(form.title) if form else reached.form, said(band.title) if band else reached.band, reached


def titled(line: Line, asking: Iterable[Form]) -> Line:
    """A score's line that tells an assessment's result, with form and band by what they are called now."""
    form = next((form for form in asking if form.key == line.params.get("name")), None)
    band = next((band for band in form.bands if band.key == line.params.get("band")), None) if form else None
    if form is None or band is None:
        return line
    return line._replace(params={**line.params, "name": said(form.title), "band": said(band.title)})


def said(text: Text) -> str:
    """In the page's language, else in one that it has."""
    return text.get(lang()) or next(iter(text.values()), "")


def _days() -> int:
    return next((days for days in DAYS if str(days) == request.args.get("days")), 30)
