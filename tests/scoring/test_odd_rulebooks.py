"""Whatever stands in a rulebook: it is read, or every problem of it can be told."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from forms.toml import Path
from gateway.scoring.editing import at, text_of
from gateway.scoring.known import Known
from gateway.scoring.rulebook import RulebookError, data_of, from_toml
from gateway.scoring.score import fold
from gateway.scoring.wording import say_code
from gateway.words import LANGUAGES, say
from tests.scoring.building import EVERYTHING, answer, event, fact, on

DATA = data_of(EVERYTHING)
GONE = object()
ODD = (
    GONE, True, 0, -1, 3, 101, 10**16, 0.5, float("nan"), float("inf"), "", " ", "x", "A1", "…", "x" * 5000, "\x1b[2J",
    "a\nb", "reads", "content", "time_to_buy", "clamp_top", "graded", date(2026, 1, 1), [], [[]], [1, "a"], ["A"],
    [{}], {}, {"a": 1}, {"fa": "x"}, {"fa": "x", "en": "y"}, {"fa": 1}, {"rule": "x"},
)  # fmt: skip

RESULT = {"form": "ready", "share": 38, "points": 15}
BANDS = ((1, "low"), (2, "low"), (3, "high"))
HISTORY = [
    *(event(kind, day, source="api") for kind in ("content_view", "feature_used", "payment_view") for day in range(3)),
    *(event("complained", 4), event("email_click", 5), event("contact_request", 6)),
    *(event("assessment", day, source="form", name="ready", params={**RESULT, "band": band}) for day, band in BANDS),
    *(answer(field, value, day) for field in ("time_to_buy", "x") for day, value in enumerate(("0_3", "x", "later"))),
]
KNOWN = Known.over_time([fact("size", 250, 0, "former"), fact("city", "تهران"), fact("city", "Shiraz", 3)], on(60))


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def changed(changes: list[tuple[Path, Any]]) -> dict[str, Any]:
    data = deepcopy(DATA)
    for path, value in changes:
        try:
            holder = at(data, path[:-1])
            if value is GONE:
                del holder[path[-1]]
            else:
                holder[path[-1]] = deepcopy(value)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    return data


CHANGES = st.lists(st.tuples(st.sampled_from(list(places(DATA))), st.sampled_from(ODD)), min_size=1, max_size=3)


@given(CHANGES)
@example([(("rules",), GONE)])
@example([(("rules", 0, "when"), [{"field": "x", "any_of": [float("nan")]}])])
def test_an_odd_rulebook_is_read_and_explained_or_told_wrong_at_places_that_are_there(
    changes: list[tuple[Path, Any]],
) -> None:
    data = changed(changes)
    try:
        rules = from_toml(text_of(data))
        for line in fold(rules, HISTORY, on(60), known=KNOWN).lines:
            assert all(say_code(lang, line.code, line.params) for lang in LANGUAGES)
    except RulebookError as error:
        for lang in LANGUAGES:
            for where, what in error.told(say, lang):
                assert where and what
                assert "\x1b" not in where + what
            assert all(one.beside(say, lang) for one in error.problems)
        for one in error.problems:
            holder = at(data, one.path[:-1])
            assert isinstance(holder, dict | list), one.path
