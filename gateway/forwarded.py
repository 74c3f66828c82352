"""Forwarded headers that nobody reads: the web server notes them, `sarnakh doctor` tells of them.

A proxy in front that TRUSTED_PROXIES does not name makes all visitors one address to the limits.
"""

from __future__ import annotations

import time

from redis import Redis
from redis.exceptions import RedisError

HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
NOTE_EVERY = 3600.0  # seconds, in each process: a header comes with each request
_KEY = "sarnakh:forwarded-unread"
_KEEP = 24 * 3600  # seconds


class Unread:
    """What one process saw."""

    def __init__(self) -> None:
        self._next = 0.0

    def note(self, redis: Redis) -> None:
        """Such a header came. Told to Valkey once an hour; one that is away hears of it later."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + NOTE_EVERY
        try:
            redis.set(_KEY, "1", ex=_KEEP)
        except RedisError:  # the doctor says that it is away
            return


def seen(redis: Redis) -> bool:
    """Within the last day; False where Valkey does not answer."""
    try:
        return bool(redis.exists(_KEY))
    except RedisError:
        return False
