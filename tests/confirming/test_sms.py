"""Text messages over the providers, each against a local server or the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import cast
from urllib.parse import parse_qs

import pytest

from config import Config, ConfigError
from gateway import sms
from gateway.doorbell import Doorbell
from gateway.http import Connector
from gateway.lookups import Lookups
from gateway.parts import Parts
from gateway.sms import console, http, kavenegar
from gateway.sms.message import Message, SmsError
from tests.confirming.conftest import BY_PHONE, World
from tests.support.receiver import Receiver

MESSAGE = Message("+989127360481", "Demo: 123456", "123456", "confirm:conf_1")
REZA = {"phone": "+989127360481"}


def parts_of(world: World, receiver: Receiver) -> Parts:
    config = replace(world.config, sms_url=receiver.url)
    return Parts(config, world.db, world.clock, cast(Doorbell, None), cast(Lookups, None), Connector())


def test_the_terminal_shows_the_code_and_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    console.send("console:", MESSAGE)
    assert capsys.readouterr().err == "SMS to …81: Demo: 123456\n"


def test_a_gateway_gets_json_with_its_token(receiver: Receiver) -> None:
    http.send(receiver.url.replace("http://", "http://:t%2Fok@") + "?x=1", MESSAGE)
    [got] = receiver.requests
    assert json.loads(got.body) == {
        "to": "+989127360481", "text": "Demo: 123456", "code": "123456", "id": "confirm:conf_1",
    }  # fmt: skip
    assert got.headers["authorization"] == "Bearer t/ok"
    assert got.path.endswith("?x=1")


@pytest.mark.parametrize(
    "query, path, fields",
    [
        ("?template=otp", "/v1/KEY/verify/lookup.json", {"token": ["123456"], "template": ["otp"]}),
        ("?sender=1000", "/v1/KEY/sms/send.json", {"message": ["Demo: 123456"], "sender": ["1000"]}),
        ("", "/v1/KEY/sms/send.json", {"message": ["Demo: 123456"]}),
    ],
)
def test_kavenegar_gets_what_its_documents_say(
    receiver: Receiver, query: str, path: str, fields: dict[str, list[str]]
) -> None:
    kavenegar.send(f"kavenegar://KEY{query}", MESSAGE, api=f"http://{receiver.host_port}")
    [got] = receiver.requests
    assert got.path == path
    assert parse_qs(got.body.decode()) == {"receptor": ["+989127360481"], **fields}


@pytest.mark.parametrize("status, permanent", [(400, True), (404, True), (429, False), (503, False)])
def test_what_a_gateway_will_never_take_is_not_tried_again(receiver: Receiver, status: int, permanent: bool) -> None:
    receiver.always(status=status)
    with pytest.raises(SmsError) as error:
        http.send(receiver.url, MESSAGE)
    assert (error.value.code, error.value.permanent) == (f"http_{status}", permanent)


@pytest.mark.parametrize("status, permanent", [(411, True), (418, False)])
def test_kavenegar_refusals_are_the_accounts_but_for_a_bad_number(
    receiver: Receiver, status: int, permanent: bool
) -> None:
    receiver.always(status=status)
    with pytest.raises(SmsError) as error:
        kavenegar.send("kavenegar://KEY", MESSAGE, api=f"http://{receiver.host_port}")
    assert (error.value.code, error.value.permanent) == (f"kavenegar_{status}", permanent)


@pytest.mark.parametrize(
    "environ",
    [
        {"SARNAKH_SMS_URL": "ftp://x"},
        {"SARNAKH_SMS_URL": "https:///send"},
        {"SARNAKH_SMS_URL": "console:", "BASE_URL": "https://leads.example.ir"},
    ],
)
def test_a_provider_that_cannot_be_stops_the_start(make_config: Callable[..., Config], environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="SARNAKH_SMS_URL"):
        make_config(**environ)


def test_a_key_is_never_shown(make_config: Callable[..., Config]) -> None:
    assert "KEY" not in repr(make_config(SARNAKH_SMS_URL="kavenegar://KEY"))


def test_a_queued_code_is_sent_in_the_visitors_language_and_forgotten(
    make_world: Callable[..., World], receiver: Receiver
) -> None:
    world = make_world(BY_PHONE)
    held = world.send(REZA, lang="fa")
    parts = parts_of(world, receiver)
    assert sms.send_due(parts, 10) == 1
    assert sms.send_due(parts, 10) == 0
    [got] = receiver.requests
    body = json.loads(got.body)
    assert body["to"] == REZA["phone"]
    assert body["code"] in body["text"]
    assert "کد تأیید" in body["text"]
    assert world.asked(held)[0].sent_at == world.clock()
    assert (world.mails()[0].recipient, world.mails()[0].params) == ("", {})


def test_a_code_that_ran_out_is_not_sent(make_world: Callable[..., World], receiver: Receiver) -> None:
    world = make_world(BY_PHONE)
    held = world.send(REZA)
    world.clock.advance(minutes=11)
    parts = parts_of(world, receiver)
    assert sms.send_due(parts, 10) == 0
    assert receiver.requests == []
    assert world.asked(held)[0].failed == "too_late"
