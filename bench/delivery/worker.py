"""A worker and a sweeper in one, with a clock that the bench moves: what `bench.delivery.faults` kills."""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from config import load
from gateway import standing
from gateway.clock import utcnow
from gateway.delivery import dispatch
from gateway.parts import Parts, make_parts

SECONDS = struct.Struct("d")


class Moved:
    """A clock ahead of the machine's by what a small file says, for all processes that open it."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(SECONDS.pack(0.0))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), SECONDS.size)

    def __call__(self) -> datetime:
        return utcnow() + timedelta(seconds=SECONDS.unpack(self._map[: SECONDS.size])[0])

    def advance(self, seconds: float) -> None:
        self._map[: SECONDS.size] = SECONDS.pack(SECONDS.unpack(self._map[: SECONDS.size])[0] + seconds)


def parts_of(folder: Path, clock: Callable[[], datetime]) -> Parts:
    """From the folder's `.env`, over whatever the environment says."""
    lines = (line.partition("=") for line in (folder / "environ").read_text("utf-8").splitlines())
    return make_parts(load({name: value for name, _, value in lines}, dotenv=folder / "no.env"), clock)


def main() -> None:
    folder = Path(sys.argv[1])
    parts = parts_of(folder, Moved(folder / "clock"))
    parent = os.getppid()
    while os.getppid() == parent:
        if not dispatch.deliver(parts, standing.explain_all, lambda: 0):
            time.sleep(0.05)


if __name__ == "__main__":
    main()
