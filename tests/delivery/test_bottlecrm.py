"""The bottlecrm kind, by the answers that BottleCRM 1.35 (`django-crm`) gave when it was asked for real."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.delivery.destinations import bottlecrm
from gateway.delivery.outgoing import Record
from tests.delivery.kinds import LEAD, SARA, outgoing, payload, tried, ways
from tests.support.receiver import Receiver

KEY = "key_0123456789abcdef"


def send(receiver: Receiver, body: str | None = None, **more: Any) -> tuple[Record | None, str, str | None]:
    out, settings = outgoing("bottlecrm", body, **more), bottlecrm.Settings(receiver.url, KEY)
    sent, answer, reason = tried("bottlecrm", lambda: bottlecrm.send(out, settings, ways(receiver.host_port)))
    return sent.record, answer, reason


def says(receiver: Receiver, status: int, **told: Any) -> None:
    receiver.answer_next(status=status, body=json.dumps(told).encode())


def test_a_lead_is_posted_with_its_key_and_the_crms_id_is_kept(receiver: Receiver) -> None:
    says(receiver, 201, result="created", lead="7e1c")
    assert send(receiver, payload(fields={**SARA, "company": "Acme"})) == (Record("7e1c", made=True), "ok", None)
    [request] = receiver.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (request.json["email"], request.json["company_name"]) == ("sara@example.ir", "Acme")
    assert request.json["external_id"].startswith(f"{LEAD}:")
    says(receiver, 200, result="merged", lead="7e1c")
    assert send(receiver)[0] == Record("7e1c")


def test_a_version_that_says_nothing_new_is_a_duplicate_there_and_a_new_fact_is_not(receiver: Receiver) -> None:
    receiver.always(body=json.dumps({"result": "duplicate", "lead": "7e1c"}).encode())
    for body, delivery in (
        (payload(), "dlv_1"), (payload(), "dlv_1"), (payload("lead.updated", score=99, version=2), "dlv_2"),
        (payload("lead.updated", {**SARA, "city": "Shiraz"}, version=3), "dlv_3"),
    ):  # fmt: skip
        assert send(receiver, body, id=delivery)[1] == "ok"
    first, again, same, new = (one["external_id"] for one in receiver.bodies)
    assert first == again == same != new


@pytest.mark.parametrize(
    "status, told, answer, reason",
    [
        (400, {"result": "rejected", "errors": {"email": ["Enter a valid email."]}}, "park", "crm_value:email"),
        (400, {"errors": ["odd"]}, "park", "crm_refused"),
        (400, {"detail": "The post has no lead fields in it."}, "park", "crm_refused"),
        (401, {"detail": "Wrong key."}, "refuse", "crm_access"),
        (403, {"detail": "Leads are switched off for this organization."}, "refuse", "http_403"),
        (404, {"detail": "Not found."}, "refuse", "http_404"),
        (429, {"detail": "Too many posts. Try again later."}, "retry", "http_429"),
        (500, {"detail": "The lead could not be saved. Try again."}, "retry", "http_500"),
    ],
)
def test_what_it_answers_to_what_it_refuses(
    receiver: Receiver, status: int, told: dict[str, Any], answer: str, reason: str
) -> None:
    says(receiver, status, **told)
    assert send(receiver)[1:] == (answer, reason)


@pytest.mark.parametrize("body", [payload("lead.merged"), payload("lead.updated", withheld="x")])
def test_what_it_cannot_be_told_is_not_posted(receiver: Receiver, body: str) -> None:
    assert send(receiver, body)[1] == "ok"
    assert receiver.requests == []


@pytest.mark.parametrize("records, told", [(["7e1c"], "7e1c"), ([], LEAD)])
def test_r31_an_erasure_is_parked_also_where_its_answer_never_came(
    receiver: Receiver, records: list[str], told: str
) -> None:
    assert send(receiver, payload("lead.erased"), records=records)[1:] == ("park", f"erase_untold:{told}")
    assert receiver.requests == []
