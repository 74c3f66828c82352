"""Child processes: started, started again when they die, stopped in order, gone with their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

FIRST_PAUSE = 0.1  # seconds before the first restart; doubled each time
LONGEST_PAUSE = 5.0
SETTLED = 5.0  # seconds alive after which the pauses begin anew
PR_SET_PDEATHSIG = 1  # prctl(2)

log = structlog.get_logger()


@dataclass(frozen=True)
class Child:
    """One line of the supervisor's table. stop_seconds: how long it may take to end what it does."""

    name: str
    command: tuple[str, ...]
    stop_seconds: float = 10.0


@dataclass
class Running:
    """A child and its present process; `process` is None between a death and the restart."""

    child: Child
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = field(default=0)  # since it last lived for SETTLED seconds
    due: float = 0.0  # when to start it (again)

    def start(self, now: float) -> None:
        """A session of its own, so that a terminal's Ctrl-C reaches the supervisor alone."""
        self.process = subprocess.Popen(
            self.child.command,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  the supervisor has one thread
        )
        self.started = now

    def check(self, now: float) -> None:
        """Notice a death and plan the restart; start what is due."""
        if self.process is None:
            if now >= self.due:
                self.start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        self.kill_group()
        self.deaths = 1 if now - self.started >= SETTLED else self.deaths + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self.deaths - 1))
        log.warning("child_ended", child=self.child.name, code=code, restart_in=pause)
        self.process, self.due = None, now + pause

    def stop(self, hurry: threading.Event) -> None:
        """Ask it to end and wait; past its patience, or when hurried, end it and whatever it started."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self.child.stop_seconds
        while self.process.poll() is None and time.monotonic() < deadline and not hurry.is_set():
            time.sleep(0.02)
        if self.process.poll() is None:
            log.warning("child_killed", child=self.child.name)
        self.kill_group()
        self.process.wait()
        self.process = None

    def kill_group(self) -> None:
        """What a killed child leaves behind: a web server's workers would hold the port."""
        assert self.process is not None
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # nothing left; macOS says EPERM for one that is a zombie
            return


def start_all(children: Sequence[Child], environ: Mapping[str, str]) -> list[Running]:
    """All of them, in the order of the table."""
    running = [Running(child, environ) for child in children]
    for one in running:
        one.start(time.monotonic())
    return running


def stop_all(running: Sequence[Running], hurry: threading.Event) -> None:
    """One after the other, each with its own patience; with none once `hurry` is set."""
    for one in running:
        one.stop(hurry)


def die_with_parent() -> None:
    """Linux sends this process SIGTERM when its parent dies, however that happens. Elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == 1:  # it died before that: nobody would ever send it
            os.kill(os.getpid(), signal.SIGTERM)
