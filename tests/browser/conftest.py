from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import Config
from tests.support.stage import Servers, Stage


@pytest.fixture
def stage(make_config: Callable[..., Config], sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    servers = Servers(make_config, sqlite_url, tmp_path / "demo")
    yield servers.stage
    servers.close()
