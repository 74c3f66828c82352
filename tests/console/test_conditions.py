"""What is typed into the editor of conditions, as TOML has it."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from gateway.web.console import conditions
from gateway.web.console.typed import Typed

FACT, EVENT, STANDING = ({"part": part} for part in conditions.FRESH)


def typed(*lines: dict[str, Any], name: str = "rules.3.when", then: str = "") -> MultiDict[str, str]:
    pairs = [(f"{name}.{n}.{key}", said) for n, line in enumerate(lines) for key, said in line.items()]
    flat = [(key, one) for key, said in pairs for one in (said if isinstance(said, list) else [said])]
    return MultiDict([*flat, ("then", then)])


@pytest.mark.parametrize(
    "line, data",
    [
        ({**FACT, "field": "city", "any_of": ["tehran", " شیراز \n\nkaraj"]},
         {"field": "city", "any_of": ["tehran", "شیراز", "karaj"]}),
        ({**FACT, "field": "job", "any_of": "", "contains": "مدیر\nceo"},
         {"field": "job", "contains": ["مدیر", "ceo"]}),
        ({**FACT, "field": "", "other": "budget_range", "negated": "1"},
         {"field": "budget_range", "negated": True}),
        ({**FACT, "field": "size", "test": "range", "min": "۵۰", "max": "2٫5", "any_of": "lost"},
         {"field": "size", "min": 50, "max": 2.5}),
        ({**FACT, "field": "size", "test": "range", "max": "many"}, {"field": "size", "max": "many"}),
        ({**FACT, "field": "size", "test": "range"}, {"field": "size", "min": ""}),
        ({**FACT, "field": "email", "test": "domains"}, {"field": "email", "email_domains": []}),
        ({**EVENT, "event": "download", "level": "top", "at_least": "۳", "within_days": "x", "name": " "},
         {"event": "download", "level": "top", "at_least": 3, "within_days": "x"}),
        ({**EVENT}, {"event": ""}),
        ({**STANDING, "cells": ["A1", "–4"], "score_min": "0", "contact_requested": "no"},
         {"cells": ["A1", "–4"], "score_min": 0, "contact_requested": False}),
        ({**STANDING}, {}),
    ],
)  # fmt: skip
def test_a_line_becomes_what_toml_has_with_what_was_typed(line: dict[str, Any], data: dict[str, Any]) -> None:
    assert conditions.read(typed(line), "rules.3.when") == [data]


TWO = ({**EVENT, "event": "won"}, {**EVENT, "event": "lost"})
WON, LOST = {"event": "won"}, {"event": "lost"}


@pytest.mark.parametrize(
    "then, left",
    [
        ("add w fact", [WON, LOST, {"field": ""}]),
        ("add w event", [WON, LOST, {"event": ""}]),
        ("add w standing", [WON, LOST, {}]),
        ("add w nonsense", [WON, LOST]),
        ("drop w 0", [LOST]),
        ("drop w 7", [WON, LOST]),
        ("drop w -1", [WON, LOST]),
        ("drop w " + "7" * 5000, [WON, LOST]),
        ("up w 1", [LOST, WON]),
        ("up w 0", [WON, LOST]),
        ("down w 0", [LOST, WON]),
        ("show", [WON, LOST]),
        ("save", None),
        ("add other fact", None),
    ],
)
def test_a_button_changes_the_lines_and_loses_nothing(then: str, left: Any) -> None:
    assert conditions.changed(typed(*TWO, name="w", then=then), "w") == left


def test_lines_keep_their_order_and_gaps_are_closed() -> None:
    form = MultiDict([(f"w.{n}.part", "event") for n in (10, 2)] + [("w.10.event", "lost"), ("w.2.event", "won")])
    assert conditions.read(form, "w") == [WON, LOST]
    assert conditions.read(form, "v") == []


@pytest.mark.parametrize(
    "said, kept",
    [
        (
            '{"code": "later", "params": {"within_months": 3}, "other": 1}',
            {"code": "later", "params": {"within_months": 3}},
        ),
        ('{"code": null, "params": {"a": null}}', {}),
        ('{"params": [1]}', {}),
        ("[" * 30_000, {}),
        ("nonsense", {}),
        ("", {}),
    ],
    ids=["ours", "nothing", "a list", "deep", "no JSON", "empty"],
)
def test_what_a_page_sends_back_unseen_is_only_what_ours_send(said: str, kept: Any) -> None:
    assert Typed(MultiDict({"a.keeps": said}), "a").kept("keeps", ("code", "params")) == kept
