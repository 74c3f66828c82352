"""What an assessment finds: one post's answers become a share of the attainable points, a band, and where there is most
to gain. Of this post alone (rule 13): what was not asked, or left empty, counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.records import Band, Field, Form

MOST_WEAK = 3  # more than three things to improve are none


@dataclass(frozen=True)
class Result:
    """share: of the attainable points, in whole per cent, 0 to 100. weakest: the questions that lost the most points,
    worst first."""

    share: int
    band: Band
    weakest: tuple[Field, ...] = ()


def assess(form: Form, answers: Mapping[str, Any]) -> Result | None:
    """The result of these cleaned answers; none where the form is no assessment or nothing scored was answered."""
    if not form.bands:
        return None
    answered = [asked for asked in form.fields if asked.worth and answers.get(asked.name)]
    of = sum(asked.attainable for asked in answered)
    if not of:
        return None
    lost = {asked.name: asked.attainable - points(asked, answers[asked.name]) for asked in answered}
    reached = of - sum(lost.values())
    share = (200 * reached + of) // (2 * of)  # halves up; the band follows the share that people see
    weak = [asked for asked in answered if lost[asked.name]]
    weakest = sorted(weak, key=lambda asked: -lost[asked.name])[:MOST_WEAK]  # stable: equal ones in the form's order
    return Result(share, band_of(form.bands, share), tuple(weakest))


def points(asked: Field, answer: Any) -> int:
    """What this cleaned answer, a value or a list of them, is worth."""
    if isinstance(answer, list):
        return sum(asked.worth.get(value, 0) for value in answer)
    return asked.worth.get(answer, 0)


def band_of(bands: Sequence[Band], share: int) -> Band:
    """bands: as a form has them, from the lowest up; the lowest begins at 0."""
    return [band for band in bands if band.start <= share][-1]


def numbered(fields: Iterable[Field]) -> dict[str, int]:
    """The scored questions of one page, from 1 on. One that depends on another answer has no number: it belongs to the
    one before, and not everybody sees it."""
    names = [asked.name for asked in fields if asked.scored and asked.when is None]
    return {name: number for number, name in enumerate(names, 1)}


def packed(form: Form, result: Result) -> list[Any]:
    """The result in a few characters, for a signed note; `unpacked` reads it with the same version of the form."""
    names = [asked.name for asked in form.fields]
    return [result.share, result.band.key, [names.index(asked.name) for asked in result.weakest]]


def unpacked(form: Form, packed_result: Sequence[Any]) -> Result:
    """packed_result: as `packed` made it of this form."""
    share, key, places = packed_result
    band = next(band for band in form.bands if band.key == key)
    return Result(share, band, tuple(form.fields[place] for place in places))
