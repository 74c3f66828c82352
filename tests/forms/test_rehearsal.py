from datetime import timedelta

import pytest

from forms.profiling import REASONS, Known, next_fields
from forms.rehearsal import VISITS, rehearse
from tests.forms.samples import NOW, demo, email, field, form

WEEK = timedelta(days=7)
FORM = form(
    email(),
    field("first_name"),
    field("company", required=False),
    field("job_title", required=False, rest_days=10),
    field("do_business", first_contact=False),
    field("utm_source", "hidden", source="utm_source"),
)


def asked(form, **more) -> list[tuple[str, ...]]:
    return [visit.plan.names for visit in rehearse(form, NOW, **{"apart": WEEK, **more})]


def test_who_answers_everything_is_asked_new_questions_until_there_are_none() -> None:
    visits = [("email", "first_name", "company"), ("job_title", "do_business"), (), (), ()]
    assert asked(FORM) == visits


def test_what_is_skipped_rests_and_comes_again() -> None:
    visits = rehearse(FORM, NOW, apart=WEEK, skips_optional=True)
    assert [visit.plan.names for visit in visits] == [
        ("email", "first_name", "company"),
        ("job_title", "do_business"),
        (),
        ("job_title",),  # ten days after the eighth day
        (),
    ]
    assert visits[0].skipped == {"company"}
    assert visits[2].plan.reasons["company"] == "resting"


def test_visits_are_days_apart() -> None:
    assert [visit.days for visit in rehearse(FORM, NOW, apart=WEEK)] == [0, 7, 14, 21, 28]


def test_r1_a_rehearsal_is_what_the_same_browser_would_be_asked() -> None:
    known = Known(dict.fromkeys(("email", "first_name", "company"), NOW), {}, 1, frozenset({"email"}))
    second = rehearse(FORM, NOW, apart=WEEK)[1]
    assert second.plan == next_fields(FORM, known, NOW + WEEK)


@pytest.mark.parametrize("key", ["guide", "pricelist", "contact"])
@pytest.mark.parametrize("skips", [False, True])
def test_every_shipped_form_can_be_rehearsed(key: str, skips: bool) -> None:
    visits = rehearse(demo(key), NOW, apart=timedelta(days=1), skips_optional=skips)
    assert len(visits) == VISITS
    told = {name for visit in visits for name in visit.plan.reasons}
    assert told == {one.name for one in demo(key).fields if one.type != "hidden"}
    assert {reason for visit in visits for reason in visit.plan.reasons.values()} <= set(REASONS)


def test_r1_a_stage_counts_for_who_confirmed_here() -> None:
    staged = form(email(), field("budget", from_stage="SQL"))
    reasons = {
        stage: rehearse(staged, NOW, apart=WEEK, stage=stage)[1].plan.reasons["budget"] for stage in (None, "IQL")
    }
    assert reasons == {None: "before_stage", "IQL": "before_stage"}
    assert "budget" in rehearse(staged, NOW, apart=WEEK, stage="SQL")[0].plan.names
