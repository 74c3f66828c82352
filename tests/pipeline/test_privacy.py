"""Rule 37: what is kept for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway import privacy
from gateway.store import verdicts
from tests.pipeline.conftest import World
from tests.support.plans import read_whole

SARA = {"email": "sara@example.com", "first_name": "Sara"}
TRAPPED = {"honeypot": "x", "script": True, "fill_seconds": 30.0, "block": "192.0.2.0/24"}


def _expire(world: World, days: float) -> None:
    with world.db.write() as conn:
        privacy.expire(conn, world.clock() + timedelta(days=days))


@pytest.mark.parametrize("days, status", [(89, "held"), (91, "erased")])
def test_r37_held_submissions_go_after_ninety_days(world: World, days: int, status: str) -> None:
    held = world.send(SARA, facts=TRAPPED)
    _expire(world, days)
    kept = world.submission(held.id)
    assert kept.status == status
    assert (kept.answers == {}) == (status == "erased")


@pytest.mark.parametrize("days, status", [(29, "rejected"), (31, "erased")])
def test_r37_rejected_submissions_go_after_thirty_days(world: World, days: int, status: str) -> None:
    replays = [world.send({**SARA, "first_name": f"S{n}"}, nonce="one ticket") for n in range(4)]
    assert replays[3].status == "rejected"
    _expire(world, days)
    assert world.submission(replays[3].id).status == status


def test_r37_evidence_goes_after_180_days_and_answers_stay(world: World) -> None:
    sent = world.send(SARA, facts={**TRAPPED, "honeypot": ""}, block_hash="0" * 32)
    _expire(world, 181)
    kept = world.submission(sent.id)
    assert (kept.status, kept.answers, kept.facts) == ("accepted", SARA, {})
    with world.db.read() as conn:
        (verdict,) = verdicts.of_submission(conn, sent.id)
    assert verdict.findings and not any(finding["params"] for finding in verdict.findings)


def test_expiring_twice_finds_nothing_the_second_time(world: World) -> None:
    world.send(SARA, facts=TRAPPED, block_hash="0" * 32)
    _expire(world, 200)
    with world.db.write() as conn:
        assert not any(privacy.expire(conn, world.clock() + timedelta(days=200)).values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_expiring_reads_no_submission_that_is_young(world: World) -> None:
    """It holds SQLite's writer: what is not old enough is not even looked at."""
    world.send(SARA, facts=TRAPPED)
    with read_whole(world.db, "submissions") as found:
        _expire(world, 1)
    assert found == []
