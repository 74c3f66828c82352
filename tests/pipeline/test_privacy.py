"""Rule 37: what is kept for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from gateway import privacy
from gateway.store import expiring, imports, submissions, verdicts
from tests.importing.conftest import Lists
from tests.pipeline.conftest import World
from tests.support.plans import read_whole

SARA = {"email": "sara@example.com", "first_name": "Sara"}
TRAPPED = {"honeypot": "x", "script": True, "fill_seconds": 30.0, "block": "192.0.2.0/24"}


def _expire(world: World, days: float) -> None:
    privacy.expire(world.db, world.clock() + timedelta(days=days))


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
    assert not any(privacy.expire(world.db, world.clock() + timedelta(days=200)).values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_expiring_looks_at_nothing_that_is_young_or_was_forgotten(world: World) -> None:
    """Old rows are many more than those whose time has come since the last hour: each search goes by an index."""
    world.send(SARA, facts=TRAPPED)
    searched = ("submissions", "verdicts", "nonces", "events", "attempts", "mails", "outside_answers", "confirmations")
    with read_whole(world.db, *searched) as found:
        _expire(world, 1)
    assert found == []


def test_expiring_writes_a_few_rows_a_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is old, whoever sends a form meanwhile waits for one short transaction."""
    monkeypatch.setattr(privacy, "A_TRANSACTION", 2)
    monkeypatch.setattr(privacy, "FOUND_AT_ONCE", 4)
    sent = [world.send({**SARA, "email": f"s{n}@example.com"}, nonce=f"n{n}", block_hash="0" * 32) for n in range(9)]
    written: list[int] = []

    def note(*given: Any) -> None:
        if str(given[2]).startswith(("UPDATE", "DELETE")):
            written[-1] += given[1].rowcount

    event.listen(world.db.engine, "begin", lambda _: written.append(0))
    event.listen(world.db.engine, "after_cursor_execute", note)
    gone = privacy.expire(world.db, world.clock() + timedelta(days=200))
    assert (gone["evidence"], gone["findings"], gone["nonces"]) == (9, 9, 9)
    assert max(written) <= 2 * 2  # of verdicts, the row and its findings
    assert all(world.submission(one.id).facts == {} for one in sent)


def test_whoever_expires_much_does_other_work_in_between(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "FOUND_AT_ONCE", 2)
    for n in range(5):
        world.send({**SARA, "email": f"s{n}@example.com"}, nonce=f"n{n}")
    breaks: list[int] = []
    privacy.expire(world.db, world.clock() + timedelta(days=4), meanwhile=lambda: breaks.append(1))
    assert len(breaks) == 2  # of five nonces, after two and after four


def test_what_was_released_while_it_was_looked_for_stays(world: World) -> None:
    """Found without a lock, so it is asked again when it is dropped."""
    held = world.send(SARA, facts=TRAPPED)
    later = world.clock() + timedelta(days=91)
    what = submissions.erasable("held", later)
    with world.db.read() as conn:
        keys = expiring.find(conn, what, 10)
        drop = expiring.make_ready(conn, what, keys)
    with world.db.write() as conn:
        submissions.set_status(conn, held, "accepted", later)
        assert drop(conn) == 0
    assert [key.id for key in keys] == [held.id]
    assert world.submission(held.id).answers == SARA


@pytest.mark.parametrize("days, kept", [(29, True), (31, False)])
def test_r37_what_a_list_replaced_goes_after_thirty_days(world: World, days: int, kept: bool) -> None:
    world.send(SARA)
    listed, _ = Lists(world).bring("Email,First name,Owner\nsara@example.com,Sara,owner@firm.example\n")
    _expire(world, days)
    with world.db.read() as conn:
        found = imports.get(conn, world.site.id, listed.id)
    assert found is not None and (found.forgotten_at is None) == kept
    assert [bool(row.before) for row in Lists(world).journal(listed)] == [kept]
    assert privacy.expire(world.db, world.clock() + timedelta(days=days))["undoing"] == 0
