"""The worker's batches: what is processed was looked up first, and drains beside each other neither repeat nor spin."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection

import config as settings
from gateway import jobs, pipeline
from gateway.doorbell import Doorbell
from gateway.http import Connector
from gateway.lookups import Lookups, MailHosts
from gateway.parts import Parts
from gateway.records import Submission
from gateway.store import submissions
from gateway.valkey import client
from tests.pipeline.conftest import World
from tests.support import intake


class SlowLookups(Lookups):
    """No domain takes mail; `meanwhile` happens while the first is asked."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(enabled=False)
        self.meanwhile = [meanwhile]

    def mail_hosts(self, domain: str) -> MailHosts:
        if self.meanwhile:
            self.meanwhile.pop()()
        return MailHosts((), True)


def _receive(world: World, email: str) -> str:
    new = intake.submission(world.site, world.form_id, {"email": email}, world.clock())
    return world.db.grouped(submissions.receive_all, new).submission_id


def _parts(world: World, config: settings.Config, lookups: Lookups) -> Parts:
    return Parts(config, world.db, world.clock, Doorbell(client(config)), lookups, Connector())


def test_what_comes_while_dns_is_asked_is_looked_up_too(world: World, config: settings.Config) -> None:
    came: list[str] = []
    first = _receive(world, "sara@first.example")
    lookups = SlowLookups(lambda: came.append(_receive(world, "mina@second.example")))
    assert jobs.drain_with(_parts(world, config, lookups)) == 2
    assert [world.submission(one).status for one in (first, *came)] == ["held", "held"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_drain_beside_another_takes_none_of_its_rows_and_ends(world: World, config: settings.Config) -> None:
    held = _receive(world, "sara@first.example")
    beside = _parts(world, config, SlowLookups(lambda: None))
    with world.db.write() as conn:
        assert [one.id for one in submissions.claim_due(conn, world.clock(), [held])] == [held]
        assert jobs.drain_with(beside) == 0
    assert jobs.drain_with(beside) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_drains_with_the_same_people_never_wait_for_each_other(
    world: World, config: settings.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One has Sara before Mina, the other Mina before Sara; each has begun when the other goes on."""
    one, other = (
        [_receive(world, email) for email in emails]
        for emails in (("sara@first.example", "mina@first.example"), ("mina@first.example", "sara@first.example"))
    )
    begun = threading.Barrier(2)
    failed: list[str] = []
    process, note = pipeline.process, submissions.failed

    def slowly(*given: Any, **more: Any) -> None:
        process(*given, **more)
        with contextlib.suppress(threading.BrokenBarrierError):
            begun.wait(0.3)

    def noted(conn: Connection, found: Submission, error: str, now: datetime) -> bool:
        failed.append(error)
        return note(conn, found, error, now)

    monkeypatch.setattr(pipeline, "process", slowly)
    monkeypatch.setattr(submissions, "failed", noted)
    parts = _parts(world, config, SlowLookups(lambda: None))
    hosts = {"first.example": MailHosts(("mx.first.example",), True)}
    drains = [threading.Thread(target=jobs._process_batch, args=(parts, ids, hosts)) for ids in (one, other)]
    for drain in drains:
        drain.start()
    for drain in drains:
        drain.join(20)
    assert failed == []
    assert [world.submission(found).status for found in (*one, *other)] == ["accepted"] * 4
    assert world.lead_count() == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_staff_decide_about_is_left_for_the_next_drain(world: World, config: settings.Config) -> None:
    held = _receive(world, "sara@first.example")
    parts = _parts(world, config, SlowLookups(lambda: None))
    with world.db.write() as conn:
        assert submissions.get(conn, world.site.id, held, lock=True) is not None
        assert jobs.drain_with(parts) == 0
    assert jobs.drain_with(parts) == 1
