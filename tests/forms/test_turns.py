"""Whose turn it is: priority, groups, stage, age, alternatives, conditions, and what never steers."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.conditions import most_shown
from forms.profiling import Known, next_fields
from forms.records import STAGES, Field, When
from gateway.scoring import model as scoring
from tests.forms.samples import NOW, email, field, form, options

DAY = timedelta(days=1)
JOB = field("job", "choice", options=options("manager", "owner", "student"))
TEAM = field("team", when=When("job", ("manager", "owner")))
SCHOOL = field("school", when=When("job", ("student",)))


def days_ago(*names: str, days: float = 1) -> dict[str, Any]:
    return dict.fromkeys(names, NOW - days * DAY)


def reasons(*fields: Field, known: Known | None = None, most: int = 2, **more: Any) -> dict[str, str]:
    asks = form(*fields, questions_per_visit=most, **more)
    return dict(next_fields(asks, known or Known(), NOW).reasons)


def asked(*fields: Field, known: Known | None = None, most: int = 2) -> tuple[str, ...]:
    return next_fields(form(*fields, questions_per_visit=most), known or Known(), NOW).names


def test_the_stages_are_those_of_the_score_less_lost() -> None:
    assert tuple(stage for stage in scoring.STAGES if stage != "lost") == STAGES


def test_the_highest_priority_comes_first_and_stands_where_the_form_has_it() -> None:
    fields = (field("a"), field("b", priority=-1), field("c", priority=5), field("d"))
    assert asked(*fields) == ("a", "c")
    assert asked(*fields, known=Known(days_ago("a", "c"))) == ("b", "d")
    assert asked(*fields, known=Known(days_ago("a", "c")), most=1) == ("d",)


def test_a_group_is_asked_together_or_not_at_all() -> None:
    fields = (field("a"), field("b", group="g"), field("c"), field("d", group="g"))
    assert asked(*fields) == ("a", "c")  # the group has no room beside a
    assert asked(*fields, known=Known(days_ago("a", "c"))) == ("b", "d")
    assert reasons(*fields)["b"] == reasons(*fields)["d"] == "enough"


def test_what_of_a_group_is_answered_holds_up_nothing() -> None:
    assert asked(field("a", group="g"), field("b", group="g"), field("c"), known=Known(days_ago("a"))) == ("b", "c")


@pytest.mark.parametrize(
    ("stage", "comes"),
    [(None, False), ("IQL", False), ("MQL", True), ("customer", True), ("lost", False), ("x", False)],
)
def test_a_question_waits_for_its_stage(stage: str | None, comes: bool) -> None:
    budget, topic = field("budget", from_stage="MQL"), field("topic", always=True, from_stage="MQL")
    assert (reasons(budget, known=Known(stage=stage))["budget"] == "next") is comes
    assert (reasons(topic, known=Known(stage=stage))["topic"] == "always") is comes


@pytest.mark.parametrize(("days", "reason"), [(364, "answered"), (365, "again"), (900, "again")])
def test_an_old_answer_is_asked_anew(days: int, reason: str) -> None:
    job = field("job", ask_again_days=365)
    assert reasons(job, known=Known(days_ago("job", days=days))) == {"job": reason}
    assert reasons(field("job"), known=Known(days_ago("job", days=days))) == {"job": "answered"}


def test_the_latest_answer_counts_from_wherever() -> None:
    job, old, new = field("job", ask_again_days=365), days_ago("job", days=400), days_ago("job", days=10)
    assert reasons(job, known=Known(old, lead_answered=new)) == {"job": "lead_answered"}
    assert reasons(job, known=Known(new, lead_answered=old)) == {"job": "answered"}
    assert reasons(job, known=Known(old, lead_answered=old)) == {"job": "again"}


def test_an_old_answer_that_was_skipped_since_rests() -> None:
    known = Known(days_ago("job", days=400), days_ago("job", days=29))
    assert reasons(field("job", ask_again_days=365), known=known) == {"job": "resting"}


def test_r1_what_the_confirmed_lead_said_elsewhere_spares_a_question() -> None:
    known = Known(days_ago("email"), visits=1, lead_answered=days_ago("company", "phone"))
    fields = (email(), field("phone", "phone", always=True), field("company"), field("city"))
    assert reasons(*fields, known=known) == {
        "email": "recognised", "phone": "recognised", "company": "lead_answered", "city": "next",
    }  # fmt: skip


NAMES = (
    field("first_name", unless_known=(("full_name",),)),
    field("last_name", unless_known=(("full_name",),)),
    field("full_name", unless_known=(("first_name", "last_name"),)),
)


@pytest.mark.parametrize(
    ("known", "most", "names"),
    [
        ((), 2, ("first_name", "last_name")),
        ((), 3, ("first_name", "last_name")),  # full_name is unnecessary beside them
        (("full_name",), 3, ()),
        (("first_name",), 3, ("last_name",)),
        (("first_name", "last_name"), 3, ()),
    ],
)
def test_one_known_makes_the_others_unnecessary(known: tuple[str, ...], most: int, names: tuple[str, ...]) -> None:
    assert asked(*NAMES, known=Known(days_ago(*known)), most=most) == names


def test_an_alternative_comes_where_the_first_was_skipped() -> None:
    mobile, phone = field("mobile", unless_known=(("phone",),)), field("phone", unless_known=(("mobile",),))
    assert reasons(mobile, phone) == {"mobile": "next", "phone": "alternative"}
    assert reasons(mobile, phone, known=Known(skipped=days_ago("mobile"))) == {"mobile": "resting", "phone": "next"}
    elsewhere = Known(lead_answered=days_ago("mobile"))
    assert reasons(phone, known=elsewhere) == {"phone": "alternative"}


def test_a_condition_on_the_same_page_comes_along() -> None:
    assert reasons(JOB, TEAM, SCHOOL) == {"job": "next", "team": "on_condition", "school": "on_condition"}


def test_nobody_sees_more_than_the_visits_number() -> None:
    """Manager or student: each sees two of the three, so a third question has no room."""
    assert asked(JOB, TEAM, SCHOOL, field("city")) == ("job", "team", "school")
    assert asked(field("city"), JOB, TEAM, most=2) == ("city",)  # with its follower the job has no room beside it
    assert asked(JOB, TEAM, SCHOOL, field("city"), most=3) == ("job", "team", "school", "city")


@pytest.mark.parametrize(
    ("kind", "whens", "most"),
    [
        ("choice", [("a",), ("b",)], 2),
        ("choice", [("a", "b"), ("b",)], 3),
        ("choices", [("a",), ("b",)], 3),
        ("choice", [], 1),
    ],
)
def test_most_shown_counts_what_one_answer_can_open(kind: str, whens: list[tuple[str, ...]], most: int) -> None:
    parent = field("p", kind, options=options("a", "b"))
    assert most_shown([parent, *(field(f"c{n}", when=When("p", when)) for n, when in enumerate(whens))]) == most


def test_r1_across_visits_a_condition_needs_a_confirmed_link() -> None:
    here = Known(days_ago("job"), visits=1)
    assert reasons(JOB, TEAM, known=here) == {"job": "answered", "team": "condition_unknown"}


@pytest.mark.parametrize(("job", "reason"), [("manager", "next"), ("student", "condition_not_met")])
def test_r1_where_it_was_confirmed_the_value_decides(job: str, reason: str) -> None:
    known = Known(lead_answered=days_ago("job"), values={"job": job})
    assert reasons(JOB, TEAM, known=known) == {"job": "lead_answered", "team": reason}


def test_a_condition_below_a_question_that_waits_waits_too() -> None:
    assert reasons(field("a"), field("b"), JOB, TEAM)["team"] == "enough"
    assert reasons(JOB, TEAM, known=Known(skipped=days_ago("job")))["team"] == "condition_unknown"


def test_a_condition_below_an_unnecessary_question_falls_away() -> None:
    job = field("job", "choice", options=options("manager"), unless_known=(("role",),))
    assert reasons(job, TEAM, known=Known(days_ago("role"))) == {"job": "alternative", "team": "condition_unknown"}


def test_r1_a_sensitive_field_never_steers_another_visit() -> None:
    """It is asked as if nothing were known: neither its answer nor its being skipped is seen, nor its value."""
    health = field("health", "choice", options=options("well", "ill"), sensitive=True)
    after = field("care", when=When("health", ("ill",)))
    other = field("illness", unless_known=(("health",),))
    known = Known(days_ago("health"), days_ago("health"), 1, lead_answered=days_ago("health"), values={"health": "ill"})
    nothing = Known(visits=1)
    assert reasons(health, after, other, known=known) == reasons(health, after, other, known=nothing)
    assert reasons(health, known=known) == {"health": "next"}


KINDS = ("a", "b", "c", "d", "e", "f")
FIELDS = st.builds(
    Field,
    name=st.sampled_from(KINDS),
    type=st.just("choice"),
    label=st.just({"en": "x"}),
    options=st.just(options("x", "y")),
    priority=st.integers(-2, 2),
    group=st.sampled_from(("", "", "g")),
    ask_again_days=st.sampled_from((None, 30)),
    unless_known=st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2).map(tuple), max_size=1).map(tuple),
    when=st.none() | st.builds(When, st.sampled_from(KINDS), st.just(("x",))),
    sensitive=st.booleans(),
)
TIMES = st.dictionaries(st.sampled_from(KINDS), st.integers(0, 60).map(lambda days: NOW - days * DAY))


@given(st.lists(FIELDS, unique_by=lambda one: one.name, max_size=6), TIMES, TIMES, TIMES, st.integers(0, 3))
def test_r1_no_visit_shows_too_much_and_values_count_only_in_known(
    fields: list[Field], answered: dict, skipped: dict, elsewhere: dict, most: int
) -> None:
    asks = form(*_in_order(fields), questions_per_visit=most)
    plan = next_fields(asks, Known(answered, skipped, 1, lead_answered=elsewhere), NOW)
    assert most_shown(plan.fields) <= most
    assert set(plan.reasons) == {one.name for one in fields}
    for one in plan.fields:  # without values, a condition holds on the page alone
        assert one.when is None or one.when.field in plan.names


def _in_order(fields: list[Field]) -> list[Field]:
    """As forms are read: what a question depends on stands above it."""
    names = [one.name for one in fields]
    return [
        one if one.when is None or one.when.field in names[:place] else field(one.name, group=one.group)
        for place, one in enumerate(fields)
    ]


def by_value(*fields: Field, known: Known, most: int = 1, **more: Any) -> tuple[str, ...]:
    return next_fields(form(*fields, questions_per_visit=most, **{"order": "value", **more}), known, NOW).names


WORTH = {"b": 0.5, "c": 2.0, "d": 0.5}


def test_by_value_the_question_whose_answer_moves_most_comes_first() -> None:
    fields = (field("a"), field("b"), field("c"), field("d"))
    assert by_value(*fields, known=Known(worth=WORTH)) == ("c",)
    assert by_value(*fields, known=Known(days_ago("c"), worth=WORTH)) == ("b",)  # equal ones in the form's order
    assert by_value(*fields, known=Known(worth=WORTH), most=3) == ("b", "c", "d")
    plan = next_fields(form(*fields, questions_per_visit=4, order="value"), Known(worth=WORTH), NOW)
    assert plan.reasons == {"a": "next", "b": "value", "c": "value", "d": "value"}


def test_what_the_marketer_says_comes_before_the_value() -> None:
    assert by_value(field("a", priority=1), field("c"), known=Known(worth=WORTH)) == ("a",)
    assert by_value(field("a"), field("c", always=True), field("d"), known=Known(worth=WORTH)) == ("c", "d")


def test_what_comes_together_is_worth_its_mean() -> None:
    fields = (field("c", group="g"), field("a", group="g"), field("e"))
    assert by_value(*fields, known=Known(worth={"c": 2.0, "e": 1.5}), most=2) == ("e",)
    assert by_value(*fields, known=Known(worth={"c": 2.0, "e": 0.5}), most=2) == ("c", "a")


def test_r01_in_a_fixed_order_and_of_sensitive_fields_no_value_counts() -> None:
    fields = (field("a"), field("c"))
    assert by_value(*fields, known=Known(worth=WORTH), order="fixed") == ("a",)
    assert by_value(field("a"), field("c", sensitive=True), known=Known(worth=WORTH)) == ("a",)
