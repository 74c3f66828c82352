"""A person at a desktop: a headed Chromium under Xvfb whose mouse and keys are pressed in the X server by xdotool.

No WebDriver and no input by the debugging protocol. That protocol is only read from, to learn where things stand on
the screen; the browser starts with its port open and nothing else that a page could notice.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websocket import create_connection

from bench.verification.clients.browser_page import CHROMIUM, FLAGS, FRAME
from bench.verification.target import Target

SCREEN = "1366x1100x24"
Box = tuple[float, float, float, float]  # left, top, width, height in pixels of the screen


class Desktop:
    """One screen with one browser. Every wait is in seconds."""

    def __init__(self, target: Target, **settings: Any) -> None:
        self.target = target
        self._settings = settings
        self.folder = Path(tempfile.mkdtemp(dir=target.scratch))
        self._port = 18710 + target.display % 50
        self._at = (random.uniform(300, 900), random.uniform(300, 800))
        self._started: list[subprocess.Popen[bytes]] = []
        self._ids = 0

    # ---- switching on and off ----------------------------------------------------------------------------------
    def on(self, address: str) -> None:
        """Start the screen, a window manager and the browser at this address."""
        environ = {**os.environ, "DISPLAY": f":{self.target.display}", "LANG": "en_US.UTF-8"}
        self.environ = environ | self._settings.get("environ", {})
        self.begin("Xvfb", f":{self.target.display}", "-screen", "0", SCREEN, "-nolisten", "tcp")
        time.sleep(1.5)
        self.begin("openbox")
        layout = self._settings.get("layout", "us")
        self._do("setxkbmap", "-layout", layout)
        for command in self._settings.get("before", ()):
            self._do(*command)
        self.browse(address)

    def browse(self, address: str) -> None:
        """Start the browser at this address, with a profile of its own."""
        profile = self.folder / "profile"
        (profile / "Default").mkdir(parents=True)
        (profile / "Default" / "Preferences").write_text(json.dumps(self._settings.get("preferences", {})))
        self.begin(
            CHROMIUM, *FLAGS, *self._settings.get("flags", ()), f"--user-data-dir={profile}", "--password-store=basic",
            "--test-type", "--window-position=0,0", "--window-size=1366,1100",
            f"--remote-debugging-port={self._port}", "--remote-allow-origins=*", address,
        )  # fmt: skip
        self.until(lambda: self._targets("page"), "a page")

    def off(self) -> None:
        for process in reversed(self._started):
            process.terminate()
        for process in self._started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def begin(self, *command: str) -> None:
        quiet = subprocess.DEVNULL
        self._started.append(subprocess.Popen(command, env=self.environ, stdout=quiet, stderr=quiet))

    def _do(self, *command: str, given: str | None = None) -> None:
        subprocess.run(command, env=self.environ, check=True, input=given, text=True, stdout=subprocess.DEVNULL)

    # ---- looking -----------------------------------------------------------------------------------------------
    def _targets(self, kind: str) -> list[dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/json/list", timeout=5) as reply:
                return [one for one in json.load(reply) if one["type"] == kind and "devtools" not in one["url"]]
        except OSError:
            return []

    def ask(self, kind: str, method: str, **params: Any) -> Any:
        """One question to the page or to the frame of another site in it; the connection is closed again."""
        found = self._targets(kind)
        if not found:
            return {}
        connection = create_connection(found[0]["webSocketDebuggerUrl"], timeout=15)
        try:
            connection.send(json.dumps({"id": 1, "method": method, "params": params}))
            while True:
                answer = json.loads(connection.recv())
                if answer.get("id") == 1:
                    return answer.get("result", {})
        finally:
            connection.close()

    @property
    def kind(self) -> str:
        """Which target holds the form."""
        return "iframe" if self.target.channel == "frame" and not self._settings.get("top") else "page"

    def read(self, expression: str, kind: str = "") -> Any:
        """What an expression is worth in the page that holds the form."""
        answer = self.ask(kind or self.kind, "Runtime.evaluate", expression=expression, returnByValue=True)
        return answer.get("result", {}).get("value")

    def page_socket(self) -> str:
        return str(self.until(lambda: self._targets("page"), "a page")[0]["webSocketDebuggerUrl"])

    def rectangle(self, selector: str) -> Box | None:
        """Where this stands in the page, seen from its window's corner; none while it is not there."""
        found = self.read(_RECT % json.dumps(selector))
        if not found:
            return None
        left, top, width, height = found
        if self.kind == "iframe":
            frame = self.read(_RECT % json.dumps(FRAME), "page") or [0, 0]
            left, top = left + frame[0], top + frame[1]
        return (left, top, width, height)

    def box(self, selector: str) -> Box | None:
        """Where this stands on the screen; none while it is not there."""
        found = self.rectangle(selector)
        page = self.read(_WINDOW, "page")
        if not found or not page:
            return None
        return (page[0] + found[0], page[1] + found[1], *found[2:])

    def until(self, question: Any, what: str, seconds: float = 40) -> Any:
        """Wait until the question has an answer, and give it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = question()
            if answer:
                return answer
            time.sleep(0.3)
        raise TimeoutError(f"{what} did not come")

    def there(self, selector: str, seconds: float = 40) -> Box:
        """Wait for this, and scroll with the wheel until it is well on the screen."""
        box = self.until(lambda: self.box(selector), selector, seconds)
        for _ in range(40):
            if box[1] > 140 and box[1] + box[3] < 1060:
                return box
            self._x("click", "5" if box[1] > 600 else "4")
            time.sleep(random.uniform(0.1, 0.3))
            box = self.box(selector) or box
        return box

    # ---- hands -------------------------------------------------------------------------------------------------
    def _x(self, *words: str) -> None:
        self._do("xdotool", *words)

    def move(self, x: float, y: float) -> None:
        """Along a bent path, faster in its middle, with a little shake."""
        words: list[str] = []
        for px, py, pause in _path(self._at, (x, y)):
            words += ["mousemove", str(round(px)), str(round(py)), "sleep", f"{pause:.4f}"]
        self._x(*words)
        self._at = (x, y)

    def click(self, selector: str) -> None:
        """Go there and press, somewhere within it."""
        left, top, width, height = self.there(selector)
        self.move(left + width * random.uniform(0.15, 0.8), top + height * random.uniform(0.25, 0.75))
        time.sleep(random.uniform(0.05, 0.3))
        self._x("mousedown", "1", "sleep", f"{random.uniform(0.05, 0.13):.3f}", "mouseup", "1")

    def type(self, text: str, pace: float = 0.11, slips: float = 0.02) -> None:
        """Key by key, now and then a slip that is mended; `pace` is the usual time between two keys."""
        words: list[str] = []
        for letter in text:
            if slips and random.random() < slips and letter.isascii() and letter.isalpha():
                words += [*_stroke(random.choice("asdfjkl"), pace * 2), *_stroke("BackSpace", pace)]
            words += _stroke(_keysym(letter), pace)
        for start in range(0, len(words), 400):
            self._x(*words[start : start + 400])

    def keys(self, *names: str) -> None:
        """Keys by their X names, `ctrl+v` for two together."""
        for name in names:
            *held, last = name.split("+")
            for one in held:
                self._x("keydown", one)
            self._x(*_stroke(last, 0.15))
            for one in held:
                self._x("keyup", one)
            time.sleep(random.uniform(0.12, 0.4))

    def copy(self, text: str) -> None:
        """Into the clipboard, as if from another window."""
        subprocess.run(
            ["xclip", "-selection", "clipboard"], env=self.environ, input=text, text=True, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def wheel(self, times: int = 2) -> None:
        for _ in range(times):
            self._x("click", "5")
            time.sleep(random.uniform(0.1, 0.4))


@contextmanager
def desktop(target: Target, address: str = "", *, kind: type[Desktop] = Desktop, **settings: Any) -> Iterator[Any]:
    """A desktop with the browser at the target's page; settings: flags, preferences, layout, environ, before."""
    made = kind(target, **settings)
    try:
        made.on(address or target.page)
        yield made
    finally:
        made.off()


def pause(least: float = 0.4, most: float = 1.4) -> None:
    time.sleep(random.uniform(least, most))


_RECT = """(() => { const node = [...document.querySelectorAll(%s)].find((one) => one.getClientRects().length);
  if (!node) return null;
  const box = node.getBoundingClientRect();
  return [box.x, box.y, box.width, box.height]; })()"""
_WINDOW = "[screenX + (outerWidth - innerWidth) / 2, screenY + outerHeight - innerHeight]"
_NAMES = {" ": "space", "\n": "Return"}


def _keysym(letter: str) -> str:
    return _NAMES.get(letter) or f"U{ord(letter):04X}"


def _stroke(keysym: str, pace: float) -> list[str]:
    """Down, held for as long as fingers do (usually 60 to 120 ms), up, and the time to the next key."""
    held = min(max(random.gauss(0.085, 0.02), 0.035), 0.16)
    after = max(pace * random.lognormvariate(0, 0.45) - held, 0.01)
    return ["keydown", keysym, "sleep", f"{held:.3f}", "keyup", keysym, "sleep", f"{after:.3f}"]


def _path(start: Sequence[float], end: Sequence[float]) -> Iterator[tuple[float, float, float]]:
    """Points of a bent way with the pause after each, in pixels and seconds."""
    distance = math.dist(start, end)
    count = max(6, min(70, round(distance / 9)))
    bend = [random.uniform(-0.18, 0.18) * distance for _ in range(2)]
    for step in range(1, count + 1):
        share = step / count
        eased = share * share * (3 - 2 * share)
        arch = math.sin(math.pi * eased)
        shake = 0 if step == count else random.gauss(0, 0.7)
        x = start[0] + (end[0] - start[0]) * eased + arch * bend[0] + shake
        y = start[1] + (end[1] - start[1]) * eased + arch * bend[1] * 0.4 + shake
        yield max(1, x), max(1, y), random.uniform(0.005, 0.014)
