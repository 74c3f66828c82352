"""Whatever a rulebook can say, its forms say too: sent as they stand, nothing is lost and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, g
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.scoring import editing
from gateway.scoring.event_types import SENDERS
from gateway.scoring.model import GRADES, STAGES
from gateway.scoring.reading_conditions import CELLS
from gateway.scoring.rulebook import data_of, from_toml
from gateway.web.console import field_words, rule_parts
from gateway.web.console.access import Seat
from gateway.web.console.rules_change import change_form
from tests.scoring.building import EVERYTHING
from tests.support.console_side import World
from tests.support.sent_forms import sent

SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z"))
TEXT = st.lists(st.text(SIGNS, min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join)
WORD = st.sampled_from(["مدیر", "ceo", "co founder", "می‌خواهم", "9", "O'Neil & <b>"])
FIELD = st.sampled_from(["city", "company", "email", "own_one"])
EVENTS = [kind for kind in SENDERS if kind != "answer"]
WHOLE = st.integers(1, 1000)


def some(values: Any, most: int = 4) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=1, max_size=most, unique=True)


def table(needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(needed, optional=optional)


YES = {"negated": st.just(True)}
NUMBER = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, width=32)
NUMBERS = st.tuples(NUMBER, NUMBER).map(sorted)
FACT = st.one_of(
    table({"field": FIELD, "any_of": some(TEXT)}, {"contains": some(WORD), **YES}),
    table({"field": FIELD, "contains": some(WORD)}, YES),
    table({"field": FIELD, "email_domains": st.lists(st.sampled_from(["a.ir", "@b.com"]), unique=True)}, YES),
    st.builds(lambda field, ends: {"field": field, "min": ends[0], "max": ends[1]}, FIELD, NUMBERS),
    table({"field": FIELD, "max": NUMBER}, YES),
)
NARROWED = {"name": TEXT, "level": st.sampled_from(["top", "bottom"]), "url_prefix": TEXT.map(lambda text: f"/{text}")}
EVENT = table(
    {"event": st.sampled_from(EVENTS)}, {**NARROWED, "at_least": WHOLE, "within_days": st.integers(1, 3650), **YES}
)
STANDING = table(
    {},
    {
        "cells": some(st.sampled_from(CELLS)),
        "stages": some(st.sampled_from(STAGES)),
        "score_max": st.integers(0, 100),
        "contact_requested": st.booleans(),
    },
).filter(bool)
TITLE = st.fixed_dictionaries({"fa": TEXT, "en": TEXT})
POINTS = st.integers(-100, 100)
CAPS = {"per_subject": WHOLE, "times": WHOLE, "visit_minutes": WHOLE, "lasts_days": WHOLE}
PARAMS = st.dictionaries(st.sampled_from(["within_months", "what"]), TEXT | st.integers(-9, 9), min_size=1)
ANSWER = st.one_of(
    table({"values": some(TEXT), "points": POINTS, "title": TITLE}, {"params": PARAMS}),
    table({"any": st.just(True), "points": POINTS, "code": st.just("only_studying")}, {"params": PARAMS}),
)
FACTS = st.builds(lambda fact, weight: {**fact, "weight": weight}, FACT, st.integers(1, 1000))
WAY = {
    "events": some(st.sampled_from([*SENDERS])),
    "interest": st.integers(1, 3),
    "cooled": st.integers(2, 4),
    "grades": some(st.sampled_from(GRADES)),
    "contact_requested": st.just(True),
    "when": st.lists(FACT | EVENT, min_size=1, max_size=3),
}
RULE = {"code": st.just("own_rule_1")}
OWN_WAY = {"code": st.just("own_way_2"), "title": TITLE}
THINGS = {
    "rules": st.one_of(
        table(
            {**RULE, "event": st.sampled_from([one for one in EVENTS if one != "custom"]), "points": POINTS,
             "per_day": WHOLE, "title": TITLE},
            {**NARROWED, **CAPS, "off": st.just(True), "group": st.just("content"),
             "when": st.lists(FACT | EVENT, min_size=1, max_size=3)},
        ),
        table({**RULE, "field": FIELD, "answers": st.lists(ANSWER, min_size=1, max_size=3)},
              {"group": st.just("content")}),
        table({**RULE, "points": POINTS, "title": TITLE, "when": st.lists(FACT, min_size=1, max_size=3)}, {}),
    ),
    "groups": table({"key": st.just("other"), "title": TITLE}, {"most": st.integers(1, 100), "half_life_days": WHOLE}),
    "profiles": table({"key": st.just("other"), "title": TITLE, "facts": st.lists(FACTS, min_size=1, max_size=3)}, {}),
    "disqualify": st.builds(
        lambda fact, code: {"code": code, **fact}, FACT, st.sampled_from(["competitor", "own_staff", "unwanted"])
    ),
    "entries": st.one_of(
        *(table({**OWN_WAY, key: asked}, {other: one for other, one in WAY.items() if other != key})
          for key, asked in WAY.items()),
        table({**OWN_WAY, "events": WAY["events"], "reopens": st.just(True)}, {"back_from": st.just(["PQL"])}),
    ),
    "segments": table(
        {"key": st.just("other"), "title": TITLE, "when": st.lists(FACT | EVENT | STANDING, min_size=1, max_size=4)}, {}
    ),
}  # fmt: skip


@pytest.fixture
def seated(app: Flask, world: World) -> Iterator[None]:
    """A request in which a marketer sits before the page."""
    with app.test_request_context("/console/rules"):
        g.seat = Seat(world.users["marketer"], [world.shop], world.shop, "marketer")
        yield


@pytest.mark.parametrize("part", THINGS)
@given(drawn=st.data())
@settings(
    max_examples=25,
    phases=[Phase.generate],  # each example draws a page: making a failure smaller would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_thing_sent_as_its_form_shows_it_is_the_same_thing(seated: None, part: str, drawn: st.DataObject) -> None:
    thing = drawn.draw(THINGS[part])
    data = data_of(EVERYTHING)
    path = rule_parts.place(data, part, "SQL:" if part == "entries" else "")
    assert path
    rule_parts.put(data, part, path, thing)
    from_toml(editing.text_of(data))  # it can be read: else this would say nothing
    page, _ = change_form(part, path, thing, data)
    fields = sent(page, "thing")
    assert rule_parts.read(part, fields, fields["name"], thing) == thing


@pytest.mark.parametrize(
    "path, words",
    [
        (("points",), "Points"),
        (("title", "fa"), "Called, in Persian"),
        (("when", 0, "within_days"), "condition 1, Within so many days"),
        (("within_days",), "Counted within so many days"),
        (("facts", 2, "weight"), "fact 3, Weight"),
        (("answers", 1), "answer 2"),
        ((), ""),
    ],
)
def test_the_list_of_mistakes_calls_fields_as_the_form_does(path: Any, words: str) -> None:
    assert field_words.where("en", path).casefold() == words.casefold()
