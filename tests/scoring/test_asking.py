"""What an answer is worth: how far it would move the lead, by whatever the whole rulebook would make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.records import Field
from gateway.records import Event, Fact
from gateway.scoring import asking
from gateway.scoring.asking import ENOUGH, OTHER, Person, Stands
from gateway.scoring.known import Known
from gateway.scoring.model import Rulebook
from gateway.scoring.rulebook import from_toml, shipped
from gateway.scoring.standing import evaluate
from tests.forms.samples import field, form, options
from tests.scoring.building import RICH, answer, book, event, fact, on

JOB, CITY, SHOES = field("job_title"), field("city"), field("shoes")
SIZE = field("company_size", "choice", options=options("1_9", "10_49", "50_249"))
WHEN = field("time_to_buy", "choice", options=options("0_3", "3_6", "later"))
RIVAL = field("relationship", "choice", options=options("customer", "competitor"))
NOW = on(30)
LARGE = """
[[profiles]]
key = "large"
title = { fa = "بزرگ", en = "Large" }
[[profiles.facts]]
field = "size"
weight = 60
min = 100
[[profiles.facts]]
field = "city"
weight = 40
contains = ["tehran"]
[[segments]]
key = "here"
title = { fa = "اینجا", en = "Here" }
[[segments.when]]
field = "city"
any_of = ["Tehran", "Karaj"]
"""
WHOLE = from_toml(
    book(RICH)
    + LARGE
    + """
[[disqualify]]
code = "competitor"
field = "city"
any_of = ["Qom"]
[[rules]]
code = "said_when"
field = "time_to_buy"
group = "content"
[[rules.answers]]
code = "soon"
title = { fa = "زود", en = "Soon" }
values = ["0_3"]
points = 30
"""
)
EVENTS = [event("content_view", 3), event("feature_used", 5), event("payment_view", 9), event("email_click", 11)]


def person(events: Sequence[Event] = (), facts: Sequence[Fact] = (), **more: Any) -> Person:
    values = {one.field: one.value for one in facts}
    given = {"stage": None, "contact_requested": False, "customer": False, "deal_open": False, **more}
    return Person(values, events, Known.over_time(facts, NOW), **given)


def worth(
    *asked: Field, by: Rulebook | None = None, whom: Person | None = None, counts: Any = None
) -> dict[str, float]:
    rulebook = by or shipped()
    questions = [asking.question(rulebook, one, counts or {}) for one in asked]
    return asking.worth(rulebook, whom or person(), questions, NOW, sends=to_sales)


def to_sales(stands: Stands) -> list[str]:
    return ["sales"] if stands.grade in {"A", "B"} and stands.interest <= 2 and not stands.disqualified else []


def test_what_no_rule_reads_is_worth_nothing() -> None:
    found = worth(SHOES, JOB, WHEN)
    assert found["shoes"] == 0
    assert min(found["job_title"], found["time_to_buy"]) > 0


def test_on_the_way_to_a_first_letter_the_heavier_fact_comes_first() -> None:
    found = worth(CITY, SIZE, JOB)
    assert found["job_title"] == 1  # forty of the hundred bring a letter, whichever it is
    assert found["company_size"] == pytest.approx(25 / 40)
    assert found["city"] == pytest.approx(5 / 40)


def test_letters_interest_stages_and_destinations_are_counted() -> None:
    keen = person([answer("time_to_buy", "0_3", 29), event("assessment", 29)], stage="MQL")
    # marketing: a letter, MQL to SQL, sales; anything else: a letter
    assert worth(JOB, whom=keen) == {"job_title": pytest.approx((3 + 1) / 2)}
    known = person(facts=[fact("job_title", "CMO"), fact("company_size", "1")])
    assert worth(WHEN, whom=known) == {"time_to_buy": pytest.approx(1 / 3)}  # thirty points: interest 4 to 3


def test_an_answer_that_would_keep_somebody_out_counts() -> None:
    assert worth(RIVAL)["relationship"] == pytest.approx(1 / 2)


def test_few_answers_tell_nothing_and_many_set_the_shares() -> None:
    def shares(*counts: int) -> list[float]:
        given = {"time_to_buy": dict(zip(("0_3", "3_6", "later"), counts, strict=True))}
        return [one.share for one in asking.likely(shipped(), WHEN, given)]

    assert shares(ENOUGH - 1, 0, 0) == pytest.approx([1 / 3] * 3)
    assert shares(ENOUGH, 0, 0) == pytest.approx([(ENOUGH + 1) / (ENOUGH + 3), 1 / (ENOUGH + 3), 1 / (ENOUGH + 3)])


def test_free_text_is_what_the_rulebook_tells_apart() -> None:
    answers = [one.value for one in asking.likely(WHOLE, CITY, {})]
    assert answers[0] == OTHER
    assert {"qom", "karaj", "tehran"} <= {str(one).lower() for one in answers}
    number = field("size", "number")
    assert {one.value >= 100 for one in asking.likely(WHOLE, number, {})} == {True, False}
    assert asking.likely(WHOLE, field("age", "number"), {}) == ()


def test_r01_counts_hold_no_text_that_people_wrote_and_nothing_sensitive() -> None:
    asks = form(field("email", "email"), JOB, SIZE, replace(CITY, sensitive=True))
    sent = {"email": "sara@example.com", "job_title": "مدیر بازاریابی سارا", "company_size": "1_9", "city": "تهران"}
    found = asking.tally(shipped(), [(asks, sent), (asks, {"job_title": "نانوا"}), (asks, {"company_size": "1_9"})])
    assert found.keys() == {"job_title", "company_size"}
    assert found["company_size"] == {"1_9": 2}
    assert sorted(found["job_title"].values()) == [1, 1]
    assert OTHER in found["job_title"]
    assert not any("سارا" in name for name in found["job_title"])


ANSWERS = [
    *((CITY, value) for value in ("Tehran", "Qom", "Shiraz")),
    *((WHEN, value) for value in ("0_3", "later")),
    (field("size", "number"), 5),
]


@given(
    st.lists(st.sampled_from(EVENTS), unique_by=lambda one: one.id),
    st.sampled_from(["IQL", "MQL", None]),
    st.sampled_from(ANSWERS),
)
def test_an_answer_is_tried_as_the_whole_fold_would_count_it(
    events: list[Event], stage: str | None, said: tuple[Field, Any]
) -> None:
    asked, value = said
    facts = [fact("size", 120, days=1)]
    seen: list[Stands] = []

    def sends(stands: Stands) -> tuple[str, ...]:
        seen.append(stands)
        return ()

    only = replace(asking.question(WHOLE, asked, {}), answers=(asking.Likely(value, 1.0),))
    asking.worth(WHOLE, person(events, facts, stage=stage), [only], NOW, sends=sends)
    before = _whole(events, facts, stage)
    history = [*facts, Fact(asked.name, value, "typed", "sub_new", NOW)]
    after = _whole([*events, replace(asking.answer(asked, value, NOW), id="~")], history, stage)
    assert seen == ([before, after] if before != after else [])


def _whole(events: list[Event], history: list[Fact], stage: str | None) -> Stands:
    facts = {one.field: one.value for one in history}
    given: dict[str, Any] = {"contact_requested": False, "customer": False, "history": history}
    found = evaluate(WHOLE, facts, events, NOW, stage=stage, **given)
    fit = found.fit
    return Stands(found.score, found.interest, fit.letter, fit.coverage, found.stage, fit.disqualified, found.segments)
