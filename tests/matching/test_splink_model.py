"""A site's own weights: what Splink wrote is read as ours, weighs a pair alike, and is refused where it is not ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf, log2
from pathlib import Path
from typing import Any

import pytest

from verification.matching.frequencies import Counts
from verification.matching.judge import Context, judge, kind_of, levels
from verification.matching.records import COUNTED, Record, pack, prepare
from verification.matching.splink_model import ModelError, condition, read_model
from verification.matching.splink_rows import caps, key_numbers, level, row
from verification.matching.splink_settings import Shares, as_shipped, beginning, bits, is_learnt, settings
from verification.matching.weights import shipped_weights

DATA = Path(__file__).parent / "data/splink"  # by: python -m bench.relearning.agreement --write
MODEL = (DATA / "model.json").read_text("utf-8")
KEPT = json.loads((DATA / "pairs.json").read_text("utf-8"))
OURS_ALONE = {"names", "place", "job", "household", "prior"}  # parts that docs/identity-matching.md lists


class Shared(Counts):
    """The shares that Splink weighed by."""

    def rarity(self, kind: str, value: str) -> float:
        return -log2(KEPT["shares"][kind][value])


def pairs() -> list[tuple[Record, Record, float]]:
    """Those that agree today as they did when Splink weighed them, with its weight."""
    kept = [(prepare(one["left"]), prepare(one["right"]), one) for one in KEPT["pairs"]]
    return [(left, right, one["weight"]) for left, right, one in kept if levels(left, right) == one["levels"]]


def test_splink_and_the_online_judge_weigh_the_same_pair_alike() -> None:
    context = Context(Shared(), read_model(MODEL))
    assert len(pairs()) > len(KEPT["pairs"]) / 2  # else write the data anew
    for left, right, by_splink in pairs():
        ours = sum(part.weight for part in judge(left, right, context).parts if part.field not in OURS_ALONE)
        assert ours == pytest.approx(by_splink, abs=0.01), (left, right)


def test_the_pairs_show_most_of_what_there_is_to_agree_on() -> None:
    shown = {place for left, right, _ in pairs() for place in levels(left, right).items()}
    assert len(shown) >= 30 and {"first_name", "email", "phone", "company", "city"} <= {field for field, _ in shown}


def test_what_is_ours_alone_stays_as_shipped() -> None:
    found, shipped = read_model(MODEL), shipped_weights()
    assert (found.same, found.possible, found.names_above) == (shipped.same, shipped.possible, shipped.names_above)
    assert found.levels.keys() == shipped.levels.keys()


def test_a_level_that_was_not_learnt_weighs_what_is_shipped() -> None:
    found, shipped = read_model(MODEL).levels, shipped_weights().levels
    for place in (("email", "same"), ("first_name", "different"), ("swapped", "swapped")):
        assert found[place].bits == pytest.approx(shipped[place].bits)
    assert found["email", "same"].most == pytest.approx(shipped["email", "same"].most)


def edited(change: Callable[[list[dict[str, Any]]], object]) -> str:
    """The model, its comparisons changed."""
    model = json.loads(MODEL)
    change(model["comparisons"])
    return json.dumps(model)


def of(comparisons: list[dict[str, Any]], field: str, name: str) -> dict[str, Any]:
    levels = next(one["comparison_levels"] for one in comparisons if one["output_column_name"] == field)
    return next(one for one in levels if one["sql_condition"] == condition(field, name))


def test_a_field_that_the_model_lacks_weighs_what_is_shipped() -> None:
    found = read_model(edited(lambda comparisons: comparisons.pop(0)))
    assert found.levels["first_name", "same"] == shipped_weights().levels["first_name", "same"]


def test_without_a_smallest_share_a_level_has_no_cap() -> None:
    found = read_model(edited(lambda all_of: of(all_of, "last_name", "same").pop("tf_minimum_u_value")))
    assert found.levels["last_name", "same"].most == inf


def first(comparisons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The levels of the first name: what is missing, ours, the measure of frequencies, the rest."""
    found: list[dict[str, Any]] = comparisons[0]["comparison_levels"]
    return found


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "no JSON"),
        ("[]", "not a model of Splink"),
        ('{"comparisons": []}', "not a model of Splink"),
        ('{"comparisons": [1]}', "comparison '': none of first_name"),
        ('{"comparisons": [{"output_column_name": "dob"}]}', "comparison 'dob': none of"),
        ('{"comparisons": [{"output_column_name": "email"}]}', "email: no comparison_levels"),
        (edited(lambda all_of: all_of.append(all_of[0])), "first_name: compared twice"),
        (edited(lambda all_of: of(all_of, "email", "different").pop("m_probability")), "m_probability is None"),
        (edited(lambda all_of: of(all_of, "email", "slip").update(u_probability=0)), "email, slip: u_probability is 0"),
        (edited(lambda all_of: of(all_of, "city", "same").update(m_probability=True)), "m_probability is True"),
        (edited(lambda all_of: of(all_of, "city", "same").update(tf_adjustment_column="x")), "are city_key's, not 'x'"),
        (edited(lambda all_of: of(all_of, "city", "same").update(tf_adjustment_weight=0.5)), "by their whole weight"),
        (edited(lambda all_of: of(all_of, "city", "near").update(sql_condition="1 = 1")), "is asked by '1 = 1'"),
        (edited(lambda all_of: first(all_of).append(first(all_of)[1])), "stands twice"),
        (edited(lambda all_of: first(all_of).pop(-2)), "no level measures the frequencies of first_key"),
        (edited(lambda all_of: first(all_of)[0].update(sql_condition="x")), "what is missing asks 'x'"),
        (edited(lambda all_of: first(all_of)[-1].update(m_probability=1)), "no level fits weighs"),
    ],
)  # fmt: skip
def test_what_is_no_model_of_ours_is_refused_by_name(text: str, wrong: str) -> None:
    with pytest.raises(ModelError, match=wrong.replace("[", "\\[")):
        read_model(text)


REFERENCES = dict.fromkeys(COUNTED, 0.01)


def test_what_splink_gets_to_begin_with_reads_back_as_shipped() -> None:
    found = read_model(json.dumps(settings(beginning({}, REFERENCES), REFERENCES, 0.001)))
    for place, shipped in shipped_weights().levels.items():
        assert found.levels[place].bits == pytest.approx(shipped.bits), place
        assert found.levels[place].rare == shipped.rare
        assert not shipped.rare or found.levels[place].most == pytest.approx(shipped.most)


def test_shares_are_shares_and_a_fields_free_ones_add_up() -> None:
    sampled = {("city", "same"): 0.2, ("city", "different"): 0.7, ("city", "near"): 0.1}
    found = beginning(sampled, REFERENCES)
    assert all(0 < share <= 1 for shares in found.values() for share in shares)
    assert sum(shares.m for place, shares in found.items() if place[0] == "city") == pytest.approx(1, abs=0.05)
    assert {place[0] for place in found if is_learnt(place)} == {"city"}  # the rest is in no row
    assert found["city", "same"].u == 0.2


@pytest.mark.parametrize("place", shipped_weights().levels)
def test_any_level_can_be_set_to_what_is_shipped(place: tuple[str, str]) -> None:
    for m in (1e-9, 0.3, 1.0):
        shares = as_shipped(place, m, REFERENCES)
        assert 0 < shares.m <= 1 and 0 < shares.u <= 1
        assert bits(place, shares, REFERENCES) == pytest.approx(shipped_weights().levels[place].bits)


def test_a_learnt_weight_is_log2_of_m_over_u_and_rarity_goes_by_its_kind() -> None:
    assert bits(("city", "different"), Shares(0.1, 0.8), REFERENCES) == pytest.approx(-3)
    assert bits(("city", "same"), Shares(0.8, 0.1), {"city": 0.25}) == pytest.approx(3 - 2)
    assert (kind_of("company", "domain"), kind_of("company", "same"), kind_of("first_name", "slip")) == (
        "domain", "company", "first",
    )  # fmt: skip


def test_a_row_for_splink_is_the_record_and_its_values() -> None:
    sara = prepare({"first_name": "Sara", "email": "sara@acme.ir", "phone": "0912 123 4567", "city": "تهران"})
    found = row(sara)
    assert found["record"] == pack(sara) and found["first_key"] == "sara" and found["last_key"] is None
    assert {number >> 32 for number in key_numbers(sara)} <= {kind for kind, _ in caps()}
    assert level("first_name", pack(sara), pack(sara)) == "same"
    assert level("last_name", pack(sara), pack(sara)) is None
