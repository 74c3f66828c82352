"""A desktop with an accessibility bus, as a screen reader or a switch interface finds it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.verification.people.desktop import Desktop, desktop
from bench.verification.target import Target

SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's bindings to AT-SPI are for this one
LABELS = {"email": "E-mail", "first_name": "First name", "company": "Company", "message": "How can we help?"}
CONSENT_NAME = "You may contact me"
SEND_NAME = "Send"
BUS = ["gdbus", "call", "--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus", "--method"]
SET = [*BUS, "org.freedesktop.DBus.Properties.Set", "org.a11y.Status"]
SWITCH_ON = ([*SET, "IsEnabled", "<true>"], [*SET, "ScreenReaderEnabled", "<true>"])


class Technology:
    """Says what is to be pressed, focused or written, by the control's name."""

    def __init__(self, seat: Desktop, environ: dict[str, str]) -> None:
        self.seat = seat
        self._voice = subprocess.Popen(
            [SYSTEM_PYTHON, str(Path(__file__).parent / "at_spi.py")], env=os.environ | seat.environ | environ,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def say(self, words: str) -> str:
        """Do it, or raise RuntimeError; `where` is answered with left, top, width and height on the screen."""
        assert self._voice.stdin and self._voice.stdout and self._voice.stderr
        self._voice.stdin.write(words + "\n")
        self._voice.stdin.flush()
        answer = self._voice.stdout.readline().strip()
        if answer in ("", "refused"):
            raise RuntimeError(f"{words!r}: {answer or self._voice.stderr.read()[-300:]}")
        return answer

    def end(self) -> None:
        self._voice.terminate()
        self._voice.wait(10)


@contextmanager
def assisted(target: Target, kind: type[Desktop] = Desktop) -> Iterator[tuple[Any, Technology]]:
    """The browser with its accessibility on, on message buses of its own."""
    folder = Path(tempfile.mkdtemp(dir=target.scratch))
    environ = {"XDG_RUNTIME_DIR": str(folder), "XDG_CACHE_HOME": str(folder), "ACCESSIBILITY_ENABLED": "1"}
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--print-address", "--nofork"], text=True,
        env=os.environ | environ | {"DISPLAY": f":{target.display}"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert bus.stdout
    environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    try:
        flags = ["--force-renderer-accessibility"]
        with desktop(target, kind=kind, flags=flags, environ=environ, before=SWITCH_ON) as seat:
            technology = Technology(seat, environ)
            try:
                yield seat, technology
            finally:
                technology.end()
    finally:
        bus.terminate()
        bus.wait(10)
