"""Hands lanes to senders: one sender a lane, and the slow ones never hold them all (rule 30).

A lane counts as slow until it has answered quickly in this run: so a destination that hangs costs the others nothing
even when nobody has met it before.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from gateway.delivery import ledger
from gateway.delivery.readying import Explain
from gateway.delivery.sending import Done
from gateway.parts import Parts
from gateway.store import claims
from gateway.store.claims import Waiting
from gateway.store.db import AWAY

SENDERS = 8  # lanes under way at once, in one process
SLOW_SENDERS = SENDERS // 2  # of them for those that are slow, failing, or not known yet
CLAIMED = 50  # deliveries a round
RUN_SECONDS = 60.0  # then the job ends, and the next begins: only quick lanes go on beside one that takes its time
LOOK_SECONDS = 0.5  # while all that is under way takes its time: has something else become due?
SOON = timedelta(seconds=1)

log = structlog.get_logger()

Aside = Callable[[], int]  # what else a run sees to, a few at a time, again and again; how many it did


def deliver(parts: Parts, explain: Explain, aside: Aside) -> int:
    """Send what is due until nothing is, or the run is over; returns how many were settled, tried or done aside."""
    with ThreadPoolExecutor(max_workers=SENDERS + 1) as pool:
        return _Run(parts, explain, pool, aside).to_its_end()


def pause(parts: Parts) -> float | None:
    """Seconds until the next one may go, where that is within a second: a rate budget, the first retries. None: not
    so soon."""
    now = parts.clock()
    with parts.db.read() as conn:
        moment = claims.soon(conn, now, now + SOON)
    return (moment - now).total_seconds() if moment else None


@dataclass
class _Run:
    """fast: lanes that answered quickly. spent: until when lanes are left alone that gave nothing: another worker was
    quicker, and may be so again in a moment."""

    parts: Parts
    explain: Explain
    pool: ThreadPoolExecutor
    aside: Aside
    running: dict[Future[Done], Waiting] = field(default_factory=dict)
    fast: set[str] = field(default_factory=set)
    spent: dict[str, float] = field(default_factory=dict)

    def to_its_end(self) -> int:
        """Whatever is under way when the time is over, a hanging destination or mail server, keeps the others waiting
        no longer than they would otherwise: while a destination lingers the quick ones go on, and while it is the
        aside alone, all do."""
        until, total = time.monotonic() + RUN_SECONDS, 0
        besides = self.pool.submit(self.aside)
        lingering: set[Future[Done]] | None = None
        while True:
            if lingering is None and time.monotonic() >= until and besides.done():
                lingering = {*self.running}
            goes_on = lingering is None or not all(one.done() for one in lingering)
            if goes_on or not besides.done():
                self._hand_out(quick_only=lingering is not None)
            if besides.done():
                if goes_on and (self.running or besides.result()):
                    total += besides.result()
                    besides = self.pool.submit(self.aside)
                elif not self.running:
                    return total + besides.result()
            under_way: list[Future[Any]] = [*self.running] or [besides]
            wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            total += sum(self._ended(one) for one in list(self.running) if one.done())

    def _hand_out(self, *, quick_only: bool) -> None:
        if len(self.running) >= SENDERS:
            return
        busy = {one.destination_id for one in self.running.values()}
        busy |= {name for name, until in self.spent.items() if until > time.monotonic()}
        with self.parts.db.read() as conn:
            free = [one for one in claims.lanes(conn, self.parts.clock()) if one.destination_id not in busy]
        free = [one for one in free if not (quick_only and self._slow(one))]
        random.shuffle(free)
        for one in sorted(free, key=self._slow):
            slow = sum(map(self._slow, self.running.values()))
            if len(self.running) < SENDERS and (slow < SLOW_SENDERS or not self._slow(one)):
                self.running[self.pool.submit(ledger.send_lane, self.parts, one, CLAIMED, self.explain)] = one

    def _slow(self, one: Waiting) -> bool:
        return one.failing or one.destination_id not in self.fast

    def _ended(self, future: Future[Done]) -> int:
        """A bug of ours in one lane costs the others nothing; this one's turn comes with the next run."""
        one = self.running.pop(future)
        try:
            done = future.result()
        except AWAY:
            raise
        except Exception as bug:
            log.error("lane_fault", destination=one.destination_id, error=type(bug).__name__, exc_info=bug)
            self.spent[one.destination_id] = math.inf
            return 0
        if not done.taken:
            self.spent[one.destination_id] = time.monotonic() + LOOK_SECONDS
        elif done.slow:
            self.fast.discard(one.destination_id)
        else:
            self.fast.add(one.destination_id)
        return done.taken
