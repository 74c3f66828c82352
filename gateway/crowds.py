"""How busy an address block is, counted in Valkey: what the effort of proofs follows (forms/proof.py, `effort`).

Counts are of one site and one hour, under the block's keyed hash (rules 35, 37), and lost with Valkey: then nobody
has to work harder.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

KEPT = 7200  # seconds: an hour's count outlives its hour, for what was served before its end
PAUSE = 5.0  # seconds that a silent Valkey is left alone, so that a hung one costs few visitors its time-out


class Crowds:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._silent_until = 0.0

    def fetched(self, site_id: str, block_hash: str, now: datetime) -> tuple[int, int]:
        """Count one fetched form; returns how many were submitted and fetched in this hour, this one included.
        One round trip; (0, 0) where Valkey does not answer."""
        if time.monotonic() < self._silent_until:
            return 0, 0
        key = _key(site_id, block_hash, now)
        pipe = self._redis.pipeline(transaction=False)
        pipe.hincrby(key, "fetched", 1)
        pipe.hget(key, "submitted")
        pipe.expire(key, KEPT)
        try:
            fetched, submitted, _ = cast(tuple[int, bytes | None, bool], tuple(pipe.execute()))
        except RedisError:
            self._silent_until = time.monotonic() + PAUSE
            return 0, 0
        return int(submitted or 0), fetched

    def submitted(self, found: Iterable[tuple[str, str | None, datetime]]) -> None:
        """Count submissions: site, block hash and time of each. Told by the worker, so that no post waits for it."""
        counts = Counter(_key(site_id, block, at) for site_id, block, at in found if block)
        pipe = self._redis.pipeline(transaction=False)
        for key, count in counts.items():
            pipe.hincrby(key, "submitted", count)
            pipe.expire(key, KEPT)
        try:
            pipe.execute()
        except RedisError:  # doctor says that it is away; the counts are worth nothing by then
            return


def _key(site_id: str, block_hash: str, at: datetime) -> str:
    return f"sarnakh:crowd:{site_id}:{block_hash}:{at:%H}"
