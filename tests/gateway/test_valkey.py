"""Where Valkey is, and what a missing or hung one costs."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from limits.storage import storage_from_string

from config import Config
from gateway import valkey as where

MakeConfig = Callable[..., Config]


def test_r39_a_hung_server_costs_little(make_config: MakeConfig, tmp_path: Path) -> None:
    path = tmp_path / "hung.sock"
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(path))
        hung.listen()
        client = where.client(make_config(REDIS_URL=f"unix://{path}"))
        started = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        client.close()
    assert time.monotonic() - started < 2.0  # redis-py's own retries would take longer


def test_r39_a_missing_server_is_told_at_once(make_config: MakeConfig) -> None:
    client = where.client(make_config())
    started = time.monotonic()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    assert time.monotonic() - started < 2.0


@pytest.mark.parametrize(
    "given, limiter",
    [
        ("redis://10.0.0.1:6379/0", "redis://10.0.0.1:6379/0"),
        ("unix:///run/valkey.sock?db=1", "redis+unix:///run/valkey.sock?db=1"),
    ],
)
def test_r39_the_limiter_has_a_scheme_of_its_own(make_config: MakeConfig, given: str, limiter: str) -> None:
    assert where.limiter_url(make_config(REDIS_URL=given)) == limiter


@pytest.mark.parametrize("folder", ["plain", "with space", "percent%41", "سرنخ"])
def test_r39_client_and_limiter_reach_the_same_socket(make_config: MakeConfig, tmp_path: Path, folder: str) -> None:
    config = make_config(DATA_DIR=str(tmp_path / folder))
    client = where.client(config)
    assert client.connection_pool.connection_kwargs["path"] == str(where.socket_path(config))
    storage = storage_from_string(where.limiter_url(config))
    kwargs = storage.storage.connection_pool.connection_kwargs  # type: ignore[attr-defined]
    assert kwargs["path"] == str(where.socket_path(config))


def test_a_long_data_dir_gets_a_short_socket(make_config: MakeConfig, tmp_path: Path) -> None:
    one = make_config(DATA_DIR=str(tmp_path / ("long" * 20) / "one"))
    two = make_config(DATA_DIR=str(tmp_path / ("long" * 20) / "two"))
    assert where.socket_path(one) != where.socket_path(two)
    assert len(os.fsencode(where.socket_path(one))) <= where.SOCKET_PATH_LIMIT


def test_a_data_dir_with_spaces_gets_a_folder_without(make_config: MakeConfig, tmp_path: Path) -> None:
    assert " " not in str(where.home(make_config(DATA_DIR=str(tmp_path / "my projects"))))
