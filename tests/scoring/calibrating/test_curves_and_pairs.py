"""The tables behind the charts, judging by pairs of leads, and rules of two."""

from __future__ import annotations

import random

import pytest

from gateway.scoring.calibrating.calibrate import calibrate
from gateway.scoring.calibrating.cells import cells_of
from gateway.scoring.calibrating.curves import lift
from gateway.scoring.calibrating.judging import auc
from gateway.scoring.calibrating.naming import points_by_column
from gateway.scoring.calibrating.records import Leads
from gateway.scoring.rulebook import shipped
from tests.scoring.calibrating.making import leads, made

import numpy as np  # isort: skip

PLANTED = {"price_list": 20, "guide": 5, "student": -15, "visit": 0, "phone": 10}


@pytest.mark.parametrize(
    "score, won, lost, expected",
    [
        ([1, 2, 3], [0, 0, 2], [3, 1, 0], 1.0),
        ([1, 2, 3], [2, 0, 0], [0, 0, 2], 0.0),
        ([5, 5], [3, 1], [1, 7], 0.5),
        ([0, 1], [1, 3], [3, 1], 0.75),
    ],
)
def test_auc_counts_pairs_and_equal_ones_half(
    score: list[int], won: list[int], lost: list[int], expected: float
) -> None:
    assert auc(np.array(score, float), np.array(won, float), np.array(lost, float)) == pytest.approx(expected)


def test_lift_adds_up_and_falls() -> None:
    found = calibrate(made(3000, PLANTED), {})
    for bands in (found.lift, found.lift_in_force):
        assert sum(band.leads for band in bands) == 3000 and len(bands) == 10
        assert sum(band.won for band in bands) == pytest.approx(found.won)
        assert bands[-1].reached == pytest.approx(1)
    assert found.lift[0].lift > 1.4 and found.lift[-1].lift < 0.7
    assert [round(band.lift, 6) for band in found.lift_in_force] == [1.0] * 10  # no points: every lead is alike


def test_a_few_leads_make_a_few_bands() -> None:
    given = leads(("a",), [((1,), 1), ((0,), 0), ((1,), 0)])
    bands = lift(cells_of(given, np.array([0])), np.array([0.0, 1.0]))
    assert [band.leads for band in bands] == [1, 1, 1] and sum(band.won for band in bands) == pytest.approx(1)
    assert bands[0].rate == pytest.approx(0.5)  # two leads of one score, one of them won


def test_what_is_expected_comes_about() -> None:
    found = calibrate(made(6000, PLANTED), {})
    assert sum(band.leads for band in found.reliability) == 6000
    assert sum(band.low <= band.expected <= band.high for band in found.reliability) >= len(found.reliability) - 1
    expected = [band.expected for band in found.reliability]
    assert expected == sorted(expected) and expected[-1] - expected[0] > 0.3


def test_the_comparison_is_made_on_leads_that_were_not_learnt_from() -> None:
    """With forty rules and no sense, the leads that were learnt from look sorted; others do not."""
    comparison = calibrate(made(300, {f"rule_{number}": 0 for number in range(40)}), {}).comparison
    assert comparison is not None and 0.4 < comparison.auc < 0.6 and comparison.chance > 0.01


def joined(seed: int, worth: float) -> Leads:
    """Two rules that say nothing alone, and much together."""
    chance, rows = random.Random(seed), []
    for _ in range(3000):
        row = [int(chance.random() < 0.4) for _ in range(6)]
        rows.append((row, int(chance.random() < 0.35 + worth * (row[1] and row[4]))))
    return leads([f"rule_{number}" for number in range(6)], rows)


def test_a_pair_that_says_more_than_its_parts_is_found() -> None:
    given = joined(1, 0.35)
    found, plain = calibrate(given, {}, pairs=True), calibrate(given, {})
    assert [(rule.rule, rule.both) for rule in found.rules[6:]] == [("rule_1 & rule_4", ("rule_1", "rule_4"))]
    assert found.points["rule_1 & rule_4"] >= 12 and len(plain.rules) == 6
    assert found.comparison is not None and plain.comparison is not None
    assert found.comparison.loss < plain.comparison.loss
    assert found.rules[6].leads == found.rules[6].won + found.rules[6].lost > 300


@pytest.mark.parametrize("seed", range(6))
def test_no_pair_is_found_in_chance(seed: int) -> None:
    assert len(calibrate(joined(seed, 0), {}, pairs=True).rules) == 6
    assert len(calibrate(made(1000, PLANTED, seed=seed), {}, pairs=True).rules) == len(PLANTED)


def test_columns_are_called_as_the_rulebook_calls_its_rules() -> None:
    found = points_by_column(shipped())
    expected = {"visits_site": 1, "downloads_bottom": 30, "unsubscribes": -15, "time_to_buy": 30, "time_to_buy:3_6": 15,
                "time_to_buy_later": 0, "only_studying": -15, "time_to_buy:studying": -15}  # fmt: skip
    assert {name: found[name] for name in expected} == expected
