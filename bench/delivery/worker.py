"""What `bench.delivery.faults` starts, kills and begins anew: a sender that the doorbell wakes (`sarnakh worker --only
delivery`), or a sweeper; with a clock that the bench moves and names that lead where it says."""

from __future__ import annotations

import mmap
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config import load
from gateway import http, jobs
from gateway.cli import serve
from gateway.clock import utcnow
from gateway.doorbell import DELIVERY
from gateway.http import TIMEOUT, Connector
from gateway.parts import Parts, make_parts

SECONDS = struct.Struct("d")
PUBLIC = "93.184.215.14"  # stands for a host of the open Internet: what is opened is a port of this machine
REBOUND = "rebound.example"  # a public name, until a file of this name is there: then it leads to 127.0.0.1
SILENT = "silent.example"  # the name server answers too late


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


def environ_of(folder: Path) -> dict[str, str]:
    """What the bench wrote for its processes: settings, and the port that stands for the public host (STAND_IN)."""
    lines = (line.partition("=") for line in (folder / "environ").read_text("utf-8").splitlines())
    return {name: value for name, _, value in lines}


def parts_of(folder: Path, clock: Callable[[], datetime]) -> Parts:
    """By these settings alone, whatever the environment says. Once a process: it puts the stand-in in place."""
    environ = environ_of(folder)
    _stand_in(int(environ["STAND_IN"]))
    parts = make_parts(load(environ, dotenv=folder / "no.env"), clock)
    return replace(parts, connector=Connector(parts.config.private_destinations, resolve=_names(folder)))


def main() -> None:
    role, folder = sys.argv[1], Path(sys.argv[2])
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    parts = parts_of(folder, Moved(folder / "clock"))
    if role == "sweeper":
        _sweep(parts)
    else:
        os.environ.update(environ_of(folder))
        jobs._parts = lambda: parts  # what the job opens, with the moved clock
        serve.worker(["--only", DELIVERY])


def _sweep(parts: Parts) -> None:
    """Every two seconds of the moved clock."""
    beside = jobs.Beside()
    while True:
        jobs.sweep(parts, beside)
        again = parts.clock() + timedelta(seconds=jobs.SWEEP_SECONDS)
        while parts.clock() < again:
            time.sleep(0.02)


def _names(folder: Path) -> Callable[[str, int], list[str]]:
    def resolve(name: str, _port: int) -> list[str]:
        if name == REBOUND:
            return ["127.0.0.1"] if (folder / REBOUND).exists() else [PUBLIC]
        if name == SILENT:
            time.sleep(TIMEOUT + 5)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return resolve


def _stand_in(port: int) -> None:
    """Whoever opens the public host gets this port here. What may be opened at all was judged before."""
    opened = http._connected

    def connected(address: str, asked: int, **more: Any) -> socket.socket:
        return opened("127.0.0.1", port, **more) if address == PUBLIC else opened(address, asked, **more)

    http._connected = connected


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
