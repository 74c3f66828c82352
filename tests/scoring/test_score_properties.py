"""What holds for every history of events (rule 23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from gateway.records import Event
from gateway.scoring.event_types import EVENT_TYPES
from gateway.scoring.idle import Period, deal_periods
from gateway.scoring.known import Known
from gateway.scoring.rulebook import from_toml, shipped
from gateway.scoring.score import fold
from tests.scoring.building import RICH, book, fact, on, switched_off

HOURS = st.integers(0, 24 * 200)
PARAMS = (
    *({"field": "time_to_buy", "value": value} for value in ("0_3", "3_6", "later", "studying", ["0_3", "studying"])),
    {"field": "do_business", "value": "studying"},
    {"level": "top"},
    {"level": "bottom"},
    {},
)
# Every kind from a source that may and one that may not send it; built once, since drawing each part is slow.
KINDS = [
    Event("", kind.name, on(0), name, "/p", source, human, params)
    for kind, source, name, human, params in product(
        EVENT_TYPES, ("browser", "form", "api", "crm"), ("", "a"), (True, True, True, False), PARAMS
    )
    if kind.name == "answer" or "field" not in params
]
HAPPENED = st.lists(st.tuples(st.sampled_from(KINDS), HOURS), max_size=25)
EVENTS = HAPPENED.map(
    lambda found: [replace(kind, id=f"e{n * 7 % 31}", at=on(hour / 24)) for n, (kind, hour) in enumerate(found)]
)
PAUSES = st.lists(
    st.builds(
        lambda start, hours: Period(on(start / 24), None if hours is None else on((start + hours) / 24)),
        HOURS,
        st.none() | st.integers(0, 24 * 90),
    ),
    max_size=3,
)


CUT_OFF = ("clamp_top", "clamp_bottom", "browser_ceiling", "capped_group")
BOOKS = st.builds(
    lambda rules, off: switched_off(rules, {rule.code for at, rule in enumerate(rules.rules) if at in off}),
    st.sampled_from([shipped(), from_toml(book(RICH))]),
    st.just(frozenset[int]()) | st.frozensets(st.integers(0, 9), max_size=3),
)
FACTS = st.lists(
    st.builds(
        lambda known, hour: fact(known[0], known[1], hour / 24, "former"),
        st.sampled_from([("size", "250"), ("size", "9"), ("city", "تهران"), ("city", "Shiraz")]),
        HOURS,
    ),
    max_size=4,
)


@given(BOOKS, EVENTS, FACTS, PAUSES, HOURS)
def test_r23_lines_add_up_to_the_score_within_bounds(rules, events, facts, pauses, hour):
    now = on(hour / 24)
    score = fold(rules, events, now, pauses=pauses, known=Known.over_time(facts, now))
    assert sum(line.points for line in score.lines) == score.total
    assert all(0 <= line.balance <= 100 for line in score.lines)
    assert (score.lines[-1].balance if score.lines else 0) == score.total
    assert all(earlier.at <= later.at for earlier, later in pairwise(score.lines))


@given(BOOKS, EVENTS, FACTS, PAUSES)
def test_r23_balances_add_up_step_by_step(rules, events, facts, pauses):
    running = 0
    lines = fold(rules, events, on(300), pauses=pauses, known=Known.over_time(facts, on(300))).lines
    for line, following in pairwise([*lines, None]):
        running += line.points
        cut_off = following is not None and following.code in CUT_OFF
        assert cut_off or running == line.balance


@given(BOOKS, EVENTS, FACTS, PAUSES, HOURS)
def test_a_rule_that_is_switched_off_is_as_if_it_were_not_there(rules, events, facts, pauses, hour):
    now = on(hour / 24)
    known, without = Known.over_time(facts, now), replace(rules, rules=rules.counting)
    found = fold(rules, events, now, pauses=pauses, known=known)
    assert found == fold(without, events, now, pauses=pauses, known=known)


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(events, random):
    shuffled = [*events, *events[:3]]
    random.shuffle(shuffled)
    assert fold(shipped(), shuffled, on(300)) == fold(shipped(), events, on(300))


@given(BOOKS, EVENTS, FACTS, PAUSES, HOURS, st.integers(0, 24 * 100))
def test_r23_a_past_day_is_the_beginning_of_today(rules, events, facts, pauses, hour, more):
    then, now = on(hour / 24), on((hour + more) / 24)
    past = fold(rules, events, then, pauses=pauses, known=Known.over_time(facts, then))
    today = fold(rules, events, now, pauses=pauses, known=Known.over_time(facts, now))
    assert today.lines[: len(past.lines)] == past.lines
    assert all(line.at > then for line in today.lines[len(past.lines) :])
    known, happened = Known.over_time(facts, then), [event for event in events if event.at <= then]
    assert past == fold(rules, happened, then, pauses=pauses, known=known)


@given(EVENTS, HOURS)
def test_r23_open_deals_do_not_change_the_past(events, hour):
    then = on(hour / 24)
    known_then = deal_periods(event for event in events if event.at <= then)
    past = fold(shipped(), events, then, pauses=known_then)
    seen_today = fold(shipped(), events, then, pauses=deal_periods(events))
    assert (past.total, past.lines) == (seen_today.total, seen_today.lines)


@given(BOOKS, EVENTS, FACTS, PAUSES, HOURS)
def test_r26_a_score_stays_until_the_time_foretold(rules, events, facts, pauses, hour):
    now = on(hour / 24)
    known = Known.over_time(facts, now)
    happened = [event for event in events if event.at <= now]
    score = fold(rules, happened, now, pauses=pauses, known=known)
    until = score.changes_at - timedelta(microseconds=1) if score.changes_at else on(2000)
    assert score.changes_at is None or score.changes_at > now
    assert fold(rules, happened, until, pauses=pauses, known=known) == score


@given(EVENTS, PAUSES, HOURS)
def test_r26_the_score_changes_by_itself_at_the_time_foretold(events, pauses, hour):
    now = on(hour / 24)
    known = [event for event in events if event.at <= now]
    score = fold(shipped(), known, now, pauses=pauses)
    if score.changes_at is None:
        assert fold(shipped(), known, on(2000), pauses=pauses).total == score.total
        return
    assert score.changes_at > now
    before = score.changes_at - timedelta(microseconds=1)
    assert fold(shipped(), known, before, pauses=pauses).total == score.total
    assert fold(shipped(), known, score.changes_at, pauses=pauses).total < score.total


@given(EVENTS, HOURS)
def test_r22_browser_events_alone_never_reach_interest_two(events, hour):
    browser = [event for event in events if event.source == "browser"]
    assert fold(shipped(), browser, on(hour / 24)).total < 50
