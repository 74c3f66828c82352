"""What became of a lead, and what was known of it when it was handed to sales."""

from __future__ import annotations

import pytest

from gateway.records import Event, Fact
from gateway.scoring.calibrating.freezing import Ended, ended, known, seen
from tests.scoring.building import event, on


def told(kind: str, days: float) -> Event:
    return event(kind, days, source="crm")


@pytest.mark.parametrize(
    "what, outcome",
    [
        (["won"], "won"),
        (["lost"], "lost"),
        (["bad"], "bad"),
        (["customer"], "won"),
        (["deal_opened"], None),
        ([], None),
        (["deal_opened", "won"], "won"),
        (["lost", "won"], "won"),
        (["lost", "deal_opened", "won"], "won"),
        (["won", "lost"], "lost"),  # put right
        (["lost", "bad"], "bad"),
        (["won", "deal_opened", "lost"], "won"),  # another deal with a customer
        (["customer", "deal_opened", "lost"], "won"),
        (["lost", "deal_opened"], "lost"),
    ],
)
def test_the_latest_outcome_stands_until_another_deal_is_opened(what: list[str], outcome: str | None) -> None:
    found = ended([told(kind, day) for day, kind in enumerate(what, start=10)], on(5))
    assert found == (outcome and Ended(outcome, on(5)))


def test_a_customer_before_the_hand_over_says_nothing_of_it() -> None:
    assert ended([told("customer", 3)], on(5)) == Ended("customer", on(3))
    assert ended([told("customer", 3)], None) == Ended("customer", on(3))
    assert ended([told("customer", 3), told("lost", 9)], on(5)) == Ended("lost", on(5))


def test_without_a_delivery_the_first_that_sales_told_counts_as_the_hand_over() -> None:
    assert ended([told("deal_opened", 4), told("won", 9)], None) == Ended("won", on(4))
    assert ended([told("lost", 4), told("won", 9)], on(7)) == Ended("won", on(4)), "sales knew the lead by then"


def test_an_outcome_that_a_browser_tells_is_none() -> None:
    assert ended([event("won", 9, source="browser")], on(5)) is None


def test_what_sales_said_later_does_not_leak() -> None:
    """By hand: handed over on day 5. Sales wrote on day 2 and later; only what others said up to day 5 stays."""
    mine = [event("page_view", 1), event("submission", 5, source="form")]
    theirs = [event("contact_request", 2, source="staff"), event("unsubscribed", 3, source="crm")]
    late = [event("content_view", 6), event("won", 9, source="api"), event("deal_opened", 4, source="api")]
    assert seen([*mine, *theirs, *late], on(5)) == mine
    typed = Fact("budget", "low", "typed", "sub_1", on(5), "former")
    written = Fact("budget", "high", "staff", "staff:u", on(2))
    asked = Fact("seniority", "head", "crm", "crm:d", on(3))
    later = Fact("city", "tehran", "typed", "sub_2", on(6))
    assert known([typed, written, asked, later], on(5)) == [typed]
