"""Past submissions under another policy: the same policy gives the same outcome, and nothing changes."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from gateway import deciding, privacy
from gateway.replay import OWN, Tally, kept, rebuild, replay
from gateway.store import forms, judged, submissions, verdicts
from gateway.store.judged import Wanted
from tests.pipeline.conftest import GOOD, World
from tests.support import intake
from verification.evidence import Evidence
from verification.verdict import Decision, PolicyError, verify

EMAILS = ("sara@example.com", "info@example.com", "win@mailinator.com", "x@unknown.example", "bad address")
FACTS: tuple[dict[str, Any], ...] = (
    {"script": True, "fill_seconds": 30.0},
    {"script": False, "fill_seconds": 4.0},
    {"script": True, "fill_seconds": 0.3, "honeypot": "x"},
    {"script": None, "fill_seconds": None},
    {"script": True, "fill_seconds": 2.0, "ticket_use": 4},
)


def fill(world: World) -> int:
    """A varied batch, some of it alike; returns how many were sent."""
    mixed = list(itertools.product(EMAILS, FACTS, ("hosted", "api")))
    for number, (email, facts, channel) in enumerate(mixed):
        world.clock.advance(seconds=20)
        world.send(
            {"email": email, "first_name": f"P{number}", "job_title": "the very same text for everybody who writes"},
            facts={**facts, "n": number} if channel == "hosted" else {},
            channel=channel,
            block_hash=f"block{number % 2}",
            content_hash="same" if number % 3 else None,
        )
    return len(mixed)


def run(world: World, policy: dict[str, object] | None = None) -> tuple[Tally, list[tuple[Decision, Decision, int]]]:
    tally = Tally()
    with world.db.read() as conn:
        wanted = Wanted(world.site.id, world.clock() - timedelta(days=365))
        found = [
            (one.then, one.verdict.outcome, one.verdict.weight) for one in replay(conn, wanted, policy, tally=tally)
        ]
    return tally, found


def test_the_same_policy_gives_the_same_outcome_for_every_submission(world: World) -> None:
    sent = fill(world)
    tally, found = run(world)
    assert tally.judged == sent == len(found)
    assert {then for then, _, _ in found} == {"accept", "hold", "reject"}
    assert [then for then, _, _ in found] == [now for _, now, _ in found]
    with world.db.read() as conn:
        weights = [row.weight for row in verdicts_of(world, conn)]
    assert sorted(weights) == sorted(weight for _, _, weight in found)


def verdicts_of(world: World, conn: object) -> list[verdicts.VerdictRow]:
    rows = judged.stream(conn, Wanted(world.site.id, world.clock() - timedelta(days=365)))  # type: ignore[arg-type]
    return [verdicts.of_submission(conn, row.submission.id)[0] for row in rows]  # type: ignore[arg-type]


def test_evidence_comes_back_as_it_was(world: World) -> None:
    sent = world.send({"email": "sara@example.com"}, facts={"script": True, "fill_seconds": 9.0})
    with world.db.read() as conn:
        form = forms.version(conn, sent.form_id, 1)
        found = verdicts.of_submission(conn, sent.id)[0].evidence
    assert found is not None
    evidence = rebuild(sent, form, found)
    assert evidence.mail_hosts == GOOD.hosts
    assert rebuild(sent, form, kept(evidence)) == evidence


def test_whatever_is_not_in_the_row_is_kept() -> None:
    """A field that a later check brings is kept by itself; nothing of the answers is."""
    names = {one.name for one in fields(Evidence)}
    assert names >= OWN
    assert not {"answers", "email", "phone", "user_agent", "signals"} & (names - OWN)


@pytest.mark.parametrize("policy, wrong", [({"hold_at": 0}, "hold_at"), ({"skip": ["no_such_check"]}, "skip")])
def test_a_policy_that_is_none_is_refused(world: World, policy: dict[str, object], wrong: str) -> None:
    world.send({"email": "sara@example.com"})
    with pytest.raises(PolicyError, match=wrong):
        run(world, policy)


def test_another_policy_is_tried_and_changes_nothing(world: World) -> None:
    held = world.send({"email": "win@mailinator.com"})
    assert held.status == "held"
    tally, found = run(world, {"hold_at": 1000})
    assert found == [("hold", "accept", 60)]
    assert (tally.of("hold", now=False), tally.of("hold", now=True)) == (1, 0)
    assert world.submission(held.id) == held
    assert run(world, {"skip": ["disposable_email"]})[1] == [("hold", "accept", 0)]


def test_r37_what_was_erased_cannot_be_judged_again_and_is_counted(world: World) -> None:
    world.send({"email": "win@mailinator.com"})
    world.send({"email": "sara@example.com"})
    world.clock.advance(days=91)
    privacy.expire(world.db, world.clock())
    tally, found = run(world)
    assert (tally.judged, dict(tally.left_out)) == (1, {"erased": 1})
    world.clock.advance(days=90)
    privacy.expire(world.db, world.clock())
    with world.db.read() as conn:
        row = next(iter(judged.stream(conn, Wanted(world.site.id, world.clock() - timedelta(days=365)))))
    assert row.evidence is None
    assert dict(run(world)[0].left_out) == {"erased": 1, "forgotten": 1}


def test_what_staff_made_of_it_stands_beside(world: World) -> None:
    held = world.send({"email": "win@mailinator.com"})
    deciding.release(world.parts, world.site.id, held.id, None)
    with world.db.read() as conn:
        one = next(iter(replay(conn, Wanted(world.site.id, held.received_at), {"hold_at": 1000}, tally=Tally())))
    assert (one.then, one.decided, one.changes) == ("hold", "accept", True)


def test_chunks_neither_repeat_nor_skip(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged, "CHUNK", 3)
    with world.db.write() as conn:
        for number in range(10):
            new = intake.submission(world.site, world.form_id, {"email": f"p{number}@example.com"}, world.clock())
            submissions.receive(conn, new)
    with world.db.read() as conn:
        wanted = Wanted(world.site.id, world.clock())
        names = [row.submission.id for row in judged.stream(conn, wanted)]
        assert len(names) == len(set(names)) == 10
        assert len(list(judged.stream(conn, replace(wanted, limit=4)))) == 4
        assert list(judged.stream(conn, replace(wanted, site_id="site_other"))) == []


def test_verify_is_what_the_pipeline_ran(world: World) -> None:
    sent = world.send({"email": "win@mailinator.com"}, facts={"script": False, "fill_seconds": 3.0})
    with world.db.read() as conn:
        form = forms.version(conn, sent.form_id, 1)
        row = verdicts.of_submission(conn, sent.id)[0]
    again = verify(rebuild(sent, form, row.evidence or {}))
    assert [one.code for one in again.findings] == [one["code"] for one in row.findings]
