"""A made-up site on SQLite, as the commands find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from config import Config
from gateway.parts import Parts, make_parts
from tests.support import console_side
from tests.support.clock import SettableClock
from tests.support.console_side import World


@pytest.fixture
def parts(make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock) -> Iterator[Parts]:
    made = make_parts(make_config(DATABASE_URL=sqlite_url), clock)
    yield made
    made.db.close()


@pytest.fixture
def world(parts: Parts) -> World:
    return console_side.make(parts)
