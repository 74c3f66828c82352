"""Children are started again, stopped in order, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gateway.processes import LONGEST_PAUSE, SETTLED, Child, Running
from tests.support.waiting import alive, until

NEVER = threading.Event()


def shell(script: str, *, stop_seconds: float = 10.0) -> Running:
    return Running(Child("test", ("/bin/sh", "-c", script), stop_seconds), os.environ)


def died(one: Running, now: float) -> float:
    """Wait for its death, let it be noticed at `now`; the pause until the restart."""
    assert one.process is not None
    one.process.wait()
    one.check(now)
    return one.due - now


def test_a_child_that_keeps_dying_is_started_after_growing_pauses() -> None:
    one, pauses = shell("exit 3"), []
    for now in range(10):
        one.start(float(now))
        pauses.append(died(one, now + 0.5))
    assert pauses[:4] == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE)


def test_a_child_that_lived_a_while_is_started_soon() -> None:
    one = shell("exit 3")
    one.deaths = 8
    one.start(0.0)
    assert died(one, SETTLED) == pytest.approx(0.1)


def test_it_is_started_when_its_time_has_come() -> None:
    one = shell("exit 3")
    one.start(0.0)
    died(one, 1.0)
    one.check(1.05)
    assert one.process is None
    one.check(1.2)
    assert one.process is not None
    one.process.wait()


def test_a_stopped_child_ends_what_it_does(tmp_path: Path) -> None:
    done, ready = tmp_path / "done", tmp_path / "ready"
    one = shell(f"trap 'sleep 0.2; touch {done}; exit' TERM; touch {ready}; while :; do sleep 0.02; done")
    one.start(0.0)
    until(ready.exists, "ready")
    one.stop(NEVER)
    assert done.exists()


@pytest.mark.parametrize("hurried", [False, True])
def test_one_that_does_not_end_is_ended(hurried: bool, tmp_path: Path) -> None:
    ready, hurry = tmp_path / "ready", threading.Event()
    one = shell(f"trap '' TERM; touch {ready}; sleep 60", stop_seconds=30 if hurried else 0.1)
    one.start(0.0)
    until(ready.exists, "ready")
    if hurried:
        hurry.set()
    started = time.monotonic()
    one.stop(hurry)
    assert time.monotonic() - started < 20


def test_what_a_killed_child_started_ends_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    one = shell(f"sleep 60 & echo $! > {pid_file}.new; mv {pid_file}.new {pid_file}; wait")
    one.start(0.0)
    until(pid_file.exists, "its child")
    assert one.process is not None
    one.process.kill()
    died(one, 1.0)
    until(lambda: not alive(int(pid_file.read_text())), "the child's child ends")


PARENT = """
import os, time
from gateway.processes import Child, Running
one = Running(Child("test", ("/bin/sleep", "60")), os.environ)
one.start(0.0)
print(one.process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_end_with_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
    until(lambda: not alive(pid), "the child ends")
