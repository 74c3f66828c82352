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
# What a hung or missing server costs a caller at most. A connection that the server dropped is opened again once and
# nothing is waited for: redis-py's own ten retries with their pauses would hold a visitor for seconds.
PATIENCE = {
    "socket_timeout": SOCKET_TIMEOUT,
    "socket_connect_timeout": SOCKET_TIMEOUT,
    "retry": Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
}
SILENT = (redis.ConnectionError, redis.TimeoutError)  # also what a server says that still loads its log
SOCKET_PATH_LIMIT = 103  # bytes of a unix socket's path: 107 on Linux, 103 on macOS (sys/un.h, less the NUL)
SOCKET = "valkey.sock"
SHORT = Path("/tmp")  # noqa: S108  the folder made in it is ours alone, and the server refuses another's


def client(config: Config, *, blocking: bool = False) -> redis.Redis:
    """A client that connects at its first command; `blocking` for a worker that waits on a queue."""
    return redis.Redis.from_url(url(config), **PATIENCE | ({"socket_timeout": None} if blocking else {}))


def url(config: Config) -> str:
    """As redis-py wants it: `unix://` for the embedded server, else REDIS_URL."""
    return f"unix://{quote(str(socket_path(config)))}" if config.embedded_valkey else config.redis_url


def limiter_url(config: Config) -> str:
    """As Flask-Limiter wants it: `redis+unix://` for a socket."""
    address = url(config)
    return f"redis+{address}" if address.startswith("unix://") else address


def home(config: Config) -> Path:
    """The embedded server's folder: under DATA_DIR, or in a short place keyed by it.

    The short one is for paths too long for a socket, and for those that the server's configuration file, whose
    words are parted by spaces, cannot hold. What is lost there with a reboot are counters and doorbells only.
    """
    folder = config.data_dir / "valkey"
    text = os.fsencode(folder / SOCKET)
    if len(text) <= SOCKET_PATH_LIMIT and not set(text) & set(b" \t\n\"'\\"):
        return folder
    key = hashlib.sha256(os.fsencode(config.data_dir)).hexdigest()[:16]
    return SHORT / f"sarnakh-{os.getuid()}" / key


def socket_path(config: Config) -> Path:
    """The embedded server's socket."""
    return home(config) / SOCKET
