"""The one way out (rule 32): opens connections, speaks HTTP over them.

A name is resolved once, its address judged, and the socket opened to that very address: what DNS says a
moment later changes nothing (rebinding). The certificate is checked against the name. There are no redirects and no
proxies, since nothing below asks for them: the standard library's HTTP client is handed a finished socket.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from gateway.net import is_metadata, is_public, parsed

TIMEOUT = 10.0  # seconds for everything: resolving, connecting, sending, reading
READ_LIMIT = 64 * 1024  # bytes of a reply that are read
KEEP_LIMIT = 2 * 1024  # bytes of a reply that are kept
PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[a-z0-9._:-]+")  # a name in ASCII or an address; no IPv6 scope, which only means this machine

Resolver = Callable[[str, int], Sequence[str]]  # name, port → addresses, best first; raises OSError


class ConnectError(Exception):
    """No answer. code: bad_url, bad_header, unresolved, refused_private, timeout, network, tls."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reply:
    """An answer. headers: names in lower case, the last of each. cut: the body is longer than was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: float
    private: bool = False
    cut: bool = False

    @property
    def excerpt(self) -> str | None:
        """What may be kept and shown: the first 2 KB as text; nothing from a private host."""
        if self.private:
            return None
        return self.body[:KEEP_LIMIT].decode("utf-8", "replace").replace("\x00", "�")


@dataclass(frozen=True)
class Target:
    """A checked URL. host: ASCII, lower case, without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


class _Timed:
    """Reads end at a deadline, however slowly the bytes drip."""

    deadline: float

    def recv_into(self, *args: Any) -> int:
        self.settimeout(_left(self.deadline))  # type: ignore[attr-defined]
        return int(super().recv_into(*args))  # type: ignore[misc]


class _Socket(_Timed, socket.socket):
    pass


class _TlsSocket(_Timed, ssl.SSLSocket):
    pass


class Connector:
    """Opens every outgoing connection. private: the `host:port` pairs that may lead to private addresses."""

    def __init__(
        self,
        private: frozenset[str] = frozenset(),
        *,
        resolve: Resolver | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._private = frozenset(_listed(pair) for pair in private)
        self._resolve = resolve or _system_resolve
        self._context = context

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = TIMEOUT,
        limit: int = READ_LIMIT,
    ) -> Reply:
        """One request, one reply of at most `limit` bytes, within `timeout` seconds in all. Raises ConnectError."""
        started = time.monotonic()
        target = checked(url)
        sent = {"Host": target.host_header, "User-Agent": "Sarnakh", **(headers or {})}
        sock, private = self.open(target.host, target.port, tls=target.scheme == "https", timeout=timeout)
        speaker = http.client.HTTPConnection(target.host, target.port, timeout=timeout)
        speaker.sock = sock
        try:
            speaker.request(method, target.path, body=body, headers={**sent, "Connection": "close"})
            return _read(speaker.getresponse(), private=private, started=started, limit=limit)
        except (OSError, http.client.HTTPException) as error:
            raise ConnectError(_code(error)) from error
        except ValueError:  # of a header's value, and its text holds that, which may be a secret
            raise ConnectError("bad_header") from None
        finally:
            speaker.close()

    def open(self, host: str, port: int, *, tls: bool = False, timeout: float = TIMEOUT) -> tuple[socket.socket, bool]:
        """A connected socket to the pinned address, and whether that is a private one. Reads from it end
        `timeout` seconds from now. Raises ConnectError."""
        deadline = time.monotonic() + timeout
        addresses = self._addresses(host, port, deadline)
        for tried, address in enumerate(addresses, 1):
            try:
                share = _left(deadline) / (len(addresses) - tried + 1)
                sock = _connected(address, port, deadline=deadline, timeout=share)
            except OSError as error:
                if tried == len(addresses):
                    raise ConnectError(_code(error)) from error
                continue
            private = not is_public(_known(address))
            return (self._secured(sock, host, deadline) if tls else sock), private
        raise ConnectError("unresolved")

    def _addresses(self, host: str, port: int, deadline: float) -> list[str]:
        """The addresses of this name that may be opened."""
        found = [host] if parsed(host) else _within(lambda: self._resolve(host, port), deadline)
        if not found:
            raise ConnectError("unresolved")
        listed = (host.rstrip("."), port) in self._private
        open_ones = [text for text in found if (address := parsed(text)) and not is_metadata(address)]
        allowed = open_ones if listed else [text for text in open_ones if is_public(_known(text))]
        if not allowed:
            raise ConnectError("refused_private")
        return allowed

    def _tls_context(self) -> ssl.SSLContext:
        """Made at the first https: reading the system's authorities takes tens of milliseconds."""
        if self._context is None:
            self._context = ssl.create_default_context()
        self._context.sslsocket_class = _TlsSocket
        return self._context

    def _secured(self, sock: socket.socket, host: str, deadline: float) -> socket.socket:
        try:
            sock.settimeout(_left(deadline))
            secured = self._tls_context().wrap_socket(sock, server_hostname=host)
        except OSError as error:
            sock.close()
            code = "timeout" if isinstance(error, TimeoutError) else "tls"
            raise ConnectError(code) from error
        assert isinstance(secured, _TlsSocket)
        secured.deadline = deadline
        return secured


def checked(url: str) -> Target:
    """The parts of an http(s) URL that may be asked for. Raises ConnectError("bad_url")."""
    try:
        parts = urlsplit(url)
        host = _ascii(parts.hostname or "")
        port = parts.port if parts.port is not None else PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ConnectError("bad_url") from error
    odd = any(char.isspace() or ord(char) < 32 or char == "\x7f" for char in url)
    known = parts.scheme in PORTS and HOST.fullmatch(host)
    if odd or not known or not 0 < port < 65536 or parts.username is not None:
        raise ConnectError("bad_url")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]{}|")
    return Target(parts.scheme, host, port, f"{path}?{query}" if query else path)


def _ascii(host: str) -> str:
    return (host if host.isascii() else host.encode("idna").decode()).lower()


def _listed(pair: str) -> tuple[str, int]:
    """A `host:port` pair of the private list; IPv6 in brackets."""
    host, _, port = pair.rpartition(":")
    return host.strip("[]").lower().rstrip("."), int(port) if port.isdigit() else 0


def _system_resolve(host: str, port: int) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _within(resolve: Callable[[], Sequence[str]], deadline: float) -> list[str]:
    """What `resolve` says, unless it takes longer than is left: getaddrinfo itself knows no time-out."""
    found: list[str] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            found.extend(resolve())
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that no name may have
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if thread.is_alive():
        raise ConnectError("timeout")
    if errors:
        raise ConnectError("unresolved") from errors[0]
    return found


def _known(text: str) -> Any:
    address = parsed(text)
    assert address is not None
    return address


def _connected(address: str, port: int, *, deadline: float, timeout: float) -> socket.socket:
    sock = _Socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.deadline = deadline
    try:
        sock.settimeout(timeout)
        sock.connect((address, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(_left(deadline))
    except BaseException:
        sock.close()
        raise
    return sock


def _read(response: http.client.HTTPResponse, *, private: bool, started: float, limit: int) -> Reply:
    """The reply with what came of its body in time: once the status is here, the other side has decided."""
    body = b""
    cut = False
    try:
        while len(body) < limit and (piece := response.read1(limit - len(body))):
            body += piece
        cut = len(body) >= limit
    except (OSError, http.client.HTTPException):
        cut = True
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, body, (time.monotonic() - started) * 1000, private, cut)


def _left(deadline: float) -> float:
    """Seconds until the deadline. Raises TimeoutError at it."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left


def _code(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    return "tls" if isinstance(error, ssl.SSLError) else "network"
