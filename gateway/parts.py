"""What a process holds: made once at its start, handed to everything below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from config import Config
from gateway.clock import Clock, utcnow
from gateway.doorbell import INTAKE, Doorbell
from gateway.http import Connector
from gateway.lookups import Lookups
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


Opener = Callable[[], Parts]  # what a command gets: opens the parts at the first call


def make_parts(config: Config, clock: Clock = utcnow) -> Parts:
    """Open what a process needs. Nothing is contacted yet."""
    doorbell = Doorbell(client(config))
    return Parts(
        config=config,
        db=Database(config.database_url, after_group=lambda: doorbell.ring(INTAKE)),
        clock=clock,
        doorbell=doorbell,
        lookups=Lookups(enabled=config.dns),
        connector=Connector(private=config.private_destinations),
    )
