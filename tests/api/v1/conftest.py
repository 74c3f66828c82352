"""The API on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from config import Config
from tests.support import api_side
from tests.support.api_side import Caller, Installation
from tests.support.clock import SettableClock


@pytest.fixture
def installation(config: Config, clock: SettableClock) -> Iterator[Installation]:
    made = api_side.make(config, clock)
    yield made
    made.parts.db.close()


@pytest.fixture
def api(installation: Installation) -> Caller:
    """The shop's CRM, which may do everything."""
    return installation.caller()


@pytest.fixture
def stranger(installation: Installation) -> Caller:
    """The other site's CRM, which may do everything there."""
    return installation.caller(installation.other)


@pytest.fixture
def lead(installation: Installation, api: Caller) -> str:
    return installation.lead(api)


@pytest.fixture
def held(installation: Installation, api: Caller) -> Callable[..., str]:
    """`held("…")`: the id of a submission that waits for review."""

    def send(email: str = "someone@mailinator.com") -> str:
        made = str(api.post("/leads", {"form": "guide", "fields": {"email": email}}).json["submission"])
        installation.work()
        return made

    return send
