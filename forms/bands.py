"""What makes a form an assessment: points of options and the bands of its result, read strictly from TOML.

A band begins at a share in per cent, not at points: which questions somebody sees may depend on their answers, so what
can be reached does, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forms.records import Band, Field, Form, Option
from forms.toml import Table

KEY = ("[a-z][a-z0-9_]{0,39}", "name_code")
MOST_BANDS = 20
MOST_POINTS = 1_000  # of one option, within the result
SCORE_POINTS = 100  # either way; more than the whole scale of a lead's score says nothing more


def bands(table: Table, languages: Sequence[str]) -> tuple[Band, ...]:
    """The `[[bands]]`, from the lowest up, in whatever order they stand."""
    found = [_band(one, languages) for one in table.tables("bands", "band", by="key")]
    return tuple(sorted(found, key=lambda band: band.start))


def scored(content: Mapping[str, Any]) -> bool:
    """Whether options of this field carry points; before they are read."""
    options = content.get("options")
    return isinstance(options, list) and any(isinstance(one, dict) and "points" in one for one in options)


def check_options(table: Table, options: Sequence[Option]) -> None:
    """All or none: an option without points would be worth nothing by mistake."""
    missing = [option.value for option in options if option.points is None]
    if missing and len(missing) < len(options):
        table.wrong("options", "points_missing", names=", ".join(missing))


def check_scored(table: Table, field: Field) -> None:
    """All of an assessment is asked in one visit, since its result is told of one post alone (rule 13)."""
    if not field.scored:
        if field.improve:
            table.wrong("improve", "improve_unscored")
        return
    if not field.attainable:
        table.wrong("options", "points_none")
    for key in ("always", "from_stage"):
        if key in table.content and (key == "from_stage" or not field.always):
            table.wrong(key, "scored_together")


def check_bands(form: Form, table: Table) -> None:
    """That every share has exactly one band, and that bands, points and the offer belong together."""
    named = [field.name for field in form.fields if field.scored]
    if not form.bands:
        if "bands" not in table.content and named:
            table.wrong("bands", "bands_missing", names=", ".join(named))
        if form.offer and form.offer.kind == "assessment":
            table.wrong("bands", "bands_for_offer")
        return
    if not any(field.scored and field.when is None for field in form.fields):
        table.wrong("bands", "bands_unscored")
    if form.bands[0].start != 0:
        table.wrong("bands", "bands_from_0")
    if len(form.bands) > MOST_BANDS:
        table.wrong("bands", "many_bands", limit=MOST_BANDS)
    _once(table, "twice_band", [band.key for band in form.bands if band.key])
    _once(table, "twice_from", [band.start for band in form.bands])


def _once(table: Table, code: str, found: Sequence[str | int]) -> None:
    for one in sorted({str(one) for one in found if found.count(one) > 1}):
        table.wrong("bands", code, name=int(one) if one.isdecimal() else one)


def _band(table: Table, languages: Sequence[str]) -> Band:
    band = Band(
        key=table.text("key", pattern=KEY[0], hint=KEY[1]),
        start=table.whole("from", None, low=0, high=100, required=True) or 0,
        title=table.words("title", languages, required=True),
        advice=table.words("advice", languages, required=True, longest=3_000),
        points=table.whole("points", 0, low=-SCORE_POINTS, high=SCORE_POINTS),
    )
    table.done()
    return band
