"""Points learnt from outcomes: what was planted is found, what is chance is left alone."""

from __future__ import annotations

import random

import pytest

from gateway.scoring.calibrating.calibrate import calibrate
from gateway.scoring.calibrating.records import LEAST_EACH, OPEN, Calibration, Leads, NothingToLearnError
from tests.scoring.calibrating.making import leads, made, rows_of

PLANTED = {"price_list": 20, "guide": 5, "student": -15, "visit": 0, "phone": 10}
NOTHING = dict.fromkeys(PLANTED, 0)


def codes(found: Calibration) -> list[str]:
    return [one.code for one in found.warnings]


def test_planted_points_are_found_again() -> None:
    found = calibrate(made(6000, PLANTED), {})
    assert found.adopt and found.why.code == "adopted"
    assert {rule: abs(points - PLANTED[rule]) <= 3 for rule, points in found.points.items()} == dict.fromkeys(
        PLANTED, True
    )
    assert all(type(points) is int for points in found.points.values())
    assert all(abs(rule.points - PLANTED[rule.rule]) <= 4 * rule.error for rule in found.rules)


def test_rules_are_fitted_together_not_one_by_one() -> None:
    """A rule that only comes along with another tells nothing of its own."""
    chance, rows = random.Random(2), []
    for _ in range(4000):
        bought = chance.random() < 0.5
        price = int(chance.random() < (0.6 if bought else 0.2))
        rows.append(((price, int(chance.random() < (0.8 if price else 0.2))), int(bought)))
    points = calibrate(leads(("price_list", "comes_along"), rows), {}).points
    assert points["price_list"] >= 20 and abs(points["comes_along"]) <= 3


def test_little_data_leaves_the_points_nearly_as_they_are() -> None:
    in_force = {"price_list": 30, "guide": 10, "student": -20, "visit": 1, "phone": 15}
    few, many = calibrate(made(24, NOTHING), in_force), calibrate(made(5000, NOTHING), in_force)
    assert not few.adopt and few.why.code == "too_few" and few.why.params["needed"] == LEAST_EACH
    assert sum(abs(few.points[rule] - points) for rule, points in in_force.items()) < 0.6 * sum(
        map(abs, in_force.values())
    )
    assert sum(map(abs, many.points.values())) < 15


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("in_force", [{}, {"price_list": 30, "guide": 10, "student": -15}], ids=["none", "some"])
def test_pure_chance_is_never_adopted(seed: int, in_force: dict[str, int]) -> None:
    """Where points are in force the outcomes follow them, and there is nothing to be won."""
    planted = NOTHING | {rule: points // 2 for rule, points in in_force.items()}
    assert not calibrate(made(300, planted, seed=seed), in_force).adopt


@pytest.mark.parametrize("seed", range(5))
def test_a_clear_improvement_is_adopted(seed: int) -> None:
    wrong_way = {"price_list": 1, "guide": 30, "student": 10, "visit": 20}
    found = calibrate(made(800, PLANTED, seed=seed), wrong_way)
    assert found.adopt
    assert found.comparison is not None and found.comparison.auc_gain > found.comparison.auc_error > 0


def test_points_that_stand_upside_down_are_turned() -> None:
    found = calibrate(made(800, {"price_list": 20}), {"price_list": -30})
    assert found.adopt and found.points["price_list"] > 10


def test_the_points_in_force_are_kept_where_they_are_right() -> None:
    found = calibrate(made(2000, PLANTED), PLANTED)
    assert not found.adopt and found.why.code in {"unchanged", "not_better", "not_surer", "by_chance"}
    assert all(abs(points - PLANTED[rule]) <= 4 for rule, points in found.points.items())


def test_fifty_of_each_are_needed() -> None:
    rows = [((1,), 1)] * 49 + [((0,), 0)] * 500
    assert calibrate(leads(("a",), rows), {}).why.code == "too_few"
    assert calibrate(leads(("a",), [*rows, ((1,), 1)]), {}).adopt


def test_what_tells_the_outcome_is_called_a_leak() -> None:
    given = made(600, PLANTED)
    told = [((*row, outcome), outcome) for row, outcome in rows_of(given)]
    found = calibrate(leads((*given.rules, "contract_sent"), told), {})
    leak = next(one for one in found.warnings if one.code == "leak")
    assert leak.params["rule"] == "contract_sent" and leak.params["percent"] > 95
    assert "leak" not in codes(calibrate(given, {}))


def test_open_leads_are_not_lost() -> None:
    given = made(600, PLANTED)
    opened = [*rows_of(given), *[((1, 0, 0, 0, 0), OPEN)] * 400]
    found, without = calibrate(leads(given.rules, opened), {}), calibrate(given, {})
    assert found.points == without.points and found.open == 400
    assert found.rules[0].leads == without.rules[0].leads + 400 and found.rules[0].lost == without.rules[0].lost
    assert codes(found) == ["open"] and found.warnings[0].params == {"count": 400}


def test_the_same_leads_in_any_order_give_the_same() -> None:
    given = made(500, PLANTED)
    shuffled = rows_of(given)
    random.Random(3).shuffle(shuffled)
    assert calibrate(given, {}) == calibrate(given, {}) == calibrate(leads(given.rules, shuffled), {})


def test_rules_without_a_difference_keep_their_points() -> None:
    given = made(600, PLANTED)
    rows = [((*row, 0, 1), outcome) for row, outcome in rows_of(given)]
    found = calibrate(leads((*given.rules, "never", "always"), rows), {"never": 7, "always": -3})
    assert [(rule.points, rule.note, rule.error) for rule in found.rules[-2:]] == [(7, "never", 0), (-3, "always", 0)]
    assert {rule: found.points[rule] for rule in PLANTED} == calibrate(given, {}).points
    assert codes(found) == ["silent"] and found.warnings[0].params == {"rules": "never, always"}


def test_a_table_without_any_difference_is_told_so() -> None:
    found = calibrate(leads(("a", "b"), [((1, 0), outcome) for outcome in (0, 1) * 60]), {"a": 5})
    assert found.points == {"a": 5, "b": 0} and not found.adopt and found.why.code == "unchanged"


def test_twins_share_what_one_would_have() -> None:
    given = made(3000, {"price_list": 20, "guide": 0})
    found = calibrate(
        leads(("price_list", "guide", "twin"), [((*row, row[0]), out) for row, out in rows_of(given)]), {}
    )
    assert abs(found.points["price_list"] - found.points["twin"]) <= 1
    assert abs(found.points["price_list"] + found.points["twin"] - 20) <= 3


@pytest.mark.parametrize("count", [1, 2, 3, 60, 5000])
def test_perfect_separation_stays_within_bounds(count: int) -> None:
    found = calibrate(leads(("a",), [((1,), 1)] * count + [((0,), 0)] * count), {})
    assert 0 <= found.points["a"] <= 100 and found.adopt == (count >= LEAST_EACH)
    assert ("leak" in codes(found)) == (count > 2)


@pytest.mark.parametrize("outcome, code", [(1, "none_lost"), (0, "none_won"), (OPEN, "none_won")])
def test_one_kind_of_outcome_teaches_nothing(outcome: int, code: str) -> None:
    with pytest.raises(NothingToLearnError) as error:
        calibrate(Leads(("a",), bytes([0, 1]), bytes([outcome] * 2)), {})
    assert error.value.code == code


def test_rules_that_few_leads_had_are_named() -> None:
    given = made(400, PLANTED)
    rows = [((*row, int(at < 4)), outcome) for at, (row, outcome) in enumerate(rows_of(given))]
    found = calibrate(leads((*given.rules, "moon_phase"), rows), {"moon_phase": 12})
    assert codes(found) == ["rare"] and found.warnings[0].params["rules"] == "moon_phase"
    assert abs(found.points["moon_phase"] - 12) <= 8  # it stays nearer to its points than what many had


def test_the_rate_at_zero_and_ten_points_are_told_rightly() -> None:
    found = calibrate(made(8000, {"price_list": 10}, base=-2.0), {})
    assert found.rate_at_zero == pytest.approx(1 / (1 + 7.389), abs=0.02)  # e²
    assert abs(found.points["price_list"] - 10) <= 3
