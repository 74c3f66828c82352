"""Groups, windows, conditions, attributes, and points that end."""

from __future__ import annotations

import pytest

from gateway.scoring.known import Known
from gateway.scoring.rulebook import from_toml
from gateway.scoring.score import Score, fold
from tests.scoring.building import RICH, answer, book, event, fact, on

BOOK = from_toml(book(RICH))


def score(*events, until=0.0, facts=()) -> Score:
    return fold(BOOK, events, on(until), known=Known.over_time(facts, on(until)))


def lines(found: Score) -> list[tuple[int, int, str]]:
    return [(line.points, line.balance, line.code) for line in found.lines]


def read(days: float) -> object:
    return event("content_view", days, source="api", name=str(days))


def test_a_group_gives_at_most_so_many_points_at_one_time():
    found = score(*(read(day) for day in range(4)), until=4)
    assert lines(found)[-2:] == [(8, 25, "reads"), (-7, 25, "capped_group")]
    assert found.lines[-1].params["limit"] == 25


def test_half_of_a_groups_points_go_each_half_life_until_none_are_left():
    found = score(read(0), until=29)
    assert (lines(found), found.changes_at) == ([(8, 8, "reads"), (-4, 4, "half_life")], on(30))
    faded = [line for line in lines(score(read(0), read(1), until=29)) if line[2] == "half_life"]
    assert faded == [(-8, 8, "half_life")], "the last event of the group starts it anew"


def test_half_lives_and_idle_months_take_in_the_order_of_their_days():
    found = score(*(read(day) for day in (0, 1, 2, 3)), until=50)
    assert lines(found)[-4:] == [
        (-13, 12, "half_life"), (-10, 2, "idle_month"), (-6, 0, "half_life"), (4, 0, "clamp_bottom"),
    ]  # fmt: skip
    assert found.changes_at is None


def test_a_rule_counts_so_often_within_so_many_days():
    uses = [event("feature_used", day) for day in (0, 1, 2, 7.5)]
    assert lines(score(*uses, until=8)) == [
        (6, 6, "tries"), (6, 12, "tries"), (0, 12, "capped_window"), (6, 18, "tries"),
    ]  # fmt: skip


def test_points_that_last_so_long_are_taken_back():
    found = score(event("feature_used"), until=14.9)
    assert (found.total, found.changes_at) == (6, on(15))
    assert lines(score(event("feature_used"), until=15)) == [(6, 6, "tries"), (-6, 0, "expired")]


BOUNDED = """
[[groups]]
key = "uses"
title = {{ fa = "کاربرد", en = "Uses" }}
{group}
[[rules]]
code = "buys"
title = {{ fa = "خرید", en = "Buys" }}
event = "trial_started"
points = 20
{buys}
[[rules]]
code = "tries"
title = {{ fa = "آزمود", en = "Tries" }}
event = "feature_used"
points = 20
lasts_days = 15
group = "uses"
[[rules]]
code = "needs"
field = "needs"
group = "uses"
[[rules.answers]]
values = ["now"]
points = 20
code = "needs_now"
title = {{ fa = "اکنون", en = "Now" }}
[[rules]]
code = "near"
title = {{ fa = "نزدیک", en = "Near" }}
points = 20
group = "uses"
[[rules.when]]
field = "city"
any_of = ["tehran"]
"""
MOVED = (fact("city", "tehran", 1, "former"), fact("city", "shiraz", 2))


@pytest.mark.parametrize(
    ("group", "buys", "events", "facts", "code"),
    [
        (
            "most = 20",
            'group = "uses"',
            [answer("needs", "now", 1), answer("needs", "later", 2)],
            (),
            "answer_replaced",
        ),
        ("most = 20", 'group = "uses"', [], MOVED, "attribute_gone"),
        ("half_life_days = 10", "", [event("feature_used", 0)], (), "expired"),
        ("half_life_days = 10", "", [answer("needs", "now"), answer("needs", "later", 12)], (), "answer_replaced"),
    ],
)
def test_no_more_is_taken_back_than_was_given_and_still_stands(group, buys, events, facts, code):
    """Else points of other rules would go with it."""
    rules = from_toml(book(BOUNDED.format(group=group, buys=buys)))
    found = fold(rules, [event("trial_started", 0), *events], on(16), known=Known.over_time(facts, on(16)))
    assert code in {line.code for line in found.lines}
    assert found.total == sum(line.points for line in found.lines) == 20


SHORT = """
[[groups]]
key = "uses"
title = { fa = "کاربرد", en = "Uses" }
most = 6
[[rules]]
code = "tries"
title = { fa = "آزمود", en = "Tries" }
event = "feature_used"
points = 6
lasts_days = 40
group = "uses"
"""


def test_points_that_end_on_an_empty_balance_leave_room_in_their_group():
    uses = [event("feature_used", day) for day in (0, 41)]
    found = fold(from_toml(book(SHORT)), uses, on(41))
    assert lines(found)[-1] == (6, 6, "tries"), "the idle month had taken the first ones already"


def test_minus_points_end_too():
    found = score(read(0), event("complained", 1), until=6)
    assert lines(found) == [(8, 8, "reads"), (-9, 0, "complains"), (1, 0, "clamp_bottom"), (9, 9, "expired")]


@pytest.mark.parametrize(
    "known, looked, codes",
    [
        ([fact("size", "۲۵۰")], [read(0)], ["reads", "large_and_back"]),
        ([fact("size", "99")], [read(0)], ["reads", "unmet"]),
        ([], [read(0)], ["reads", "unmet"]),
        ([fact("size", "250", 2)], [read(0)], ["reads", "unmet"]),
        ([fact("size", "250")], [], ["unmet"]),
        ([fact("size", "250", 1)], [read(0)], ["reads", "large_and_back"]),
        ([fact("size", "9", -1, "former"), fact("size", "250", 0)], [read(0)], ["reads", "large_and_back"]),
        ([fact("size", "250"), fact("size", "9", 0.5, "former")], [read(0)], ["reads", "large_and_back"]),
        ([fact("size", "250"), fact("size", "9", 0.5, "proposed")], [read(0)], ["reads", "large_and_back"]),
    ],
    ids=["both", "too small", "unknown", "known later", "did not read", "known at once", "changed before",
         "set aside again", "only proposed"],
)  # fmt: skip
def test_conditions_are_joined_by_and_and_read_what_was_so_at_that_time(known, looked, codes):
    found = score(*looked, event("payment_view", 1, source="api"), until=3, facts=known)
    assert [line.code for line in found.lines] == codes


def test_a_condition_on_what_happened_looks_back_so_many_days():
    late = event("payment_view", 10, source="api")
    assert lines(score(read(0), late, until=10, facts=[fact("size", "250")]))[-1] == (0, 8, "unmet")


def test_an_attribute_gives_its_points_as_long_as_it_holds():
    moved = [fact("city", "تهران", 0, "former"), fact("city", "Shiraz", 3)]
    assert lines(score(until=2, facts=[fact("city", "تهران")])) == [(5, 5, "from_tehran")]
    assert lines(score(until=4, facts=moved)) == [(5, 5, "from_tehran"), (-5, 0, "attribute_gone")]


def test_an_attributes_points_fade_as_others_do():
    assert score(until=29, facts=[fact("city", "تهران")]).changes_at == on(30)
    assert score(until=30, facts=[fact("city", "تهران")]).total == 0


def test_an_empty_balance_starts_its_month_anew():
    found = score(event("feature_used"), until=40, facts=[fact("city", "تهران", 35)])
    assert (found.total, found.changes_at) == (5, on(65))
    assert all(earlier.at <= later.at for earlier, later in zip(found.lines, found.lines[1:], strict=False))


SECOND = 1 / 86_400
CLICK = event("email_click", name="a")
PERSON = {
    "sends a form": [event("submission", 0.5)],
    "fetches a file": [event("download", 0.5, source="form")],
    "clicks on a page": [event("click", 0.5, name="menu")],
    "reads a second page": [event("page_view", 0.001), event("page_view", 0.001 + 6 * SECOND, name="b")],
    "was heard by staff": [event("newsletter", 0.5, source="staff")],
}
NOBODY = {
    "nothing more": [],
    "a page alone": [event("page_view", 0.001)],
    "two pages at once": [event("page_view", 0.001), event("page_view", 0.001 + 2 * SECOND, name="b")],
    "a form much later": [event("submission", 1.1)],
    "a form before": [event("submission", -0.1)],
    "another system": [event("trial_started", 0.5)],
    "a machine": [event("click", 0.5, name="menu", human=False)],
    "staff who mend a fact": [event("answer", 0.5, source="staff", field="company")],
}


@pytest.mark.parametrize("after", PERSON.values(), ids=PERSON)
def test_a_click_in_a_mail_counts_at_the_moment_a_person_shows(after):
    found = score(CLICK, *after, until=3)
    assert lines(found) == [(0, 0, "awaits_person"), (5, 5, "clicks_email")]
    assert found.lines[-1].at == after[-1].at
    assert found.lines[-1].params["event"] == CLICK.id


@pytest.mark.parametrize("after", NOBODY.values(), ids=NOBODY)
def test_a_click_that_no_person_follows_stays_at_zero(after):
    assert lines(score(CLICK, *after, until=3)) == [(0, 0, "awaits_person")]


def test_a_scanners_burst_never_counts_and_a_click_before_it_does():
    burst = [event("email_click", 0.01 + n * SECOND, name=f"link {n}") for n in range(4)]
    found = score(CLICK, *burst, event("submission", 0.02), until=1)
    codes = ["awaits_person"] * 3 + ["scanner_burst"] * 2 + ["clicks_email"]
    assert ([line.code for line in found.lines], found.total) == (codes, 5)
    assert found.lines[-1].params["name"] == "a"


def test_a_burst_is_one_though_a_rule_names_one_of_its_links():
    named = RICH.replace('event = "email_click"', 'event = "email_click"\nname = "prices"')
    links = [event("email_click", n * SECOND, name=name) for n, name in enumerate(("home", "terms", "prices"))]
    found = fold(from_toml(book(named)), [*links, event("submission", 0.02)], on(1))
    assert [line.code for line in found.lines] == ["scanner_burst"]


def test_a_scanners_click_meets_no_condition():
    rule = '[[rules]]\ncode = "visits_site"\nevent = "page_view"\npoints = 1\nper_day = 1\n'
    asks = from_toml(book(rule + '[[rules.when]]\nevent = "email_click"\n'))
    looked = event("page_view", 0.01)
    assert [fold(asks, [CLICK, *more, looked], on(1)).total for more in ([], [event("submission", 0.001)])] == [0, 1]
