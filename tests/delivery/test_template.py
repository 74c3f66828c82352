"""A webhook's body in a foreign shape (rule 33): JSON first, then whole values; and what it cannot say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.delivery import template
from gateway.delivery.destinations import webhook
from gateway.delivery.outgoing import SettingsError
from gateway.words import known_keys
from tests.delivery.conftest import WHSEC
from tests.delivery.kinds import LEAD, SARA, outgoing, payload, tried, ways
from tests.support.receiver import Receiver

EVENT = json.loads(payload(fields={**SARA, "benefits": ["speed", "price"], "age": 41}))


@pytest.mark.parametrize(
    "shape, made",
    [
        ({"mail": "{email}"}, {"mail": "sara@example.ir"}),
        ({"points": "{lead.score}", "age": "{age}"}, {"points": 61, "age": 41}),
        ({"likes": "{benefits}"}, {"likes": ["speed", "price"]}),
        ({"a": [{"b": "{nobody_said}"}]}, {"a": [{"b": None}]}),
        ({"{email}": 1, "fixed": "text", "n": 1.5, "t": True}, {"{email}": 1, "fixed": "text", "n": 1.5, "t": True}),
        (["{event}", "{delivery}", "{version}"], ["lead.qualified", "dlv_1", 1]),
        ({"from": "{source.utm_source}", "who": "{lead.name}"}, {"from": "news", "who": "سارا زند"}),
        ({"link": "{lead.link}"}, {"link": f"https://x.example/console/leads/{LEAD}"}),
    ],
)
def test_r33_whole_values_are_replaced_and_nothing_else(shape: Any, made: Any) -> None:
    text = template.checked(json.dumps(shape))
    assert json.loads(template.filled(text, EVENT, "dlv_1", "https://x.example")) == made


def test_r33_no_answer_breaks_out_of_its_place() -> None:
    odd = '"}, "admin": true, {"x": "{phone}'
    event = json.loads(payload(fields={"email": odd}))
    text = template.checked('{"mail": "{email}", "admin": false}')
    assert json.loads(template.filled(text, event, "dlv_1")) == {"mail": odd, "admin": False}


@pytest.mark.parametrize(
    "text, code",
    [
        ("{", "no_json"),
        ('"{email}"', "no_json"),
        ("[" * 100_000, "no_json"),
        ('{"a": NaN}', "no_json"),
        ('{"a": 1e999}', "no_json"),
        ('{"a": "\\ud800"}', "no_json"),
        ('{"a": "Dear {email}"}', "template_part"),
        ('{"a": "{email}{phone}"}', "template_part"),
        ('{"a": "{lead.secret}"}', "no_fact"),
        (json.dumps(list(range(501))), "too_long"),
        ("[" * 500 + "]" * 500, "too_long"),
    ],
)
def test_a_template_that_cannot_work_is_refused(text: str, code: str) -> None:
    with pytest.raises(SettingsError) as raised:
        template.checked(text)
    assert raised.value.code == code
    assert f"delivery.settings.{code}" in known_keys("delivery")


def send(receiver: Receiver, shape: Any, body: str | None = None) -> tuple[str, str | None]:
    settings = webhook.Settings(receiver.url, WHSEC, json.dumps(shape), "Bearer abc")
    out = outgoing("webhook", body)
    _, answer, reason = tried("webhook", lambda: webhook.send(out, settings, ways(receiver.host_port)))
    return answer, reason


def test_the_same_delivery_makes_the_same_bytes_with_the_receivers_own_key(receiver: Receiver) -> None:
    for _ in range(2):
        assert send(receiver, {"mail": "{email}"}) == ("ok", None)
    first, second = receiver.requests
    assert first.body == second.body == b'{"mail": "sara@example.ir"}'
    assert first.headers["authorization"] == "Bearer abc"
    assert "abc" not in repr(webhook.Settings(receiver.url, WHSEC, "", "abc"))


@pytest.mark.parametrize(
    "type_, more, answer, reason",
    [
        ("lead.erased", {}, "park", f"erase_untold:{LEAD}"),
        ("lead.merged", {"merged_into": "lead_2"}, "ok", None),
        ("lead.updated", {"withheld": "no_consent", "fields": {}}, "ok", None),
    ],
)
def test_a_template_that_cannot_say_what_happened_to_whom_says_nothing_wrong(
    receiver: Receiver, type_: str, more: dict[str, Any], answer: str, reason: str | None
) -> None:
    for shape in ({"mail": "{email}"}, {"mail": "{email}", "what": "{event}"}, {"id": "{lead.id}"}):
        assert send(receiver, shape, payload(type_, **more)) == (answer, reason)
    assert receiver.requests == []
    assert send(receiver, {"what": "{event}", "id": "{lead.id}", "mail": "{email}"}, payload(type_, **more))[0] == "ok"
    assert receiver.bodies == [{"what": type_, "id": LEAD, "mail": None}]
