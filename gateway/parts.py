"""What a process holds: made once at its start, handed to everything below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from config import Config
from gateway.clock import Clock, utcnow
from gateway.doorbell import INTAKE, Doorbell
from gateway.http import Connector
from gateway.lookups import Lookups
from gateway.outside.asker import Asker
from gateway.store import submissions
from gateway.store.db import Database
from gateway.valkey import client


@dataclass(frozen=True)
class Parts:
    config: Config
    db: Database
    clock: Clock
    doorbell: Doorbell
    lookups: Lookups
    connector: Connector
    asker: Asker = field(default_factory=Asker)  # of outside checks; asks nothing unless set up


Opener = Callable[[], Parts]  # what a command gets: opens the parts at the first call


def make_parts(config: Config, clock: Clock = utcnow) -> Parts:
    """Open what a process needs. Nothing is contacted yet."""
    doorbell = Doorbell(client(config))
    connector = Connector(private=config.private_destinations)
    return Parts(
        config=config,
        db=Database(config.database_url, after_group={submissions.receive_all: lambda: doorbell.ring(INTAKE)}),
        clock=clock,
        doorbell=doorbell,
        lookups=Lookups(enabled=config.dns),
        connector=connector,
        asker=Asker.of(config, connector, clock),
    )
