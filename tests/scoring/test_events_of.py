"""A submission's events: deterministic, complete, and without free text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forms.model import Band, Field, Form, Offer, Option
from gateway.records import Submission
from gateway.scoring.event_types import SENDERS, may_send
from gateway.scoring.events import OFFER_EVENTS, events_of
from tests.scoring.building import on

CHOICE = (Option("0_3", {}), Option("3_6", {}))
FORM = Form(
    key="guide",
    title={},
    submit_label={},
    fields=(
        Field("email", "email", {}, always=True),
        Field("time_to_buy", "choice", {}, options=CHOICE),
        Field("n" * 60, "number", {}),
        Field("company", "text", {}),
        Field("utm_source", "hidden", {}, source="utm_source"),
    ),
    offer=Offer("download", "bottom", file="prices.pdf"),
)
SCORED = Field("ready", "choice", {}, options=(Option("no", {}, 0), Option("partly", {}, 1), Option("yes", {}, 3)))
BANDS = (Band("low", 0, {}, {}, 15), Band("high", 50, {}, {}, -10))
ANSWERS = {"email": "sara@example.ir", "time_to_buy": "0_3", "n" * 60: 7, "company": "", "utm_source": "mail"}
READY = {**ANSWERS, "ready": "partly"}


def submission(**fields: Any) -> Submission:
    given = Submission(
        id="sub_" + "0" * 26, site_id="site", form_id="form", form_key="guide", form_version=1, status="accepted",
        received_at=on(0), channel="hosted", lang="fa", answers={**ANSWERS, "consent_store": True}, typed={},
        asked=tuple(ANSWERS), page={}, facts={}, visitor_id="v",
    )  # fmt: skip
    return replace(given, **fields)


def test_each_answered_question_is_an_event():
    found = [(event.type, event.name, event.params) for event in events_of(FORM, submission())]
    assert found == [
        ("submission", "guide", {"form": "guide"}),
        ("answer", "email", {"field": "email"}),
        ("answer", "time_to_buy", {"field": "time_to_buy", "value": "0_3"}),
        ("answer", "n" * 60, {"field": "n" * 60, "value": 7}),
    ]


def test_running_twice_gives_the_same_ids_that_fit_the_table():
    first, second = events_of(FORM, submission()), events_of(FORM, submission())
    assert first == second
    assert len({event.id for event in first}) == len(first)
    assert all(len(event.id) <= 80 for event in first)


@pytest.mark.parametrize("channel, source", [("hosted", "form"), ("embed", "form"), ("frame", "form"), ("api", "api")])
def test_r22_each_event_is_one_that_its_source_may_send(channel, source):
    found = [
        event
        for kind in OFFER_EVENTS
        for event in events_of(replace(FORM, offer=Offer(kind)), submission(channel=channel))
    ]
    assert {event.source for event in found} == {source}
    assert all(may_send(event.source, event.type) for event in found)


@pytest.mark.parametrize(
    "form, kinds",
    [
        (replace(FORM, offer=None), []),
        (FORM, []),
        (replace(FORM, offer=Offer("newsletter")), ["newsletter"]),
        (replace(FORM, offer=Offer("webinar")), ["webinar"]),
        (replace(FORM, bands=BANDS), []),  # nothing of it was answered
        (replace(FORM, fields=(*FORM.fields, SCORED), bands=BANDS), ["assessment"]),
        (replace(FORM, fields=(SCORED,), bands=BANDS, offer=Offer("webinar")), ["webinar", "assessment"]),
        (replace(FORM, offer=Offer("call")), ["contact_request"]),
        (replace(FORM, offer=Offer("call"), contact_requested=True), ["contact_request"]),
        (replace(FORM, offer=Offer("none"), contact_requested=True), ["contact_request"]),
        (replace(FORM, contact_requested=True), ["contact_request"]),
    ],
)
def test_sending_the_form_takes_up_its_offer_but_no_download(form, kinds):
    found = [event.type for event in events_of(form, submission(answers=READY))]
    assert [kind for kind in found if kind not in {"submission", "answer"}] == kinds


@pytest.mark.parametrize("channel", ["embed", "api"])
def test_an_assessments_event_carries_its_result(channel):
    form = replace(FORM, fields=(SCORED,), bands=BANDS)
    event = events_of(form, submission(answers=READY, channel=channel))[-1]
    assert (event.type, event.name) == ("assessment", "guide")
    assert event.params == {"form": "guide", "share": 33, "band": "low", "points": 15}
    assert may_send(event.source, event.type)


def test_every_type_has_a_sender_and_browsers_only_look():
    browser = {kind for kind, sources in SENDERS.items() if "browser" in sources}
    assert browser == {"page_view", "click", "content_view", "payment_view", "download", "custom"}
    assert all(SENDERS.values())
