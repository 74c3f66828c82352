"""What the web server itself is given: bodies without an end, lengths that lie, headers without measure."""

from __future__ import annotations

import errno
import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import config as settings
from gateway.clock import utcnow
from gateway.parts import Parts, make_parts
from gateway.store.migrate import migrate
from gateway.store.tables import nonces, outbox, submissions
from gateway.supervisor import web_command
from tests.support import visitor_side as side
from tests.support.ports import free_port
from tests.support.visitor_side import ROOT

PATIENCE = 5.0  # seconds until a server that does not answer has failed
HUNG_UP = {errno.ENOTCONN, errno.EPIPE, errno.ECONNRESET}  # a server may answer and leave before it has read all
CHUNK = b"1000\r\n" + b"x" * 4096 + b"\r\n"


@dataclass
class Server:
    port: int
    parts: Parts

    def raw(self, head: str, body: bytes = b"", *, close: bool = False) -> bytes:
        """The beginning of the answer; empty when the server hung up."""
        with self.connected() as connection:
            try:
                connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
                if close:
                    connection.shutdown(socket.SHUT_WR)
            except OSError as error:
                if error.errno not in HUNG_UP:
                    raise
            return _answer(connection)

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def rows(self) -> list[int]:
        with self.parts.db.read() as conn:
            return [len(conn.execute(table.select()).all()) for table in (submissions, nonces, outbox)]

    def takes_a_lead(self) -> bool:
        """It still does what it is there for."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", "/f/guide/spec")
        ticket = json.loads(connection.getresponse().read())["ticket"]
        body = {"email": "sara@example.ir", "consent_store": True, "_ticket": ticket}
        connection.request("POST", "/f/guide", json.dumps(body), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        connection.close()
        return reply.status == 200


def _answer(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except ConnectionError:
        return b""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all: it has to outlive each of these."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "SECRET_KEY": "for tests only",
        "SARNAKH_WEB_WORKERS": "1",
        "SARNAKH_LOG_LEVEL": "error",
    }
    config = settings.load(environ, dotenv=folder / "no.env")
    migrate(config.database_url)
    parts = make_parts(config, utcnow)
    side.publish(parts, side.GUIDE)
    process = subprocess.Popen(web_command(config), env=environ, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield Server(port, parts)
    finally:
        process.terminate()
        process.wait(20)
        parts.db.close()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the web server did not start")


def test_an_endless_body_is_answered_while_it_still_comes(server: Server):
    """Each kind of body, at each address that takes one."""
    before = server.rows()
    for path in ("/f/guide", "/f/guide/spec", "/e"):
        for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            sent, answer = _pour(server, path, kind)
            assert answer.startswith(b"HTTP/1.1 4"), (path, kind, sent, answer[:100])
            if path == "/f/guide":
                assert answer.startswith(b"HTTP/1.1 413"), answer[:100]
    assert server.rows() == before
    assert server.takes_a_lead()


def _pour(server: Server, path: str, kind: str) -> tuple[int, bytes]:
    """Chunks without an end, until the server answers, hangs up, or its time is over. How much, and the answer."""
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = 0
    with server.connected() as connection:
        connection.sendall(head.encode())
        deadline = time.monotonic() + PATIENCE
        connection.settimeout(0.01)
        while time.monotonic() < deadline:
            try:
                answer = connection.recv(4096)
            except TimeoutError:
                answer = b""
            if answer:
                return sent, answer
            try:
                connection.sendall(CHUNK)
            except TimeoutError:
                continue  # it reads no more: its answer is on the way
            except ConnectionError:
                connection.settimeout(PATIENCE)
                return sent, _answer(connection)
            sent += len(CHUNK)
    return sent, b""


def test_a_length_that_is_too_large_is_refused_before_the_body(server: Server):
    before = server.rows()
    for path in ("/f/guide", "/e", "/f/guide/spec"):
        head = f"POST {path} HTTP/1.1\nHost: a\nContent-Type: application/json\nContent-Length: 10000000000"
        assert server.raw(head, b"{").startswith(b"HTTP/1.1 413")
    assert server.rows() == before


@pytest.mark.parametrize("length", ["-1", "x", "1, 2", "99999999999999999999999"])
def test_a_length_that_is_none_is_a_bad_request(server: Server, length: str):
    head = f"POST /f/guide HTTP/1.1\nHost: a\nContent-Type: application/json\nContent-Length: {length}"
    assert server.raw(head, b"{}")[:10] in {b"HTTP/1.1 4", b""}
    assert server.takes_a_lead()


def test_a_body_that_breaks_off_stores_nothing(server: Server):
    before = server.rows()
    body = b'{"email": "sara@example.ir", "consent_store": true}'
    head = f"POST /f/guide HTTP/1.1\nHost: a\nContent-Type: application/json\nContent-Length: {len(body) + 100}"
    assert not server.raw(head, body, close=True).startswith(b"HTTP/1.1 5")
    assert server.rows() == before
    assert server.takes_a_lead()


@pytest.mark.parametrize(
    "head",
    [
        "GET /f/guide HTTP/1.1\nHost: a\nCookie: " + "x" * 500_000,
        "GET /f/guide HTTP/1.1\nHost: a\n" + "\n".join(f"X-{number}: y" for number in range(2000)),
        "GET /f/guide?" + "a" * 100_000 + " HTTP/1.1\nHost: a",
        "GET /f/\x00 HTTP/1.1\nHost: a",
        "GET /f/guide HTTP/9.9\nHost: a",
        "\x16\x03\x01 hello",
        "POST /f/guide HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 5",
    ],
    ids=["huge header", "many headers", "long query", "NUL", "version", "TLS", "two lengths"],
)
def test_a_head_that_no_server_reads_is_no_fault_of_ours(server: Server, head: str):
    assert not server.raw(head, close=True).startswith(b"HTTP/1.1 5")
    assert server.takes_a_lead()
