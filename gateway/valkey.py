"""Valkey: where it is, and a client that a hung or missing server costs little (rule 39)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import Config

SOCKET_TIMEOUT = 0.2  # seconds
SOCKET_PATH_LIMIT = 103  # bytes of a unix socket's path: 107 on Linux, 103 on macOS (sys/un.h, less the NUL)
SHORT = Path("/tmp")  # noqa: S108  the folder made in it is ours alone, and the server refuses another's


def client(config: Config, socket_timeout: float | None = SOCKET_TIMEOUT) -> redis.Redis:
    """A client that connects at its first command. A worker that blocks on a queue wants no `socket_timeout`.

    A connection that the server dropped is opened again once; nothing is waited for (redis-py's own ten retries
    with their pauses would hold a visitor for seconds).
    """
    return redis.Redis.from_url(
        url(config),
        socket_timeout=socket_timeout,
        socket_connect_timeout=SOCKET_TIMEOUT,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def url(config: Config) -> str:
    """As redis-py wants it: `unix://` for the embedded server, else REDIS_URL."""
    return f"unix://{quote(str(socket_path(config)))}" if config.embedded_valkey else config.redis_url


def limiter_url(config: Config) -> str:
    """As Flask-Limiter wants it: `redis+unix://` for a socket."""
    address = url(config)
    return f"redis+{address}" if address.startswith("unix://") else address


def socket_path(config: Config) -> Path:
    """The embedded server's socket: under DATA_DIR, or in a short place keyed by it where the path is too long."""
    path = config.data_dir / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    key = hashlib.sha256(os.fsencode(config.data_dir)).hexdigest()[:16]
    return SHORT / f"sarnakh-{os.getuid()}" / f"{key}.sock"
