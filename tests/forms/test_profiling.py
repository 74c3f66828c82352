from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.profiling import REASONS, Known, consents_shown, next_fields
from gateway.words import known_keys
from tests.forms.samples import NOW, consent, demo, email, field, form

DAY = timedelta(days=1)
FORM = form(
    email(),
    field("first_name"),
    field("company"),
    field("job_title", rest_days=10),
    field("do_business", first_contact=False),
    field("utm_source", "hidden", source="utm_source"),
    consents=(consent(),),
)


def days_ago(*names: str, days: int = 1) -> dict:
    return dict.fromkeys(names, NOW - days * DAY)


def asked(known: Known) -> tuple[str, ...]:
    return next_fields(FORM, known, NOW).names


def test_r1_a_new_browser_is_asked_the_identifier_and_two_questions() -> None:
    plan = next_fields(FORM, Known(), NOW)
    assert plan.names == ("email", "first_name", "company")
    assert not plan.recognised
    assert plan.consents == FORM.consents
    assert plan.reasons == {
        "email": "identifier",
        "first_name": "next",
        "company": "next",
        "job_title": "enough",
        "do_business": "not_at_first_contact",
    }


def test_r5_a_recognised_browser_is_asked_new_questions_only() -> None:
    plan = next_fields(FORM, Known(days_ago("email", "first_name", "company"), {}, 1), NOW)
    assert (plan.names, plan.recognised, plan.consents) == (("job_title", "do_business"), True, ())
    assert plan.reasons["email"] == "recognised"
    assert plan.reasons["company"] == "answered"


def test_r1_answers_on_other_forms_count_and_strange_names_harm_nothing() -> None:
    assert asked(Known(days_ago("email", "company", "shoe_size"), {}, 1)) == ("first_name", "job_title")


def test_r1_another_forms_identifier_recognises_too() -> None:
    known = Known(days_ago("work_email"), {}, 1, frozenset({"work_email"}))
    assert next_fields(FORM, known, NOW).recognised
    assert "email" not in asked(known)


@pytest.mark.parametrize(("days", "resting"), [(9, True), (10, False)])
def test_a_skipped_question_rests(days: int, resting: bool) -> None:
    known = Known(days_ago("email", "first_name", "company"), days_ago("job_title", days=days), 1)
    assert ("job_title" not in asked(known)) is resting


@pytest.mark.parametrize(
    ("minutes", "visits", "comes"), [(10, 1, False), (30, 1, True), (60 * 24, 3, True), (60 * 24, 0, False)]
)
def test_some_questions_wait_for_a_later_visit(minutes: int, visits: int, comes: bool) -> None:
    at = NOW - timedelta(minutes=minutes)
    known = Known(dict.fromkeys(("email", "first_name", "company"), at), {}, visits)
    assert ("do_business" in asked(known)) is comes


def test_visits_without_an_identifier_stay_first_contact() -> None:
    known = Known(days_ago("first_name", "company", "job_title"), {}, 5)
    assert asked(known) == ("email",)


def test_fields_marked_always_come_beyond_the_number() -> None:
    asks = form(email(), field("message", "long_text", always=True), field("a"), field("b"), questions_per_visit=1)
    assert next_fields(asks, Known(), NOW).names == ("email", "message", "a")
    again = next_fields(asks, Known(days_ago("email", "message", "a"), {}, 1), NOW)
    assert again.names == ("message", "b")


def test_a_call_form_asks_a_recognised_browser_for_the_number_it_never_gave() -> None:
    contact = demo("contact")
    plan = next_fields(contact, Known(days_ago("email"), {}, 1), NOW)
    assert plan.recognised
    assert plan.names[:2] == ("phone", "message")
    assert "phone" not in next_fields(contact, Known(days_ago("email", "phone"), {}, 1), NOW).names


def test_r5_consents_are_shown_only_with_an_identifier() -> None:
    assert consents_shown(FORM, ("email",)) == FORM.consents
    assert consents_shown(FORM, ("company",)) == ()
    without = form(field("a"), consents=(consent(),))
    assert consents_shown(without, ("a",)) == ()  # of nobody, so that it would count for nobody


def test_a_form_without_questions_asks_only_who() -> None:
    assert next_fields(form(email(), field("a"), questions_per_visit=0), Known(), NOW).names == ("email",)


def test_reasons_have_words() -> None:
    assert {f"forms.reason.{code}" for code in REASONS} <= known_keys("forms")


NAMES = [one.name for one in FORM.fields]
TIMES = st.integers(0, 100).map(lambda days: NOW - days * DAY)


@given(
    st.dictionaries(st.sampled_from(NAMES), TIMES),
    st.dictionaries(st.sampled_from(NAMES), TIMES),
    st.integers(0, 5),
)
def test_r1_what_was_answered_is_never_asked_and_never_too_much(answered: dict, skipped: dict, visits: int) -> None:
    plan = next_fields(FORM, Known(answered, skipped, visits), NOW)
    assert not set(plan.names) & set(answered)
    assert sum(reason == "next" for reason in plan.reasons.values()) <= FORM.questions_per_visit
    assert "utm_source" not in plan.names
    assert set(plan.reasons.values()) <= set(REASONS)
    assert plan.names == tuple(name for name in NAMES if name in plan.names)
