"""What a disagreement weighs in the file at hand."""

from __future__ import annotations

import pytest

from verification.matching.fitting import fit
from verification.matching.frequencies import Counts
from verification.matching.judge import Context
from verification.matching.records import prepare
from verification.matching.weights import shipped_weights

PERSON = {"first_name": "Zuleykha", "last_name": "Qarabaghi", "email": "goldenrose@gmail.com", "phone": "09121234567"}
MOVED = {"phone": "09351112233"}


@pytest.mark.parametrize("moved, heavier", [(0, True), (90, False)])
def test_another_number_says_much_where_numbers_never_change(moved: int, heavier: bool) -> None:
    """Of a hundred pairs that are one person's by everything else, in so many the number differs."""
    records = [prepare(PERSON | {"city": "Tehran"}), prepare(PERSON), prepare(PERSON | MOVED)]
    pairs = [(0, 1)] * (100 - moved) + [(0, 2)] * moved
    bits = fit(pairs, records, Context(Counts()), len(pairs)).levels["phone", "different"].bits
    assert (bits < shipped_weights().levels["phone", "different"].bits) is heavier
    assert -5 <= bits <= -0.5


def test_nothing_seen_changes_nothing() -> None:
    found = fit([], [], Context(Counts()), 0)
    assert found.repeats == 0
    assert {place: bits.bits for place, bits in found.levels.items()} == pytest.approx(
        {place: bits.bits for place, bits in shipped_weights().levels.items()}
    )


@pytest.mark.parametrize(
    "rows, found, bits", [(10, 400, (1.0, 2.0)), (400, 400, (0.9, 1.1)), (4_000, 40, (-3.0, -2.9))]
)
def test_the_prior_rises_with_how_often_people_come_again(rows: int, found: int, bits: tuple[float, float]) -> None:
    """So many pairs of so many rows are one person's, by a sample of ten."""
    records = [prepare(PERSON | {"city": "Tehran"}), prepare(PERSON)] * (rows // 2)
    assert bits[0] <= fit([(0, 1)] * 10, records, Context(Counts()), found).repeats <= bits[1]
