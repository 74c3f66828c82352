"""The console over SQLite, on the whole application; counters of the limiter are this test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from config import Config
from gateway import create_app, valkey
from gateway.parts import Parts, make_parts
from tests.support import console_side
from tests.support.clock import SettableClock
from tests.support.console_side import World


@pytest.fixture
def parts(make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock) -> Iterator[Parts]:
    made = make_parts(make_config(DATABASE_URL=sqlite_url, SMTP_URL="smtp://127.0.0.1:1"), clock)
    yield made
    made.db.close()


@pytest.fixture
def app(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(valkey, "limiter_url", lambda _config: "memory://")
    monkeypatch.setattr(valkey, "PATIENCE", {})
    made = create_app(parts)
    made.config["TESTING"] = True
    return made


@pytest.fixture
def world(parts: Parts) -> World:
    return console_side.make(parts)
