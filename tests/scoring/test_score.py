"""The score's arithmetic: points, caps, bounds, idle months, each a line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.records import Event
from gateway.scoring.idle import Period
from gateway.scoring.rulebook import from_toml, shipped
from gateway.scoring.score import Score, fold
from tests.scoring.building import answer, book, event, on


def lines(score: Score) -> list[tuple[int, int, str]]:
    return [(line.points, line.balance, line.code) for line in score.lines]


@pytest.mark.parametrize(
    "happened, points",
    [
        (event("page_view"), 1),
        (event("download", name="guide"), 10),
        (event("download", name="guide", level="top"), 10),
        (event("assessment"), 20),
        (event("download", name="prices", level="bottom"), 30),
        (event("content_view", url="https://shop.example/prices"), 30),
        (event("content_view", level="top"), 0),
        (event("payment_view"), 40),
        (answer("time_to_buy", "0_3"), 30),
        (answer("time_to_buy", "۰_۳"), 30),
        (answer("time_to_buy", "3_6"), 15),
        (answer("time_to_buy", "later"), 0),
        (answer("company_size", "11-50"), 0),
        (event("submission"), 0),
    ],
)
def test_r24_shipped_points_are_the_articles(happened, points):
    assert fold(shipped(), [happened], on(0)).total == points


@pytest.mark.parametrize("said", [event("unsubscribed", 1), answer("do_business", "studying", 1)])
def test_disinterest_that_is_said_takes_fifteen_off(said):
    assert fold(shipped(), [event("assessment"), said], on(1)).total == 5


def test_the_line_of_a_stated_preference_is_the_contracts():
    (line,) = fold(shipped(), [answer("time_to_buy", "0_3")], on(0)).lines
    assert (line.points, line.code, line.params["within_months"]) == (30, "time_to_buy", 3)


@pytest.mark.parametrize(
    "minutes, total",
    [((0, 10, 35, 60), 1), ((0, 40), 1), ((0, 24 * 60), 2), ((12 * 60 + 20, 12 * 60 + 40), 1)],
    ids=["one long visit", "two visits a day", "two days", "one visit over midnight in Tehran"],
)
def test_r23_a_visit_counts_once_a_day(minutes, total):
    views = [event("page_view", minute / 1440) for minute in minutes]
    assert fold(shipped(), views, on(2)).total == total


def test_r22_a_lead_downloads_an_offer_once():
    first, again = event("download", 0, name="guide"), event("download", 5, name="guide")
    score = fold(shipped(), [first, again, event("download", 5, name="other")], on(5))
    assert lines(score) == [(10, 10, "downloads_top"), (0, 10, "capped_subject"), (10, 20, "downloads_top")]


def test_caps_in_all_and_a_day_say_which_one_held():
    views = [event("payment_view", days) for days in (0, 0.1, 1, 2, 3)]
    rulebook = from_toml(
        book('[[rules]]\ncode="views_payment_form"\nevent="payment_view"\npoints=1\nper_day=1\ntimes=3')
    )
    codes = [line.code for line in fold(rulebook, views, on(3)).lines]
    assert codes == ["views_payment_form", "capped_day", *["views_payment_form"] * 2, "capped_times"]


def test_r23_the_clamp_is_a_line_of_its_own():
    many = [event("assessment", 0.1 * n, name=str(n)) for n in range(5)]
    score = fold(shipped(), [*many, event("page_view", 1)], on(1))
    assert lines(score)[-2:] == [(1, 100, "visits_site"), (-1, 100, "clamp_top")]


def test_r23_the_score_does_not_fall_below_zero():
    score = fold(shipped(), [event("page_view"), event("unsubscribed", 1)], on(1))
    assert lines(score) == [(1, 1, "visits_site"), (-15, 0, "unsubscribes"), (14, 0, "clamp_bottom")]


@pytest.mark.parametrize("days, total", [(29.9, 30), (30, 20), (59.9, 20), (60, 10), (90, 0), (400, 0)])
def test_r23_each_idle_month_takes_ten_off(days, total):
    assert fold(shipped(), [answer("time_to_buy", "0_3")], on(days)).total == total


def test_r23_a_sign_of_interest_starts_the_month_anew():
    score = fold(shipped(), [event("assessment"), event("page_view", 29)], on(58))
    assert (score.total, score.changes_at) == (21, on(59))


def test_r23_what_does_not_score_does_not_stop_the_month():
    seen = [event("assessment"), event("email_click", 20, human=False), event("bounced", 25), event("submission", 28)]
    assert fold(shipped(), seen, on(30)).total == 10


def test_nothing_is_left_to_fade_from_an_empty_score():
    score = fold(shipped(), [event("page_view")], on(500))
    assert lines(score) == [(1, 1, "visits_site"), (-10, 0, "idle_month"), (9, 0, "clamp_bottom")]
    assert score.changes_at is None


@pytest.mark.parametrize(
    "pauses, total, changes",
    [
        ([], 10, on(60)),
        ([Period(on(10), on(20))], 20, on(40)),
        ([Period(on(10), on(20)), Period(on(15), on(25))], 20, on(45)),
        ([Period(on(10))], 20, None),
        ([Period(on(33), on(36))], 10, on(63)),
    ],
    ids=["none", "ten days", "overlapping", "open", "after the first month"],
)
def test_r23_an_open_deal_pauses_idle_months(pauses, total, changes):
    score = fold(shipped(), [event("assessment")], on(35), pauses=pauses)
    assert (score.total, score.changes_at) == (total, changes)


@pytest.mark.parametrize(
    "odd, code",
    [(event("email_click", human=False), "not_human"), (event("assessment", source="browser"), "wrong_source")],
)
def test_r22_what_is_not_believed_stands_there_at_zero(odd, code):
    assert lines(fold(shipped(), [odd], on(0))) == [(0, 0, code)]


BROWSED = [event("payment_view", 0), event("content_view", 0.1), event("page_view", 0.2)]


def test_r22_browser_events_alone_stay_below_interest_two():
    score = fold(shipped(), BROWSED, on(1))
    assert (score.total, lines(score)[2]) == (49, (-21, 49, "browser_ceiling"))


def test_r22_with_other_evidence_browser_events_count_in_full():
    assert fold(shipped(), [event("assessment", -1), *BROWSED], on(1)).total == 91


def test_r22_evidence_that_is_taken_back_supports_nothing_any_more():
    said = [answer("time_to_buy", "0_3", -2), *BROWSED, answer("time_to_buy", "later", 1)]
    assert fold(shipped(), said, on(1)).total == 49


def test_a_changed_answer_takes_the_earlier_points_back():
    said = [answer("time_to_buy", value, days) for days, value in enumerate(["3_6", "0_3", "0_3", "later"])]
    assert lines(fold(shipped(), said, on(4))) == [
        (15, 15, "time_to_buy"),
        (-15, 0, "answer_replaced"),
        (30, 30, "time_to_buy"),
        (0, 30, "answered_before"),
        (-30, 0, "answer_replaced"),
        (0, 0, "time_to_buy_later"),
    ]


BENEFITS = """
[[rules]]
code = "benefits"
field = "benefits"
[[rules.answers]]
values = ["saves_time"]
points = 5
title = { fa = "زمان", en = "Saves time" }
[[rules.answers]]
values = ["saves_money"]
points = 7
title = { fa = "پول", en = "Saves money" }
"""


def test_several_choices_each_count():
    said = [answer("benefits", ["saves_time", "saves_money"]), answer("benefits", ["saves_money"], 1)]
    assert [line.points for line in fold(from_toml(book(BENEFITS)), said, on(1)).lines] == [5, 7, -5]


def test_an_id_counts_once():
    assert fold(shipped(), [event("assessment"), event("assessment")], on(1)).total == 20


def test_what_lies_ahead_is_not_looked_at():
    assert fold(shipped(), [event("assessment", 2)], on(1)) == Score(0, (), None)


@pytest.mark.parametrize(
    "params, url",
    [
        ({"level": ["top"]}, ""),
        ({"field": {"a": 1}, "value": {}}, ""),
        ({"value": [None, {}]}, "http://[x"),
        ({}, "\x00"),
    ],
)
def test_odd_params_from_the_api_break_nothing(params, url):
    odd = [Event(f"{kind}", kind, on(0), "", url, "api", params=params) for kind in ("content_view", "answer", "?")]
    assert 0 <= fold(shipped(), odd, on(1)).total <= 30


def test_a_rule_may_ask_for_name_and_page():
    text = '[[rules]]\ncode="clicks"\nevent="click"\nname="buy"\nurl_prefix="/prices"\npoints=3\nper_day=9\n'
    rulebook = from_toml(book(text + 'title={fa="کلیک", en="Clicks"}'))
    clicks = [("buy", "https://a.example/prices/x?y"), ("buy", "https://a.example/"), ("sell", "/prices")]
    found = [event("click", n, name=name, url=url) for n, (name, url) in enumerate(clicks)]
    score = fold(rulebook, found, on(3))
    assert [(line.points, line.params["title"]["en"]) for line in score.lines] == [(3, "Clicks")]


def test_lines_carry_no_address_of_a_page():
    view = event("content_view", url="https://a.example/?email=sara@example.ir")
    assert "sara" not in str(fold(shipped(), [view], on(0)))


def test_a_month_is_counted_to_the_moment():
    assert fold(shipped(), [event("assessment")], on(30) - timedelta(seconds=1)).total == 20
