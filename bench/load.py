"""Sixteen connections that each send one prepared request after another; rates, times and answers.

Raw sockets and requests made beforehand, so that the client costs the shared cores as little as it can.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Result:
    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.milliseconds) / self.seconds

    def percentile(self, share: float) -> float:
        return sorted(self.milliseconds)[min(int(len(self.milliseconds) * share), len(self.milliseconds) - 1)]


def send_all(port: int, requests: Sequence[bytes], connections: int) -> Result:
    """Send every request once over `connections` kept-alive connections to loopback."""
    result = Result()
    waiting = iter(requests)
    selector = selectors.DefaultSelector()
    started = time.perf_counter()
    for _ in range(connections):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client, selectors.EVENT_READ, _send_next(client, waiting))
    while selector.get_map():
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            sent_at, answer = key.data
            answer += key.fileobj.recv(65536)
            if not _whole(answer):
                continue
            result.milliseconds.append((time.perf_counter() - sent_at) * 1000)
            result.statuses[int(answer[9:12])] += 1
            following = _send_next(key.fileobj, waiting)
            if following is None:
                selector.unregister(key.fileobj)
                key.fileobj.close()
            else:
                selector.modify(key.fileobj, selectors.EVENT_READ, following)
    result.seconds = time.perf_counter() - started
    return result


def _send_next(client: socket.socket, waiting: object) -> tuple[float, bytearray] | None:
    request = next(waiting, None)  # type: ignore[call-overload]
    if request is None:
        return None
    client.sendall(request)
    return time.perf_counter(), bytearray()


def _whole(answer: bytearray) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return body.endswith(b"0\r\n\r\n")
