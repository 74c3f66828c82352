"""Where a lead stands: interest, cell, stage, and what keeps it out (rules 22, 24–26, 38)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.scoring.rulebook import from_toml, shipped, shipped_text
from gateway.scoring.standing import Standing, evaluate, interest_of
from tests.scoring.building import answer, event, on

GOOD = {"job_title": "CMO", "company_size": "51-200"}
STUDENT = {"job_title": "دانشجو", "company_size": "1"}
KEEN = (answer("time_to_buy", "0_3"), event("assessment"))


def stand(*events: Any, now: float = 1, **fields: Any) -> Standing:
    given = {"stage": None, "contact_requested": False, "customer": False, **fields}
    return evaluate(given.pop("book", shipped()), given.pop("facts", {}), events, on(now), **given)


@pytest.mark.parametrize("score, interest", [(100, 1), (75, 1), (74, 2), (50, 2), (49, 3), (25, 3), (24, 4), (0, 4)])
def test_r24_interest_is_read_off_the_score(score, interest):
    assert interest_of(shipped(), score) == interest


@pytest.mark.parametrize("facts, cell", [(GOOD, "A2"), (STUDENT, "E2"), ({}, "–2"), ({"city": "تهران"}, "–2")])
def test_r24_grade_and_interest_make_the_cell(facts, cell):
    assert stand(*KEEN, facts=facts).cell == cell


STAGES = [
    ((), {}, None, None),
    ((event("page_view"),), {}, "IQL", "reads_content"),
    ((event("submission"),), {}, "IQL", "sends_form"),
    ((event("download", source="form"), event("page_view")), {}, "MQL", "takes_part"),
    ((event("newsletter"),), {}, "MQL", "takes_part"),
    ((event("webinar"),), {}, "MQL", "takes_part"),
    (KEEN, {"facts": GOOD}, "SQL", "hand_over_line"),
    (KEEN, {"facts": STUDENT}, "MQL", "takes_part"),
    (KEEN, {}, "MQL", "takes_part"),
    ((event("contact_request"),), {"facts": STUDENT}, "SQL", "asks_for_contact"),
    ((), {"contact_requested": True}, "SQL", "wants_contact"),
    ((event("trial_started"),), {}, "PQL", "uses_product"),
    ((event("feature_used"), event("contact_request")), {}, "PQL", "uses_product"),
    ((event("won"),), {}, "customer", "outcome_customer"),
    ((event("customer"),), {}, "customer", "outcome_customer"),
    ((), {"customer": True}, "customer", "outcome_customer"),
    ((event("renewal_due"),), {"customer": True}, "SeQL", "customer_interest"),
    ((event("won"), event("renewal_due", 1)), {}, "SeQL", "customer_interest"),
    ((event("payment_view"), event("won", 1)), {}, "customer", "outcome_customer"),
    ((event("won"), event("lost", 1)), {}, "customer", "outcome_customer"),
    ((event("contact_request"), event("lost", 1)), {}, "lost", "outcome_lost"),
    ((event("bad"),), {}, "lost", "outcome_bad"),
    ((event("lost"), event("contact_request", 1)), {}, "SQL", "asks_for_contact"),
    ((event("lost"), event("download", 1, source="form")), {}, "lost", "outcome_lost"),
]


@pytest.mark.parametrize("events, fields, stage, code", STAGES)
def test_r25_the_stage_follows_what_happened(events, fields, stage, code):
    standing = stand(*events, **fields)
    assert standing.stage == stage
    assert [(move.from_stage, move.to_stage, move.code) for move in standing.moves] == (
        [(None, stage, code)] if stage else []
    )


@pytest.mark.parametrize("events, fields, stage, code", STAGES)
def test_r25_a_second_look_moves_nobody(events, fields, stage, code):
    again = stand(*events, **{**fields, "stage": stage})
    assert (again.stage, again.moves) == (stage, ())


@pytest.mark.parametrize(
    "stage, events, fields, after",
    [
        ("SQL", (event("page_view"),), {}, "SQL"),
        ("PQL", (event("contact_request"),), {}, "PQL"),
        ("MQL", (event("trial_started"),), {}, "PQL"),
        ("SQL", (event("contact_request"), event("lost", 1)), {}, "lost"),
        ("lost", KEEN + (event("lost", 1),), {"facts": GOOD}, "lost"),
        ("lost", (event("lost"),), {"contact_requested": True}, "lost"),
        ("lost", (event("lost"), event("contact_request", 1)), {}, "SQL"),
        ("SeQL", (event("won"), event("renewal_due", 1), event("won", 2)), {}, "customer"),
        ("SeQL", (event("won"), event("renewal_due", 1), event("lost", 2)), {}, "customer"),
        ("customer", (event("page_view"),), {}, "customer"),
    ],
)
def test_r25_stages_move_forward_unless_an_outcome_says_otherwise(stage, events, fields, after):
    assert stand(*events, now=5, stage=stage, **fields).stage == after


def test_r22_browser_events_alone_reach_neither_interest_1_nor_sql():
    browsed = [event(kind, n) for n in range(9) for kind in ("page_view", "payment_view", "content_view", "download")]
    standing = stand(*browsed, now=9, facts=GOOD)
    assert (standing.cell, standing.stage) == ("A3", "MQL")


def test_r22_a_browser_opens_no_way_into_sql_even_where_a_rulebook_names_its_event():
    lax = from_toml(shipped_text().replace('events = ["contact_request"]', 'events = ["payment_view"]'))
    assert stand(event("payment_view"), book=lax).stage is None
    assert stand(event("payment_view", source="api"), book=lax).stage == "SQL"


BOOKED = """
[[stages.entries]]
code = "books_demo"
title = { fa = "دموی محصول گرفت", en = "Books a demo" }
[[stages.entries.when]]
event = "custom"
name = "book_demo"
"""
IN_TEHRAN = '[[stages.entries.when]]\nfield = "city"\nany_of = ["تهران"]\n'


@pytest.mark.parametrize(
    "more, source, stage",
    [("", "browser", None), ("", "api", "SQL"), ('grades = ["A"]', "browser", "SQL"), (IN_TEHRAN, "browser", "SQL")],
)
def test_r22_a_condition_that_a_browser_meets_opens_sql_only_beside_what_somebody_else_told(more, source, stage):
    entry = BOOKED + more if more == IN_TEHRAN else BOOKED.replace("title", f"{more}\ntitle")
    book = from_toml(shipped_text().replace('[[stages]]\nname = "PQL"', f'{entry}\n[[stages]]\nname = "PQL"'))
    booked = event("custom", name="book_demo", source=source)
    assert stand(booked, book=book, facts={**GOOD, "city": "تهران"}).stage == stage


NOT_HIRED = '[[stages.entries.when]]\nevent = "page_view"\nnegated = true\n'


@pytest.mark.parametrize("source", ["browser", "api"])
def test_what_may_not_have_happened_keeps_out_of_sql_whoever_told_it(source):
    entry = f"{BOOKED}{NOT_HIRED}"
    book = from_toml(shipped_text().replace('[[stages]]\nname = "PQL"', f'{entry}\n[[stages]]\nname = "PQL"'))
    booked = event("custom", name="book_demo", source="api")
    assert stand(booked, book=book).stage == "SQL"
    assert stand(booked, event("page_view", source=source), book=book).stage == "IQL"


@pytest.mark.parametrize("kind", ["customer", "trial_started", "renewal_due", "won", "contact_request"])
def test_r22_what_a_browser_may_not_send_moves_no_stage(kind):
    assert stand(event(kind, source="browser")).stage is None


def test_r24_a_disqualified_lead_is_in_no_stage_until_the_fact_is_put_right():
    kept_out = stand(*KEEN, facts={**GOOD, "relationship": "competitor"}, stage="SQL", contact_requested=True)
    assert (kept_out.stage, kept_out.disqualified, kept_out.moves) == (None, "competitor", ())
    assert (kept_out.score, kept_out.grade) == (50, "A")
    assert stand(*KEEN, facts=GOOD, stage=kept_out.stage).stage == "SQL"


def test_r38_a_test_has_no_score_and_no_stage():
    standing = stand(*KEEN, facts=GOOD, test=True, contact_requested=True)
    assert (standing.score, standing.lines, standing.stage, standing.changes_at) == (0, (), None, None)
    assert (standing.disqualified, standing.interest) == ("test", 4)


def test_r23_an_open_deal_pauses_from_its_opening_or_from_the_last_event():
    assert stand(*KEEN, now=40).score == 40
    assert stand(*KEEN, now=400, deal_open=True).score == 50
    opened = (event("assessment"), event("deal_opened", 10), event("lost", 100))
    assert [stand(*opened, now=days).score for days in (90, 119, 120)] == [20, 20, 10]


def test_what_no_person_did_moves_no_stage():
    assert stand(event("email_click", human=False)).stage is None


CLICKED = """
[[segments]]
key = "clicked"
title = { fa = "در ایمیل کلیک کرد", en = "Clicked in a mail" }
[[segments.when]]
event = "email_click"
"""


@pytest.mark.parametrize(
    "later, stage, segments",
    [
        ([], None, ()),
        ([event("email_click", n / 86_400) for n in (1, 2)], None, ()),
        ([event("click", 0.1)], "IQL", ("clicked",)),
    ],
)
def test_a_scanners_click_opens_no_stage_and_no_segment(later, stage, segments):
    standing = stand(event("email_click"), *later, book=from_toml(shipped_text() + CLICKED))
    assert (standing.stage, standing.segments) == (stage, segments)


def test_what_lies_ahead_does_not_count_yet():
    assert stand(event("trial_started", 2), event("won", 3), now=1).stage is None


def test_the_same_in_gives_the_same_out():
    assert stand(*KEEN, facts=GOOD) == stand(*reversed(KEEN), facts=GOOD)
