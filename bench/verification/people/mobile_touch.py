"""A phone: a small touch screen, an Android browser's name, fingers, and words that an on-screen keyboard hands over.

Xvfb has no touch input and this kind of machine no /dev/uinput, so touches and words come by the debugging protocol
(`Input.dispatchTouchEvent`, `Input.insertText`) into a headed browser without WebDriver: the nearest that can be had.
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

from websocket import WebSocket, create_connection

from bench.verification.clients.browser_page import CONSENT, SEND, THANKS, question
from bench.verification.people.desktop import Desktop, desktop, pause
from bench.verification.target import FIELDS, Target, run

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
)
BRANDS = {"platform": "Android", "platformVersion": "14.0.0", "architecture": "", "model": "SM-A546B", "mobile": True}
SCREEN = {"width": 412, "height": 915, "deviceScaleFactor": 2.625, "mobile": True}


class Phone:
    """One open connection: what is emulated lasts as long as it does."""

    def __init__(self, seat: Desktop) -> None:
        self.seat = seat
        self._asked = 0
        self.line: WebSocket = create_connection(seat.page_socket(), timeout=20)
        agent = {"userAgent": ANDROID, "platform": "Linux armv81", "userAgentMetadata": BRANDS}
        self.tell("Emulation.setUserAgentOverride", **agent)
        self.tell("Emulation.setDeviceMetricsOverride", **SCREEN, screenWidth=412, screenHeight=915)
        self.tell("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)

    def tell(self, method: str, **params: Any) -> Any:
        self._asked += 1
        self.line.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while True:
            answer = json.loads(self.line.recv())
            if answer.get("id") == self._asked:
                return answer.get("result", {})

    def tap(self, selector: str) -> None:
        """A finger comes down within it, rolls a little, goes."""
        left, top, width, height = self.there(selector)
        x, y = left + width * random.uniform(0.2, 0.8), top + height * random.uniform(0.3, 0.7)
        finger = {"radiusX": random.uniform(8, 14), "radiusY": random.uniform(8, 14), "force": random.uniform(0.3, 0.8)}
        self.tell("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y, **finger}])
        time.sleep(random.uniform(0.04, 0.1))
        self.tell("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def swipe(self, up: float) -> None:
        y = 600.0 if up > 0 else 300.0
        self.tell("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": 200, "y": y}])
        for step in range(1, 11):
            self.tell(
                "Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": 200 + step, "y": y - up * step / 10}]
            )
            time.sleep(0.016)
        self.tell("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        pause(0.5, 0.9)

    def there(self, selector: str) -> tuple[float, float, float, float]:
        """Its rectangle in the page's own pixels, swiped into view."""
        for _ in range(20):
            box = self.seat.until(lambda: self.seat.rectangle(selector), selector)
            if box[1] > 20 and box[1] + box[3] < 880:
                return box
            self.swipe(250 if box[1] > 450 else -250)
        return box

    def write(self, text: str) -> None:
        """Word by word, as an on-screen keyboard commits them."""
        for word in text.replace(" ", " \0").split("\0"):
            self.tell("Input.insertText", text=word)
            time.sleep(0.16 * len(word) * random.uniform(0.7, 1.5))


def visit(target: Target) -> str:
    with desktop(target, "about:blank") as seat:
        phone = Phone(seat)
        phone.tell("Page.navigate", url=target.page)
        seat.until(lambda: seat.rectangle(SEND), "the form")
        pause(1, 2)
        for name in FIELDS:
            phone.tap(question(name))
            pause(0.4, 0.9)
            phone.write(target.answers[name])
        phone.tap(CONSENT)
        pause()
        phone.tap(SEND)
        seat.until(lambda: seat.rectangle(THANKS), "the thanks")
        pause(0.5, 1)
    return "thanked"


if __name__ == "__main__":
    run(visit)
