"""Asked in the worker, once a submission; what is said goes into the verdict, silence never against anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import config as settings
from gateway import asking, jobs, privacy, replay
from gateway.doorbell import Doorbell
from gateway.http import Connector
from gateway.lookups import Lookups
from gateway.outside import hcaptcha, reacher, turnstile
from gateway.outside.asker import Asker
from gateway.parts import Parts
from gateway.store import forms, outside_answers, submissions, verdicts
from gateway.store.db import Database
from gateway.store.outside_answers import Question
from gateway.valkey import client
from tests.support import intake
from tests.support.clock import SettableClock
from tests.support.receiver import Receiver
from verification.verdict import Policy

FACTS = {"script": True, "fill_seconds": 30.0, "user_agent": "Mozilla/5.0"}
ANSWERS = {"email": "sara@example.ir"}


class Room:
    """One site whose form asks outside, and a worker; `says` is what the service answers from now on."""

    def __init__(self, config: settings.Config, db: Database, clock: SettableClock, receiver: Receiver) -> None:
        self.db, self.clock, self.receiver = db, clock, receiver
        connector = Connector(frozenset({receiver.host_port}))
        found = {
            "turnstile": turnstile.Settings("site", "hush", receiver.url),
            "hcaptcha": hcaptcha.Settings("site", "hush", receiver.url),
            "reacher": reacher.Settings(receiver.url),
        }
        asker = Asker(found, connector, clock)
        bell = Doorbell(client(config))
        self.parts = Parts(config, db, clock, bell, Lookups(enabled=False), connector, asker)
        with db.write() as conn:
            self.site = intake.make_site(conn, clock())

    def says(self, body: str, **answer: Any) -> None:
        self.receiver.always(body=body.encode(), **answer)

    def receive(self, policy: str, tokens: dict[str, str] | None = None, **more: Any) -> str:
        with self.db.write() as conn:
            form_id = intake.make_form(conn, self.site, self.clock(), f"{intake.GUIDE}\n[policy]\n{policy}\n")
        facts = {**FACTS, "tokens": tokens or {}}
        new = intake.submission(self.site, form_id, ANSWERS, self.clock(), facts=facts, **more)
        return self.db.grouped(submissions.receive_all, new).submission_id

    def findings(self, submission_id: str) -> dict[str, tuple[str, str, int]]:
        with self.db.read() as conn:
            found = verdicts.of_submission(conn, submission_id)[-1].findings
        return {one["check"]: (one["outcome"], one["code"], one["weight"]) for one in found}


@pytest.fixture
def room(config: settings.Config, db: Database, clock: SettableClock, receiver: Receiver) -> Room:
    return Room(config, db, clock, receiver)


@pytest.mark.parametrize(
    ("policy", "says", "check", "expected"),
    [
        ('outside = ["turnstile"]', '{"success": true}', "captcha", ("pass", "", 0)),
        ('outside = ["hcaptcha"]', '{"success": true}', "captcha", ("pass", "", 0)),
        (
            'outside = ["turnstile"]', '{"success": false, "error-codes": ["invalid-input-response"]}',
            "captcha", ("fail", "captcha_failed", 40),
        ),
        ('outside = ["turnstile"]', "oops", "captcha", ("unknown", "captcha_silent", 0)),
        ('outside = ["reacher"]', '{"is_reachable": "safe"}', "mailbox", ("pass", "", 0)),
        ('outside = ["reacher"]', '{"is_reachable": "risky"}', "mailbox", ("pass", "mailbox_risky", 0)),
        ('outside = ["reacher"]', '{"is_reachable": "invalid"}', "mailbox", ("fail", "mailbox_missing", 40)),
        ('outside = ["reacher"]', '{"is_reachable": "unknown"}', "mailbox", ("unknown", "mailbox_unknown", 0)),
        ('outside = ["reacher"]', "oops", "mailbox", ("unknown", "mailbox_silent", 0)),
        (
            'outside = ["reacher"]\nfail_closed = ["mailbox"]', "oops", "mailbox", ("fail", "mailbox_silent", 50),
        ),
        ("hold_at = 50", "oops", "mailbox", ("not_applicable", "", 0)),
        ("hold_at = 50", "oops", "captcha", ("not_applicable", "", 0)),
    ],
)  # fmt: skip
def test_what_a_service_says_is_found(
    room: Room, policy: str, says: str, check: str, expected: tuple[str, str, int]
) -> None:
    room.says(says)
    sent = room.receive(policy, {"turnstile": "token", "hcaptcha": "token"})
    assert jobs.drain_with(room.parts) == 1
    assert room.findings(sent)[check] == expected
    assert bool(room.receiver.requests) is ("outside" in policy)


def test_no_token_is_unknown_and_asks_nobody(room: Room) -> None:
    sent = room.receive('outside = ["turnstile"]')
    jobs.drain_with(room.parts)
    assert room.findings(sent)["captcha"] == ("unknown", "captcha_missing", 0)
    assert room.receiver.requests == []


def test_what_a_server_sends_has_no_captcha_and_is_not_asked_about(room: Room) -> None:
    sent = room.receive('outside = ["turnstile"]', channel="api")
    jobs.drain_with(room.parts)
    assert room.findings(sent)["captcha"] == ("not_applicable", "", 0)
    assert room.receiver.requests == []


def test_a_token_is_asked_about_once_even_when_processing_is_tried_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.says('{"success": true}')
    sent = room.receive('outside = ["turnstile"]', {"turnstile": "token"})
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "_process_batch", _stopped)
        with pytest.raises(KeyboardInterrupt):
            jobs.drain_with(room.parts)
    room.says('{"success": false, "error-codes": ["timeout-or-duplicate"]}')
    assert jobs.drain_with(room.parts) == 1
    assert room.findings(sent)["captcha"] == ("pass", "", 0)
    assert len(room.receiver.requests) == 1


def _stopped(_parts: Parts, ids: list[str], _hosts: object) -> int:
    """The worker is killed between the answer and the verdict."""
    if ids:
        raise KeyboardInterrupt
    return 0


def test_a_question_that_another_worker_asks_is_left_to_it_and_after_a_minute_is_silent(room: Room) -> None:
    room.says('{"success": true}')
    sent = room.receive('outside = ["hcaptcha"]', {"hcaptcha": "token"})
    with room.db.write() as conn:
        assert outside_answers.claim(conn, Question(sent, "hcaptcha", "token", room.clock()), room.clock())
    assert jobs.drain_with(room.parts) == 0
    room.clock.advance(seconds=61)
    assert jobs.drain_with(room.parts) == 1
    assert room.findings(sent)["captcha"] == ("unknown", "captcha_silent", 0)
    assert room.receiver.requests == []


def test_a_token_that_grew_old_while_the_worker_was_away_is_not_held_against_its_visitor(room: Room) -> None:
    room.says('{"success": false, "error-codes": ["timeout-or-duplicate"]}')
    sent = room.receive('outside = ["turnstile"]', {"turnstile": "token"})
    room.clock.advance(minutes=10)
    jobs.drain_with(room.parts)
    assert room.findings(sent)["captcha"] == ("unknown", "captcha_silent", 0)


def test_what_asks_nobody_is_processed_before_anybody_is_asked(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = room.receive("hold_at = 50")
    seen: list[str] = []
    real: Callable[..., list[str]] = asking.ask_all

    def looking(*given: Any) -> list[str]:
        seen.extend(room.findings(plain) and ["processed"])
        return real(*given)

    monkeypatch.setattr(asking, "ask_all", looking)
    jobs.drain_with(room.parts)
    assert seen[0] == "processed"


def test_a_slow_service_holds_the_worker_for_one_batchs_time_and_is_silent(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More questions than threads, of which the first few never end: those that were not answered, nor even asked,
    count against nobody."""
    ended = threading.Event()
    asked: list[str] = []

    def never(_asker: Asker, _name: str, what: str) -> str:
        asked.append(what)
        ended.wait(30)
        return "bad"

    monkeypatch.setattr(Asker, "ask", never)
    monkeypatch.setattr(asking, "BATCH_SECONDS", 0.2)
    sent = [room.receive('outside = ["reacher"]', nonce=f"n{number}") for number in range(asking.THREADS + 2)]
    jobs.drain_with(room.parts)
    assert len(asked) == asking.THREADS
    ended.set()
    assert {room.findings(one)["mailbox"] for one in sent} == {("unknown", "mailbox_silent", 0)}


def test_slow_addresses_keep_nobodys_captcha_from_being_asked(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a bot that sends a few addresses of its own slow mail host first would be spared the captcha."""
    ended = threading.Event()

    def asked(_asker: Asker, name: str, _what: str) -> str:
        return "bad" if name == "turnstile" or ended.wait(30) else "silent"

    monkeypatch.setattr(Asker, "ask", asked)
    monkeypatch.setattr(asking, "BATCH_SECONDS", 1)
    both, token = 'outside = ["turnstile", "reacher"]', {"turnstile": "token"}
    sent = [room.receive(both, token, nonce=f"n{number}") for number in range(asking.THREADS + 2)]
    jobs.drain_with(room.parts)
    ended.set()
    assert {room.findings(one)["captcha"] for one in sent} == {("fail", "captcha_failed", 40)}


def test_r37_answers_are_forgotten_with_the_evidence(room: Room) -> None:
    room.says('{"is_reachable": "safe"}')
    sent = room.receive('outside = ["reacher"]')
    jobs.drain_with(room.parts)
    with room.db.read() as conn:
        assert outside_answers.of_submission(conn, sent) == {"reacher": "good"}
    assert privacy.expire(room.db, room.clock())["outside"] == 0
    room.clock.advance(days=181)
    jobs.clean_up(room.parts)
    with room.db.read() as conn:
        assert outside_answers.of_submission(conn, sent) == {}


@pytest.mark.parametrize(("wanted", "outcome"), [(frozenset({"turnstile"}), "fail"), (frozenset(), "not_applicable")])
def test_a_replay_hears_only_whom_its_policy_asks(room: Room, wanted: frozenset[str], outcome: str) -> None:
    room.says('{"success": false, "error-codes": ["invalid-input-response"]}')
    sent = room.receive('outside = ["turnstile"]', {"turnstile": "token"})
    jobs.drain_with(room.parts)
    with room.db.read() as conn:
        submission = submissions.get(conn, room.site.id, sent)
        assert submission is not None
        form = forms.version(conn, submission.form_id, submission.form_version)
        kept = verdicts.of_submission(conn, sent)[-1].evidence or {}
    judged = replay.judge(submission, form, kept, Policy(outside=wanted))
    assert {one.check: one.outcome for one in judged.findings}["captcha"] == outcome
