"""The visitor's side, over SQLite unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from gateway.parts import Parts
from tests.support import visitor_side
from tests.support.clock import SettableClock


@pytest.fixture
def edge_database_url(sqlite_url: str) -> str:
    """Tests that concern what a database takes override it with both."""
    return sqlite_url


@pytest.fixture
def app(make_config: Callable[..., Config], edge_database_url: str, clock: SettableClock) -> Iterator[Flask]:
    made = visitor_side.make_app(
        make_config(DATABASE_URL=edge_database_url, SARNAKH_POST_LIMIT="1000000/minute"), clock
    )
    yield made
    made.extensions["sarnakh"].db.close()


@pytest.fixture
def parts(app: Flask) -> Parts:
    found: Parts = app.extensions["sarnakh"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser: it keeps its cookies."""
    return app.test_client()
