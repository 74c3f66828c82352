"""A real HTTP server on loopback that keeps what it was sent and can be told to misbehave."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    method: str
    path: str  # with its query
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the server does with one request; `reset` drops the connection without a word."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the first byte
    reset: bool = False


class Receiver:
    """`requests` in the order of arrival; `answer_next` queues faults, `always` sets what follows them."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self._always = Answer()
        self._next: deque[Answer] = deque()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host_port(self) -> str:
        """As `SARNAKH_PRIVATE_DESTINATIONS` wants it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host_port}/hook"

    @property
    def bodies(self) -> list[Any]:
        return [request.json for request in self.requests]

    def always(self, **answer: Any) -> None:
        self._always = Answer(**answer)

    def answer_next(self, times: int = 1, *, retry_after: int | str | None = None, **answer: Any) -> None:
        """The next `times` requests get this answer: status, body, headers, delay, reset, retry_after."""
        headers = dict(answer.pop("headers", {}))
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        self._next.extend([Answer(headers=headers, **answer)] * times)

    def wait_for(self, count: int, seconds: float = 60.0) -> list[Received]:
        """The requests once there are `count`; fails the test when they do not come."""
        deadline = time.monotonic() + seconds
        while len(self.requests) < count:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {count} requests after {seconds} s"
            time.sleep(0.01)
        return list(self.requests)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, request: Received) -> Answer:
        with self._lock:
            self.requests.append(request)
            return self._next.popleft() if self._next else self._always


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.take(Received(self.command, self.path, headers, body))
            if answer.delay:
                time.sleep(answer.delay)
            if answer.reset:
                self._reset()
                return
            try:
                self._send(answer)
            except ConnectionError:
                self.close_connection = True  # the caller's time-out was shorter than our delay

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        def _reset(self) -> None:
            """RST instead of FIN: a linger of zero seconds."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def log_message(self, *args: Any) -> None:
            """Silent: the test reads `requests`."""

    return Handler
