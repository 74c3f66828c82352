"""Which rules of the routing can be reached, by rules alone; and that it is so for leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records import Destination, Lead
from gateway.routing.choosing import route
from gateway.routing.conditions import Known
from gateway.routing.model import Routing, Rule
from gateway.routing.reaching import place, unreached
from gateway.scoring.model import STAGES
from gateway.scoring.reading_conditions import CELLS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = ("dst_1",)


def rule(*asks: dict[str, Any], to: tuple[str, ...] = HERE, stop: bool = True, **more: Any) -> Rule:
    return Rule("new", 1, asks=asks, destinations=to, stop=stop, **more)


TEHRAN = {"field": "city", "any_of": ["Tehran"]}


@pytest.mark.parametrize(
    "before, wanted, taken",
    [
        ([rule()], rule({"cells": ["A1"]}), True),
        ([rule(stop=False)], rule({"cells": ["A1"]}), False),
        ([rule(to=())], rule({"cells": ["A1"]}), True),
        ([rule(to=("dst_off",))], rule({"cells": ["A1"]}), False),  # all of its places are disabled: it goes on
        ([rule({"cells": ["A1"]})], rule({"cells": ["A1", "A2"]}), False),
        ([rule({"cells": ["A1"]}), rule({"cells": ["A2"]})], rule({"cells": ["A1", "A2"]}), True),
        ([rule({"contact": True}), rule({"contact": False})], rule(), True),
        ([rule(per_day=5)], rule({"cells": ["A1"]}), False),  # over its cap a rule goes on …
        ([rule(per_day=5)], rule({"contact": True}), True),  # … but never for who asked to be contacted (rule 25)
        ([rule({"stages": list(STAGES)})], rule({"cells": ["A1"]}), False),  # a lead may stand in none
        ([rule({"segments": ["a", "b"]})], rule({"segments": ["a"]}, {"cells": ["A1"]}), True),
        ([rule({"segments": ["a"]})], rule({"segments": ["a", "b"]}), False),
        ([rule({"consent": "marketing"})], rule({"consent": "marketing"}), True),
        ([rule({"consent": "marketing"})], rule(), False),
        ([rule({**TEHRAN, "any_of": ["Tehran", "Qom"]})], rule(TEHRAN), True),
        ([rule({**TEHRAN, "negated": True})], rule({**TEHRAN, "negated": True}), True),
        ([rule({**TEHRAN, "any_of": ["Tehran", "Qom"], "negated": True})], rule({**TEHRAN, "negated": True}), False),
        ([rule({"field": "city", "contains": ["x"]})], rule(TEHRAN), False),
    ],
)
def test_which_rules_take_every_lead_of_another(before: list[Rule], wanted: Rule, taken: bool) -> None:
    told = unreached([*before, replace(wanted, id="wanted")], HERE, NOW).get("wanted")
    assert (told is not None and told.why == "covered") is taken


def test_what_is_told_names_the_rules_and_the_day() -> None:
    first, other = Rule("a", 1, destinations=HERE, stop=True), Rule("b", 2, destinations=HERE, idle_since=NOW)
    off = Rule("c", 1, destinations=("dst_off",), idle_since=NOW - timedelta(days=31))
    assert unreached([first, other], HERE, NOW)["b"].by == (first,)
    assert unreached([other], HERE, NOW) == {}
    assert unreached([other], HERE, NOW + timedelta(days=30))["b"].since == NOW
    assert unreached([off], HERE, NOW)["c"].why == "off"


def test_a_new_rule_is_put_before_what_would_leave_it_nothing() -> None:
    a1, low, every = rule({"cells": ["A1"]}), rule({"cells": ["E4"]}, to=()), rule()
    assert place(rule({"cells": ["A1"]}, TEHRAN), [a1, low], HERE) == 0
    assert place(rule({"cells": ["B1"]}), [a1, every], HERE) == 1
    assert place(rule({"cells": ["B1", "E4"]}), [a1, low], HERE) == 1
    assert place(every, [a1, low], HERE) == 2
    assert place(rule({"cells": ["D4"]}, to=()), [a1, low], HERE) == 2
    assert place(a1, [], HERE) == 0


ASKS = st.lists(
    st.one_of(
        st.lists(st.sampled_from(CELLS[:3]), min_size=1, max_size=3).map(lambda some: {"cells": some}),
        st.lists(st.sampled_from(STAGES[:2]), min_size=1, max_size=2).map(lambda some: {"stages": some}),
        st.booleans().map(lambda asked: {"contact": asked}),
        st.lists(st.sampled_from("ab"), min_size=1, max_size=2).map(lambda some: {"segments": some}),
    ),
    max_size=2,
)
RULES = st.builds(
    rule, st.just({"cells": list(CELLS[:3])}), to=st.sampled_from([HERE, ()]), stop=st.booleans()
).flatmap(lambda one: ASKS.map(lambda asks: Rule("new", 1, "", tuple(asks), one.destinations, one.stop)))
LEADS = st.builds(
    lambda cell, stage, asked, segments: Lead(
        id="lead_1", site_id="site_1", version=1, created_at=NOW, updated_at=NOW, grade=cell[0],
        interest=int(cell[1]), stage=stage, contact_requested=asked, segments=tuple(segments),
    ),
    st.sampled_from(CELLS[:3]),
    st.sampled_from([None, *STAGES[:2]]),
    st.booleans(),
    st.sets(st.sampled_from("ab")),
)  # fmt: skip


@given(st.lists(RULES, min_size=1, max_size=4), LEADS)
def test_no_lead_ever_gets_to_a_rule_that_is_called_out_of_reach(rules: list[Rule], lead: Lead) -> None:
    numbered = tuple(Rule(str(n), n, "", one.asks, one.destinations, one.stop) for n, one in enumerate(rules, 1))
    there = Destination("dst_1", "site_1", "webhook", "CRM", {})
    found = route(Known(lead, NOW, ZoneInfo("UTC")), Routing(numbered), [there])
    told = unreached(numbered, HERE, NOW)
    assert not {one.id for one in found.held} & told.keys()
