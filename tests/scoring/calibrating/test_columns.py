"""A rulebook's points as columns, how often each counts for a lead, and learnt points put back."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from gateway.records import Fact
from gateway.scoring import editing
from gateway.scoring.adopted import expressible, joined, with_points
from gateway.scoring.calibrating.columns import Column, Counting, columns
from gateway.scoring.calibrating.naming import points_by_column
from gateway.scoring.calibrating.records import Calibration, LearntRule, Said
from gateway.scoring.calibrating.times import each_time, in_all
from gateway.scoring.known import Known
from gateway.scoring.model import AnswerRule, AttributeRule, EventRule
from gateway.scoring.rulebook import data_of, from_toml, shipped, shipped_text
from tests.scoring.building import answer, book, event, on

BOOK = book("""
[[rules]]
code = "visits_site"
event = "page_view"
points = 1
per_day = 1
[[rules]]
code = "assessment_result"
event = "assessment"
by_band = true
[[rules]]
code = "reads_prices"
title = { fa = "قیمت‌ها را خواند", en = "Read the prices" }
event = "content_view"
url_prefix = "/pricing"
points = 10
per_day = 1
lasts_days = 30
[[rules.when]]
field = "size"
any_of = ["big"]
[[rules]]
code = "time_to_buy"
field = "time_to_buy"
[[rules.answers]]
values = ["0_3"]
points = 30
params = { within_months = 3 }
[[rules.answers]]
code = "only_studying"
values = ["studying", "reading"]
points = -15
[[rules]]
code = "only_studying"
field = "do_business"
[[rules.answers]]
values = ["studying"]
points = -15
[[rules]]
code = "is_big"
title = { fa = "بزرگ", en = "Is big" }
points = 5
[[rules.when]]
field = "size"
any_of = ["big"]
""")
NAMES = ["visits_site", "reads_prices", "time_to_buy:0_3", "time_to_buy:reading", "only_studying:studying", "is_big"]


def test_a_rule_that_is_switched_off_is_no_column() -> None:
    off = BOOK.replace('code = "is_big"', 'code = "is_big"\noff = true')
    assert [column.name for column in columns(from_toml(off))] == NAMES[:-1]
    assert len(Counting(from_toml(off)).times([event("page_view", 1)], Known(()), on(2))) == 5


def times(*events: Any, facts: tuple[Fact, ...] = (), day: float = 20) -> dict[str, int]:
    counting = Counting(from_toml(BOOK))
    found = counting.times(events, Known.over_time(facts, on(day)), on(day))
    return {name: one for name, one in zip(NAMES, found, strict=True) if one}


def test_each_place_of_points_is_a_column_by_the_name_that_tables_use() -> None:
    found = columns(from_toml(BOOK))
    assert [column.name for column in found] == NAMES
    assert points_by_column(from_toml(BOOK)).items() >= {column.name: column.in_force for column in found}.items()
    data = data_of(BOOK)
    assert [editing.at(data, column.path) for column in found] == [column.in_force for column in found]


def test_what_counted_is_counted_by_the_engine_that_scores() -> None:
    big = Fact("size", "big", "typed", "sub_1", on(1))
    pages = [event("page_view", day) for day in (1, 1.1, 2, 3)]
    assert times(*pages) == {"visits_site": 3}
    prices = event("content_view", 2, url="https://a.example/pricing")
    assert times(prices) == {}, "the condition did not hold"
    assert times(prices, facts=(big,)) == {"reads_prices": 1, "is_big": 1}
    assert times(prices, facts=(big,), day=40) == {"is_big": 1}, "its points do not stand any more"
    assert times(event("unsubscribed", 1, source="browser")) == {}


def test_the_answer_that_stands_counts_and_two_rules_may_have_one_code() -> None:
    assert times(answer("time_to_buy", "0_3", 1), answer("time_to_buy", "studying", 2)) == {"time_to_buy:reading": 1}
    assert times(answer("do_business", "studying", 1)) == {"only_studying:studying": 1}


def test_adopting_writes_exactly_the_learnt_points_and_changes_nothing_else() -> None:
    chance = random.Random(3)
    for text in (BOOK, shipped_text()):
        before, data = from_toml(text), data_of(text)
        for _ in range(30):
            places = [column for column in columns(before) if chance.random() < 0.6]
            points = {column.name: chance.randint(-100, 100) for column in places}
            after = from_toml(editing.text_of(with_points(data, before, points)))
            assert {one.name: one.in_force for one in columns(after)} == {
                one.name: points.get(one.name, one.in_force) for one in columns(before)
            }
            assert _without_points(after) == _without_points(before)
        assert data == data_of(text), "what was given is not changed"


def _without_points(rulebook: Any) -> Any:
    """All of it, each number of points 0."""

    def bare(rule: Any) -> Any:
        if isinstance(rule, AnswerRule):
            return replace(rule, answers=tuple(replace(one, points=0) for one in rule.answers))
        return replace(rule, points=0)

    return replace(rulebook, rules=tuple(map(bare, rulebook.rules)))


def test_a_rule_that_counts_several_times_is_parted_by_them() -> None:
    """By hand: 3 points, four times a lead, are 12 in all; 20 in all are 5 each time. 10 stays 10, whatever rounding
    would make of it."""
    in_force, often = {"visit": 3, "once": 10, "sometimes": 1}, {"visit": 4.0, "sometimes": 1.4}
    assert in_all(in_force, often) == {"visit": 12, "once": 10, "sometimes": 1}
    assert in_all({"visit": 40}, often) == {"visit": 100}
    rules = [LearntRule("visit", 12, 20, 9, 5, 4, 2.0), LearntRule("once", 10, 10, 9, 5, 4, 1.0)]
    found = each_time(_calibration(rules, adopt=True), in_force, often)
    assert [(rule.in_force, rule.points, rule.error, rule.times) for rule in found.rules] == [
        (3, 5, 0.5, 4.0), (10, 10, 1.0, 1.0),
    ]  # fmt: skip
    assert found.adopt


def test_points_that_are_the_same_once_they_are_parted_are_not_adopted() -> None:
    found = each_time(_calibration([LearntRule("sometimes", 1, 2, 9, 5, 4, 1.0)], adopt=True), {"sometimes": 1}, {
        "sometimes": 1.4,
    })  # fmt: skip
    assert (found.adopt, found.why.code) == (False, "unchanged")


def _calibration(rules: list[LearntRule], *, adopt: bool) -> Calibration:
    return Calibration(60, 60, 0, tuple(rules), adopt, Said("adopted"), (), 8, 0.1)


COLUMNS = {column.name: column for column in columns(from_toml(BOOK))}
TITLE = {"fa": "هر دو", "en": "Both"}


@pytest.mark.parametrize(
    "one, other, kind, conditions",
    [
        ("visits_site", "is_big", EventRule, 1),
        ("is_big", "visits_site", EventRule, 1),
        ("visits_site", "reads_prices", EventRule, 2),
        ("reads_prices", "time_to_buy:0_3", EventRule, 2),
        ("is_big", "time_to_buy:reading", AttributeRule, 2),
        ("time_to_buy:0_3", "only_studying:studying", AttributeRule, 2),
    ],
)
def test_a_pair_becomes_a_rule_that_the_rulebook_takes(one: str, other: str, kind: type, conditions: int) -> None:
    pair = COLUMNS[one], COLUMNS[other]
    assert expressible(*pair)
    data = data_of(BOOK)
    data["rules"].append(joined(data, pair, -7, code="both", title=TITLE))
    rule = from_toml(editing.text_of(data)).rules[-1]
    assert isinstance(rule, kind) and rule.points == -7 and len(rule.when) == conditions


def test_any_answer_at_all_is_nothing_that_a_condition_asks() -> None:
    text = book('[[rules]]\ncode = "asked"\nfield = "q"\n[[rules.answers]]\nany = true\npoints = 1\n'
                'title = { fa = "پرسید", en = "Asked" }')  # fmt: skip
    column: Column = columns(from_toml(text))[0]
    assert column.name == "asked" and not expressible(column, COLUMNS["is_big"])


def test_the_shipped_rules_are_all_learnable_but_the_bands() -> None:
    named = {column.rule.code for column in columns(shipped())}
    assert {rule.code for rule in shipped().rules} - named == {"assessment_result"}
