"""The processes of a long run: two senders and a sweeper, and the embedded Valkey that wakes them; what is done to
them."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from bench.delivery.worker import Moved
from config import Config
from gateway.embedded import Embedded

ROLES = ("sender", "sender", "sweeper")
AWAY_SECONDS = 8.0  # that Valkey is down, or hangs


class Crew:
    """Workers that are killed and begun anew; one that ends by itself is begun anew too, as the supervisor does it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kills = self.ended = 0
        self._log = (folder / "workers.log").open("ab")
        self._lock, self._over = threading.Lock(), threading.Event()
        self._alive = [self._begin(role) for role in ROLES]
        self._watching = threading.Thread(target=self._watch)
        self._watching.start()

    def _begin(self, role: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "bench.delivery.worker", role, str(self.folder)]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def kill_one(self) -> None:
        with self._lock:
            place = secrets.randbelow(len(ROLES))
            self._alive[place].send_signal(signal.SIGKILL)
            self._alive[place].wait()
            self._alive[place] = self._begin(ROLES[place])
            self.kills += 1

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            with self._lock:
                for place, one in enumerate(self._alive):
                    if one.poll() is not None:
                        self._alive[place] = self._begin(ROLES[place])
                        self.ended += 1

    def end(self) -> str:
        """What they wrote: warnings and worse."""
        self._over.set()
        self._watching.join()
        for one in self._alive:
            one.kill()
            one.wait()
        self._log.close()
        return (self.folder / "workers.log").read_text("utf-8", "replace")


class Valkey:
    """The embedded server of this folder, without the owner that would mend it. away: from when to when it did not
    answer, by the moved clock, and what was done to it."""

    def __init__(self, config: Config, clock: Moved) -> None:
        self.away: list[tuple[str, float, float]] = []
        self._clock = clock
        self._embedded = Embedded(config)
        self._embedded.start()

    def trouble(self, what: str) -> None:
        """down, hung or flushed."""
        began = self._clock().timestamp()
        getattr(self, f"_{what}")()
        self.away.append((what, began, self._clock().timestamp()))

    def _down(self) -> None:
        self._signal(signal.SIGKILL)
        time.sleep(AWAY_SECONDS)
        self._embedded.start()

    def _hung(self) -> None:
        self._signal(signal.SIGSTOP)
        with ExitStack() as stack:
            stack.callback(self._signal, signal.SIGCONT)
            time.sleep(AWAY_SECONDS)

    def _flushed(self) -> None:
        self._embedded.client.flushall()
        time.sleep(AWAY_SECONDS / 4)

    def _signal(self, sign: signal.Signals) -> None:
        pid = self._embedded.pid()
        assert pid is not None
        os.kill(pid, sign)

    def stop(self) -> None:
        self._embedded.stop()
