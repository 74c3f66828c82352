"""The slack kind: what stands in the channel, who is mentioned (nobody), and what Slack's refusals mean."""

from __future__ import annotations

import pytest

from gateway.delivery.destinations import slack
from gateway.delivery.outgoing import SettingsError
from tests.delivery.kinds import LEAD, outgoing, payload, tried, ways
from tests.support.receiver import Receiver


def send(receiver: Receiver, body: str | None = None, **settings: str) -> tuple[str, str | None]:
    made = slack.Settings(receiver.url, **settings)
    _, answer, reason = tried("slack", lambda: slack.send(outgoing("slack", body), made, ways(receiver.host_port)))
    return answer, reason


def test_a_lead_is_a_message_that_leads_to_its_page(receiver: Receiver) -> None:
    assert send(receiver) == ("ok", None)
    [said] = receiver.bodies
    assert said["text"] == "New lead: سارا زند · B2 · SQL"
    text = said["blocks"][0]["text"]["text"]
    assert "*E-mail:* \u2068sara@example.ir\u2069 (confirmed)" in text
    assert f"<https://leads.example.ir/console/leads/{LEAD}|Open in the console>" in text


def test_r34_what_a_lead_typed_mentions_nobody_and_makes_no_link(receiver: Receiver) -> None:
    odd = {"email": "a@b.example", "first_name": "<!channel>", "message": "<@U123> <https://evil.example|bank> & *b*"}
    send(receiver, payload(fields=odd))
    text = receiver.requests[0].body.decode()
    for harmful in ("<!", "<@", "<https://evil"):
        assert harmful not in text
    assert "&lt;!channel&gt;" in text
    assert "link_names" not in text


@pytest.mark.parametrize(
    "type_, more, updates, told",
    [
        ("lead.updated", {}, "all", 1),
        ("lead.updated", {}, "none", 0),
        ("lead.updated", {"withheld": "no_consent", "fields": {}}, "none", 1),
        ("lead.erased", {}, "none", 1),
        ("lead.merged", {"merged_into": "lead_2"}, "all", 0),
    ],
)
def test_later_versions_are_told_as_the_owner_wishes(
    receiver: Receiver, type_: str, more: dict[str, object], updates: str, told: int
) -> None:
    assert send(receiver, payload(type_, **more), updates=updates) == ("ok", None)
    assert len(receiver.requests) == told
    assert all("sara@example.ir" not in one.body.decode() for one in receiver.requests if type_ == "lead.erased")


@pytest.mark.parametrize(
    "status, body, answer, reason",
    [
        (400, b"invalid_payload", "park", "crm_refused"),
        (403, b"action_prohibited", "refuse", "slack_forbidden"),
        (404, b"channel_not_found", "refuse", "slack_gone"),
        (404, b"no_service", "refuse", "slack_gone"),
        (410, b"channel_is_archived", "refuse", "slack_archived"),
        (429, b"", "retry", "http_429"),
        (500, b"rollup_error", "retry", "crm_busy"),
        (503, b"<html>", "retry", "http_503"),
    ],
)
def test_what_slack_documents_of_refusals(
    receiver: Receiver, status: int, body: bytes, answer: str, reason: str
) -> None:
    receiver.answer_next(status=status, body=body)
    assert send(receiver) == (answer, reason)


def test_the_address_is_a_secret() -> None:
    settings = slack.parse({"url": "https://hooks.slack.com/services/T/B/x"})
    assert "hooks" not in repr(settings)
    for given in ({}, {"url": "hooks"}, {"url": "https://hooks.slack.com/", "updates": "some"}):
        with pytest.raises(SettingsError):
            slack.parse(given)


def test_a_long_message_stays_within_slacks_limits(receiver: Receiver) -> None:
    many = {f"answer_{number}": "x" * 900 for number in range(30)}
    send(receiver, payload(fields={"first_name": "n" * 500, **many}))
    blocks = receiver.bodies[0]["blocks"]
    assert all(len(one["text"]["text"]) <= 3000 for one in blocks)
    assert len(blocks) <= 50


@pytest.mark.parametrize(
    "text, sent",
    [
        ("sara_zand@b_c.example", "sara_zand@b_c.example"),  # copied out of Slack it still is her address
        ("lead_06dud5s4kns67r22qk9a1v6h8g", "lead_06dud5s4kns67r22qk9a1v6h8g"),
        ("_new_ *big* ~old~", "\u2060_new\u2060_ \u2060*big\u2060* \u2060~old\u2060~"),
        ("`x` a__b", "\u2060`x\u2060` a\u2060_\u2060_b"),
    ],
)
def test_r34_what_people_typed_is_neither_bold_nor_changed_where_it_marks_nothing(text: str, sent: str) -> None:
    assert slack.escape(text) == sent
