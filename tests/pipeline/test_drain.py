"""The worker's batches: what is processed was looked up first, and drains beside each other neither repeat nor spin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import config as settings
from gateway import jobs
from gateway.doorbell import Doorbell
from gateway.http import Connector
from gateway.lookups import Lookups, MailHosts
from gateway.parts import Parts
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
