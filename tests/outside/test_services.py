"""The services as their documents describe them, played by a local server; none of them was asked for real."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from config import Config
from gateway.http import Connector
from gateway.outside import NAMES, OUTSIDE, hcaptcha, reacher, turnstile
from gateway.outside import kind as kinds
from gateway.outside.asker import Asker
from gateway.outside.kind import Kind
from tests.support.clock import SettableClock
from tests.support.receiver import Receiver
from tests.support.tables import kind, unregistered

ROOT = Path(__file__).parents[2]

# Documented answers: developers.cloudflare.com/turnstile, "Server-side validation"; docs.hcaptcha.com, "Verify".
TURNSTILE = [
    ({"success": True, "challenge_ts": "2026-11-22T09:00:00.000Z", "hostname": "acme.ir", "error-codes": []}, "good"),
    ({"success": False, "error-codes": ["invalid-input-response"]}, "bad"),
    ({"success": False, "error-codes": ["timeout-or-duplicate"], "messages": []}, "bad"),
    ({"success": False, "error-codes": ["missing-input-response"]}, "bad"),
    ({"success": False, "error-codes": ["invalid-input-secret"]}, "silent"),
    ({"success": False, "error-codes": ["missing-input-secret"]}, "silent"),
    ({"success": False, "error-codes": ["bad-request"]}, "silent"),
    ({"success": False, "error-codes": ["internal-error"]}, "silent"),
    ({"success": False, "error-codes": []}, "silent"),
]
HCAPTCHA = [
    ({"success": True, "challenge_ts": "2026-11-22T09:00:00Z", "hostname": "acme.ir", "credit": False}, "good"),
    ({"success": False, "error-codes": ["invalid-or-already-seen-response"]}, "bad"),
    ({"success": False, "error-codes": ["expired-input-response"]}, "bad"),
    ({"success": False, "error-codes": ["already-seen-response"]}, "bad"),
    ({"success": False, "error-codes": ["sitekey-secret-mismatch"]}, "silent"),
    ({"success": False, "error-codes": ["not-using-dummy-passcode"]}, "silent"),
    ({"success": False, "error-codes": ["invalid-input-response", "invalid-input-secret"]}, "silent"),
]
REACHER = [
    ({"input": "sara@acme.ir", "is_reachable": "safe", "misc": {}, "mx": {}, "smtp": {}, "syntax": {}}, "good"),
    ({"input": "sara@acme.ir", "is_reachable": "risky", "smtp": {"is_catch_all": True}}, "doubtful"),
    ({"input": "sara@acme.ir", "is_reachable": "invalid", "smtp": {"is_deliverable": False}}, "bad"),
    ({"input": "sara@acme.ir", "is_reachable": "unknown"}, "unknown"),
    ({"error": "monthly limit reached"}, "silent"),
]
# What any server may do instead.
FAULTS: list[dict[str, Any]] = [
    {"status": 200, "body": b"<html>maintenance</html>"}, {"status": 200, "body": b"[]"}, {"status": 200, "body": b""},
    {"status": 200, "body": b'{"success": "true", "is_reachable": 1}'}, {"status": 400, "body": b"{}"},
    {"status": 401, "body": b"{}"}, {"status": 403}, {"status": 429, "body": b'{"success": false}'}, {"status": 500},
    {"status": 503}, {"status": 302, "headers": {"Location": "http://elsewhere.example/"}}, {"reset": True},
    {"body": b'{"success": true, "is_reachable": "safe"}' + b" " * 70_000},
]  # fmt: skip


def settings(name: str, receiver: Receiver) -> Any:
    return {
        "turnstile": turnstile.Settings("site", "hush", receiver.url),
        "hcaptcha": hcaptcha.Settings("site", "hush", receiver.url),
        "reacher": reacher.Settings(receiver.url, "hush"),
    }[name]


def asker(receiver: Receiver, clock: SettableClock, *names: str) -> Asker:
    connector = Connector(frozenset({receiver.host_port}))
    return Asker({name: settings(name, receiver) for name in names}, connector, clock)


@pytest.mark.parametrize(
    ("name", "says", "answer"),
    [
        *[("turnstile", *one) for one in TURNSTILE],
        *[("hcaptcha", *one) for one in HCAPTCHA],
        *[("reacher", *one) for one in REACHER],
    ],
)  # fmt: skip
def test_each_documented_answer_is_understood(
    name: str, says: dict[str, Any], answer: str, receiver: Receiver, clock: SettableClock
) -> None:
    receiver.always(body=json.dumps(says).encode())
    assert asker(receiver, clock, name).ask(name, "sara@acme.ir") == answer


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault)[:40])
def test_whatever_goes_wrong_is_silence(
    name: str, fault: dict[str, Any], receiver: Receiver, clock: SettableClock
) -> None:
    receiver.always(**fault)
    assert asker(receiver, clock, name).ask(name, "sara@acme.ir") == "silent"


@pytest.mark.parametrize("name", ["turnstile", "hcaptcha"])
def test_a_wrong_secret_told_with_400_is_our_fault(name: str, receiver: Receiver, clock: SettableClock) -> None:
    receiver.always(status=400, body=b'{"success": false, "error-codes": ["invalid-input-secret"]}')
    assert asker(receiver, clock, name).ask(name, "token") == "silent"


def test_captchas_are_sent_what_their_documents_ask_for(receiver: Receiver, clock: SettableClock) -> None:
    receiver.always(body=b'{"success": true}')
    both = asker(receiver, clock, "turnstile", "hcaptcha")
    assert (both.ask("turnstile", "0.a+b"), both.ask("hcaptcha", "P1_c")) == ("good", "good")
    first, second = receiver.requests
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(first.body.decode()) == {"secret": ["hush"], "response": ["0.a+b"]}
    assert parse_qs(second.body.decode()) == {"secret": ["hush"], "response": ["P1_c"], "sitekey": ["site"]}


def test_a_verifier_is_sent_the_address_and_its_token(receiver: Receiver, clock: SettableClock) -> None:
    receiver.always(body=b'{"is_reachable": "safe"}')
    assert asker(receiver, clock, "reacher").ask("reacher", "سارا@acme.ir") == "good"
    (request,) = receiver.requests
    assert request.json == {"to_email": "سارا@acme.ir"}
    assert (request.headers["authorization"], request.headers["x-reacher-secret"]) == ("hush", "hush")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_slow_service_is_silent_and_left_alone_for_a_while(
    name: str, receiver: Receiver, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reacher, "TIMEOUT", 0.2)
    monkeypatch.setattr(kinds, "TIMEOUT", 0.2)
    receiver.answer_next(delay=0.5)
    receiver.always(body=b'{"success": true, "is_reachable": "safe"}')
    one = asker(receiver, clock, name)
    assert one.ask(name, "a@acme.ir") == "silent"
    assert one.ask(name, "b@acme.ir") == "silent"
    assert len(receiver.requests) == 1
    clock.advance(seconds=31)
    assert one.ask(name, "c@acme.ir") == "good"


def test_an_address_is_asked_about_once_an_hour_and_a_token_each_time(receiver: Receiver, clock: SettableClock) -> None:
    receiver.always(body=b'{"success": true, "is_reachable": "invalid"}')
    one = asker(receiver, clock, "reacher", "turnstile")
    assert [one.ask("reacher", "a@acme.ir") for _ in range(3)] == ["bad"] * 3
    assert len(receiver.requests) == 1
    clock.advance(minutes=61)
    one.ask("reacher", "a@acme.ir")
    one.ask("turnstile", "token")
    one.ask("turnstile", "token")
    assert len(receiver.requests) == 4


def test_what_a_verifier_cannot_tell_of_one_address_silences_no_other(receiver: Receiver, clock: SettableClock) -> None:
    receiver.answer_next(body=b'{"is_reachable": "unknown"}')
    receiver.always(body=b'{"is_reachable": "safe"}')
    one = asker(receiver, clock, "reacher")
    assert [one.ask("reacher", address) for address in ("a@acme.ir", "b@acme.ir")] == ["unknown", "good"]


def test_no_token_and_no_settings_ask_nobody(receiver: Receiver, clock: SettableClock) -> None:
    one = asker(receiver, clock, "turnstile")
    assert one.ask("turnstile", "") == "missing"
    assert one.ask("turnstile", "x" * 2049) == "bad"  # no token of theirs is that long
    assert one.ask("reacher", "a@acme.ir") == "silent"
    assert receiver.requests == []


def test_r32_private_addresses_stay_shut_unless_listed(receiver: Receiver, clock: SettableClock) -> None:
    one = Asker({"reacher": settings("reacher", receiver)}, Connector(), clock)
    assert one.ask("reacher", "a@acme.ir") == "silent"
    assert receiver.requests == []


def test_what_the_operator_sets_up_is_what_can_be_asked(make_config: Callable[..., Config]) -> None:
    config = make_config(
        SARNAKH_TURNSTILE_SITEKEY="1x00AA", SARNAKH_TURNSTILE_SECRET="hush",
        SARNAKH_REACHER_URL="https://reacher.example/v1/check_email",
    )  # fmt: skip
    one = Asker.of(config, Connector())
    assert [name for name in OUTSIDE if one.set_up(name)] == ["turnstile", "reacher"]
    assert (one.sitekey("turnstile"), one.sitekey("hcaptcha"), one.sitekey("reacher")) == ("1x00AA", None, None)
    assert not any(Asker.of(make_config(), Connector()).set_up(name) for name in OUTSIDE)


@pytest.mark.parametrize(
    "found",
    [turnstile.Settings("site", "hush"), hcaptcha.Settings("site", "hush"), reacher.Settings("https://x", "hush")],
)
def test_secrets_are_never_shown(found: Any) -> None:
    assert "hush" not in repr(found)
    assert "hush" in repr(replace(found, url="hush"))


def test_every_outside_check_is_on_the_list() -> None:
    folder = ROOT / "gateway" / "outside"
    listed = {(name, "KIND") for name, found in OUTSIDE.items() if isinstance(found, Kind) and found.name == name}
    parts_of_all = {"kind.py defines nothing for the table", "asker.py defines nothing for the table"}
    assert set(unregistered(folder, kind, listed)) == parts_of_all
