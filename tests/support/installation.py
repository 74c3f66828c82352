"""A whole installation, run as an operator runs it, for tests that kill its processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import config
from gateway.parts import Parts, make_parts
from gateway.store.migrate import migrate
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """`parts` reads and writes beside the running processes; `run` starts and stops `sarnakh run`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # Under /tmp whatever TMPDIR says: a unix socket's path holds 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="sarnakh-run-", dir="/tmp"))
        self.port = free_port()
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "SECRET_KEY": "for tests only",
            "SARNAKH_DNS": "false",
            "SARNAKH_POST_LIMIT": "1000000/minute",
            "SARNAKH_LOG_LEVEL": "warning",
            **environ,
        }
        self.config = config.load(self.environ, dotenv=self.folder / "no.env")
        migrate(self.config.database_url)
        self.parts: Parts = make_parts(self.config)

    @contextmanager
    def run(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "gateway.cli", "run", *options]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=self.environ, cwd=ROOT, stdout=log, stderr=log)
        try:
            self._wait(process)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def close(self) -> None:
        self.parts.db.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"it did not start:\n{self.log()}")


def descendants(pid: int) -> dict[int, str]:
    """Every process below this one: pid → command line."""
    found: dict[int, str] = {}
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return found
    for child in map(int, children):
        try:
            found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        found |= descendants(child)
    return found
