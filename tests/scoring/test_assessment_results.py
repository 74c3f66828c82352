"""Points that the band of an assessment's result gives, either way."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.records import Event
from gateway.scoring.rulebook import RulebookError, from_toml, shipped
from gateway.scoring.score import fold
from gateway.scoring.wording import say_code
from tests.scoring.building import book, event, on


def result(band: str, points: Any, day: float = 0, **more: Any) -> Event:
    params = {"form": "ready", "share": 38, "band": band, "points": points}
    return event("assessment", day, **{"name": "ready", "source": "form", "params": params, **more})


def lines(*events: Event, day: float = 20) -> list[tuple[str, int]]:
    return [(line.code, line.points) for line in fold(shipped(), events, on(day)).lines]


COMPLETED = ("completes_assessment", 20)


@pytest.mark.parametrize("points", [15, 0, -10, 100])
def test_a_band_gives_its_points_beside_those_for_completing(points: int):
    assert lines(result("low", points))[:2] == [COMPLETED, ("assessment_result", points)]


def test_of_each_assessment_the_latest_result_stands():
    found = lines(result("low", 15), result("high", -10, 1), result("low", 7, 2, name="other"))
    assert found == [
        COMPLETED,
        ("assessment_result", 15),
        ("capped_subject", 0),
        ("answer_replaced", -15),
        ("assessment_result", -10),
        COMPLETED,
        ("assessment_result", 7),
    ]


def test_the_same_result_again_gives_nothing():
    assert lines(result("low", 15), result("low", 15, 1))[2:] == [("capped_subject", 0), ("answered_before", 0)]


@pytest.mark.parametrize(
    ("told", "points"),
    [
        (result("low", 5_000), 100),
        (result("low", -5_000), -100),
        (result("low", True), None),
        (result("low", "15"), None),
        (event("assessment", name="ready", source="api"), None),
        (result("low", 15, source="staff"), None),
    ],
)
def test_points_are_bounded_and_only_a_forms_result_has_some(told: Event, points: int | None):
    assert dict(lines(told)).get("assessment_result") == points


def test_r22_a_browser_tells_no_result():
    assert lines(result("low", 15, source="browser")) == [("wrong_source", 0)]


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_a_result_is_said_in_words(lang: str):
    line = fold(shipped(), [result("low", 15)], on(1)).lines[1]
    said = say_code(lang, line.code, line.params)
    assert "ready" in said
    assert "low" in said
    assert ("38 %" if lang == "en" else "۳۸٪") in said


RULE = '[[rules]]\ncode = "assessment_result"\nevent = "assessment"\nby_band = true\n'


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (("by_band = true", "by_band = true\npoints = 5"), "rules.0.points"),
        (("by_band = true", "by_band = true\nper_subject = 1"), "rules.0.per_subject"),
        (('"assessment"\n', '"webinar"\n'), "rules.0.by_band"),
        (("by_band = true\n", ""), "rules.0.points"),
    ],
)
def test_a_rule_by_band_is_read_strictly(change: tuple[str, str], where: str):
    assert from_toml(book(RULE)).event_rules["assessment"][0].by_band
    with pytest.raises(RulebookError, match=where):
        from_toml(book(RULE.replace(*change)))


BY_NAME = """
[[rules]]
code = "needs_much"
title = { fa = "نیاز زیاد", en = "Needs much" }
event = "assessment"
name = "ready"
band = "low"
points = 9
[[rules]]
code = "calls_after"
title = { fa = "بعدش زنگ زد", en = "Called after it" }
event = "contact_request"
points = 4
[[rules.when]]
event = "assessment"
band = "low"
"""


@pytest.mark.parametrize(("band", "points"), [("low", [9, 4]), ("high", [0])])
def test_rules_and_conditions_can_ask_for_a_band(band: str, points: list[int]):
    found = fold(from_toml(book(BY_NAME)), [result(band, 15), event("contact_request", 1, source="form")], on(2))
    assert [line.points for line in found.lines] == points


def test_only_results_have_bands():
    for text in (
        BY_NAME.replace('"assessment"', '"webinar"', 1),
        BY_NAME.replace('event = "assessment"\nband', 'event = "webinar"\nband'),
    ):
        with pytest.raises(RulebookError, match="only_assessment"):
            from_toml(book(text))
