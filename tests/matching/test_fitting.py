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
    bits = fit(pairs, records, Context(Counts())).levels["phone", "different"].bits
    assert (bits < shipped_weights().levels["phone", "different"].bits) is heavier
    assert -5 <= bits <= -0.5


def test_nothing_seen_changes_nothing() -> None:
    found = fit([], [], Context(Counts())).levels
    assert {place: bits.bits for place, bits in found.items()} == pytest.approx(
        {place: bits.bits for place, bits in shipped_weights().levels.items()}
    )
