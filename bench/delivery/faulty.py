"""A receiver of several places that fail in their own ways, and keep what they were sent."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gateway.clock import Clock


@dataclass(frozen=True)
class Answer:
    """taken: the place keeps the lead, whatever it answers. after: seconds until it answers; reset: it does not."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    taken: bool = True
    after: float = 0.0
    reset: bool = False


OK = Answer()
Way = Callable[[str, int], Answer]  # the delivery's id, which time it comes → what happens to it


def chosen(delivery_id: str, percent: float) -> bool:
    """The same ids on every run of them: so many of a hundred."""
    return int.from_bytes(hashlib.sha256(delivery_id.encode()).digest()[:4]) < 2**32 * percent / 100


def steady(_id: str, _time: int) -> Answer:
    return OK


def slow(delivery_id: str, time_: int) -> Answer:
    """One in a hundred takes the lead and answers after 29 seconds, or never while anybody listens."""
    if time_ > 1 or not chosen(delivery_id, 1):
        return OK
    return Answer(after=29.0 if chosen(delivery_id[::-1], 50) else 60.0)


@dataclass(frozen=True)
class Crowded:
    """Every tenth is told to come later, in each form of Retry-After."""

    clock: Clock

    def __call__(self, delivery_id: str, time_: int) -> Answer:
        if time_ > 1 or not chosen(delivery_id, 10):
            return OK
        later = format_datetime(self.clock() + timedelta(seconds=5), usegmt=True)
        forms: tuple[Mapping[str, str], ...] = (
            {"Retry-After": "3"}, {"Retry-After": later}, {}, {"Retry-After": "soon"}, {"Retry-After": "0"},
        )  # fmt: skip
        return Answer(429, forms[sum(delivery_id.encode()) % len(forms)], taken=False)


def resetting(delivery_id: str, time_: int) -> Answer:
    """Every twentieth is taken, and the connection reset before the answer."""
    return Answer(reset=True) if time_ == 1 and chosen(delivery_id, 5) else OK


def elsewhere(location: str) -> Way:
    """Redirects to this address."""
    return lambda _id, _time: Answer(307, {"Location": location}, taken=False)


class Broken:
    """500 until told to be well."""

    def __init__(self) -> None:
        self.well = False

    def __call__(self, _id: str, _time: int) -> Answer:
        return OK if self.well else Answer(500, taken=False)


class Picky(Broken):
    """422 until told to be well: all is parked."""

    def __call__(self, _id: str, _time: int) -> Answer:
        return OK if self.well else Answer(422, taken=False)


@dataclass
class Place:
    """times: requests by delivery id. taken: those that it kept. order: (lead, version) as they were kept."""

    way: Way
    times: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, set[bytes]] = field(default_factory=dict)
    signed: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    order: list[tuple[str, int]] = field(default_factory=list)
    broken: int = 0  # answers that nobody waited for, and resets: repeats that are the receiver's own doing
    at: dict[str, float] = field(default_factory=dict)  # when each first came, by the moved clock


class Faulty:
    """`places` by the last part of their path."""

    def __init__(self, ways: Mapping[str, Way], clock: Clock) -> None:
        self.places = {name: Place(way) for name, way in ways.items()}
        self.clock = clock
        self.well = True  # nobody fails yet
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        self.port = int(self._server.server_address[1])
        self.host = f"127.0.0.1:{self.port}"

    def url(self, name: str) -> str:
        return f"http://{self.host}/{name}"

    def take(self, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Keep it, and say what to do."""
        place, delivery_id = self.places[name], headers["webhook-id"]
        with self._lock:
            place.times[delivery_id] += 1
            answer = OK if self.well else place.way(delivery_id, place.times[delivery_id])
            place.at.setdefault(delivery_id, self.clock().timestamp())
            place.bodies.setdefault(delivery_id, set()).add(body)
            place.signed.append((delivery_id, headers["webhook-timestamp"], headers["webhook-signature"], body))
            if answer.taken:
                place.taken[delivery_id] += 1
                told = json.loads(body)["data"]
                place.order.append((told["id"], told["version"]))
            if answer.reset or answer.after:
                place.broken += 1
        return answer

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(faulty: Faulty) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = faulty.take(self.path.strip("/"), headers, body)
            time.sleep(answer.after)
            if answer.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            try:
                self._say(answer)
            except OSError:
                self.close_connection = True  # whoever asked has gone

        def _say(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Silent: the bench reads the places."""

    return Handler
