"""What becomes of two leads that may be one person, case by case."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from verification.ladder import LADDER_OF_TWO, Rung, Says, Shared, Then, Two, both_confirmed, decide, shared


@pytest.mark.parametrize(
    ("two", "outcome"),
    [
        # weak evidence links: what anybody can type
        (Two("same"), "link"),
        (Two("same", shared="claimed"), "link"),
        # strong evidence merges: each has shown it
        (Two("same", shared="shown"), "merge"),
        (Two("same", shared="crm"), "merge"),
        (Two("different", shared="crm"), "merge"),
        # not enough for either
        (Two("possible"), "show"),
        (Two("possible", shared="shown"), "show"),
        (Two("different"), "nothing"),
        (Two("different", shared="shown"), "nothing"),
    ],
)
def test_r2_weak_evidence_links_and_strong_evidence_merges(two: Two, outcome: Then) -> None:
    assert decide(two) == outcome


@pytest.mark.parametrize(
    ("two", "outcome"),
    [
        (Two("same", shared="shown", both_confirmed=True), "link"),
        (Two("same", shared="crm", both_confirmed=True), "link"),
        (Two("different", shared="crm", both_confirmed=True), "show"),
        (Two("possible", both_confirmed=True), "show"),
    ],
)
def test_r2_two_confirmed_ones_never_merge_by_themselves(two: Two, outcome: Then) -> None:
    assert decide(two) == outcome


@pytest.mark.parametrize(
    ("two", "outcome"),
    [
        # one phone, two names; one address, two names; an office's mailbox
        (Two("possible", shared="claimed", contradict=True), "show"),
        (Two("possible", shared="shown", contradict=True), "show"),
        (Two("different", shared="shown", contradict=True), "show"),
        (Two("different", shared="crm", contradict=True), "show"),
        (Two("same", contradict=True), "show"),  # a third record of theirs says otherwise
        (Two("different", shared="claimed", contradict=True), "nothing"),
        (Two("different", contradict=True), "nothing"),
    ],
)
def test_r9_a_contradiction_keeps_apart_and_is_shown(two: Two, outcome: Then) -> None:
    assert decide(two) == outcome


def test_staffs_word_stands_over_everything() -> None:
    for says, share, contradict, confirmed in product(get_args(Says), get_args(Shared), (True, False), (True, False)):
        assert decide(Two(says, share, contradict, confirmed, kept_apart=True)) == "nothing"


def test_each_line_of_the_table_decides_something() -> None:
    cases = product(get_args(Says), get_args(Shared), *[(True, False)] * 3)
    used = set()
    for says, share, contradict, confirmed, apart in cases:
        two = Two(says, share, contradict, confirmed, apart)
        used.add(next(place for place, rung in enumerate(LADDER_OF_TWO) if _fits(two, rung)))
        assert decide(two) in get_args(Then)
    assert used == set(range(len(LADDER_OF_TWO)))


def _fits(two: Two, rung: Rung) -> bool:
    yes = {True: "yes", False: "no"}
    said = (yes[two.kept_apart], yes[two.contradict], yes[two.both_confirmed], two.shared, two.says)
    return all(wanted in {"-", is_so} for wanted, is_so in zip(rung[:-1], said, strict=True))


@pytest.mark.parametrize(
    ("ones", "others", "found"),
    [
        ({"phone": {"+98912": "typed"}}, {"phone": {"+98912": "confirmed"}}, "claimed"),
        ({"phone": {"+98912": "confirmed"}}, {"phone": {"+98912": "import"}}, "claimed"),
        ({"phone": {"+98912": "confirmed"}}, {"phone": {"+98912": "staff"}}, "shown"),
        ({"phone": {"+98912": "confirmed"}}, {"phone": {"+98935": "confirmed"}}, "none"),
        ({"crm": {"hubspot:1": "crm"}}, {"crm": {"hubspot:1": "crm"}}, "crm"),
        ({"crm": {"hubspot:1": "crm"}}, {"crm": {"didar:1": "crm"}}, "none"),
        ({}, {"phone": {"+98912": "confirmed"}}, "none"),
    ],
)
def test_r9_shown_is_only_what_each_has_shown(
    ones: dict[str, dict[str, str]], others: dict[str, dict[str, str]], found: Shared
) -> None:
    assert shared([ones], [others]) == shared([others], [ones]) == found


def test_a_person_shows_what_any_of_its_records_shows() -> None:
    typed, confirmed = {"phone": {"+98912": "typed"}}, {"phone": {"+98912": "confirmed"}}
    assert shared([typed, confirmed], [confirmed]) == "shown"


@pytest.mark.parametrize(
    ("ones", "others", "both"),
    [
        ({"email": {"a@example.com": "confirmed"}}, {"email": {"b@example.com": "confirmed"}}, True),
        ({"email": {"a@example.com": "confirmed"}}, {"email": {"b@example.com": "typed"}}, False),
        ({"phone": {"+98912": "confirmed"}}, {"phone": {"+98935": "staff"}}, True),
        ({"phone": {"+98912": "confirmed"}}, {"phone": {"+98912": "confirmed"}}, False),
        ({"email": {"a@example.com": "confirmed"}}, {"phone": {"+98912": "confirmed"}}, False),
    ],
)
def test_r2_both_confirmed_means_another_mailbox_or_number_each(
    ones: dict[str, dict[str, str]], others: dict[str, dict[str, str]], both: bool
) -> None:
    assert both_confirmed([ones], [others]) is both
