"""A receiver that costs as little as it can: one thread, kept-alive connections, the same answer to everybody.

A process of its own, so that what it costs is not counted with the sender's.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Its `host:port`, while the block lasts."""
    process = subprocess.Popen([sys.executable, "-m", "bench.delivery.receiver"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            if key.data is None:
                accepted, _ = key.fileobj.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(accepted, selectors.EVENT_READ, bytearray())
            elif not _served(key.fileobj, key.data):
                selector.unregister(key.fileobj)
                key.fileobj.close()


def _served(client: socket.socket, read: bytearray) -> bool:
    """False once the other side has gone, or asked to be let go."""
    try:
        piece = client.recv(262_144)
    except OSError:
        return False
    read += piece
    head, found, body = bytes(read).partition(b"\r\n\r\n")
    if not piece or not found:
        return bool(piece)
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    if len(body) < length:
        return True
    read.clear()
    closing = b"connection: close" in head.lower()
    client.sendall(CLOSING if closing else ANSWER)
    return not closing


if __name__ == "__main__":
    main()
