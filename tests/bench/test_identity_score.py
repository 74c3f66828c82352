"""The scorer against answers worked out by hand."""

from __future__ import annotations

import pytest

from bench.identity import answer, report, score
from bench.identity.leads import Dataset

# Six rows: Ada three times, Bob twice, Cem once; 3 + 1 true pairs.
TRUTH = [1, 1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    "clusters, right, found, precision, recall, f1",
    [
        ([1, 1, 1, 2, 2, 3], 4, 4, 1.0, 1.0, 1.0),
        ([1, 2, 3, 4, 5, 6], 0, 0, 1.0, 0.0, 0.0),
        ([1, 1, 1, 1, 1, 1], 4, 15, 4 / 15, 1.0, 8 / 19),
        ([1, 1, 7, 7, 2, 2], 1, 3, 1 / 3, 1 / 4, 2 / 7),  # {A A} {A B} {B C}
    ],
)
def test_pairs_are_counted_as_by_hand(
    clusters: list[int], right: int, found: int, precision: float, recall: float, f1: float
) -> None:
    pairs = score.pairs(TRUTH, clusters)
    assert (pairs.right, pairs.found, pairs.true) == (right, found, 4)
    assert (pairs.precision, pairs.recall, pairs.f1) == pytest.approx((precision, recall, f1))


def test_a_cluster_mixes_people_where_two_stand_in_it() -> None:
    assert score.mixed(TRUTH, [1, 1, 7, 7, 2, 2]) == score.Mixed(clusters=2, of=3)
    assert score.mixed(TRUTH, TRUTH) == score.Mixed(clusters=0, of=2)


def test_lookalikes_are_merged_where_any_two_of_their_rows_are_together() -> None:
    planted = [(1, 2, "family_phone"), (1, 3, "family_phone"), (2, 3, "same_name")]
    assert score.merged(TRUTH, [1, 1, 7, 7, 2, 2], planted) == {"family_phone": (1, 2), "same_name": (1, 1)}


def test_arrivals_are_judged_by_whose_the_earlier_row_is() -> None:
    links = [None, 0, None, 1, 3, None]  # Ada, Ada rightly, Ada missed, Bob to Ada, Bob rightly, Cem
    assert score.arrivals(TRUTH, links) == score.Arrivals(returning=3, right=2, wrong=0, first=3, first_wrong=1)
    links = [None, 0, 1, None, 2, 4]  # Bob comes back and is taken for Ada; Cem is new and taken for Bob
    found = score.arrivals(TRUTH, links)
    assert found == score.Arrivals(returning=3, right=2, wrong=1, first=3, first_wrong=1)
    assert (found.right_share, found.wrong_share, found.first_wrong_share) == pytest.approx((2 / 3, 1 / 3, 1 / 3))


@pytest.mark.parametrize("links", [[1, None], [0, None], [None, -1]])
def test_a_link_to_no_earlier_row_is_refused(links: list[int | None]) -> None:
    with pytest.raises(ValueError, match="no earlier row"):
        score.arrivals([1, 1], links)


def test_rows_that_hang_together_by_pairs_make_one_cluster() -> None:
    assert answer.components(6, [(4, 5), (1, 0), (5, 1)]) == [0, 0, 2, 3, 0, 0]


def test_the_likeliest_earlier_row_is_linked() -> None:
    assert answer.best_earlier(3, [(0, 2, 5.0), (2, 1, 7.0), (0, 1, 1.0)], least=2.0) == [None, None, 1]


def test_rows_with_a_key_in_common_are_one_through_others_as_well() -> None:
    clusters, links = answer.first_with_a_key([["a"], ["b"], ["a", "b"], []])
    assert (clusters, links) == ([0, 0, 0, 3], [None, None, 0, None])


def test_the_best_variant_is_picked_on_the_answers_and_named() -> None:
    data = Dataset("six", [{"created_at": "2024"}] * 6, TRUTH, [(1, 3, "same_name")])
    solved = answer.Answer({"0.95": [1] * 6, "2^9": TRUTH}, seconds=2.0, picks=True, arrivals={"2^9": [None] * 6})
    fixed, best = report.lines(data, "Peer", solved)
    assert (fixed.who, fixed.merged(), fixed.leads_a_second, fixed.arrivals) == ("Peer 0.95", (1, 1), 3.0, None)
    assert (best.who, best.pairs.f1, best.merged()) == ("Peer, best: 2^9", 1.0, (0, 1))
    assert [line.count("|") for line in report.table([fixed, best])][1:] == [13, 13]
