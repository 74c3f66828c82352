"""The real application over a real database, where one may ask as often as one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from config import Config
from gateway.web.limits import limiter
from tests.support import odd
from tests.support.clock import SettableClock
from tests.support.odd import Stage


@pytest.fixture
def make_stage(
    make_config: Callable[..., Config], clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Stage]]:
    """`make_stage(url, SARNAKH_…="…")`. No limit on how often one may ask: what comes behind it is tried here. A proxy
    is believed."""
    monkeypatch.setattr(limiter, "enabled", False)
    made: list[Stage] = []

    def make(url: str, **environ: str) -> Stage:
        made.append(odd.make(make_config(DATABASE_URL=url, TRUSTED_PROXIES="127.0.0.1", **environ), clock))
        return made[-1]

    yield make
    for stage in made:
        stage.parts.db.close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage], sqlite_url: str) -> Stage:
    return make_stage(sqlite_url)


@pytest.fixture
def postgres(make_stage: Callable[..., Stage], postgresql_url: str) -> Stage:
    return make_stage(postgresql_url)
