"""The one way out (rule 32), against real servers that misbehave."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import traceback
from pathlib import Path

import pytest

from gateway.http import READ_LIMIT, ConnectError, Connector, checked
from gateway.net import is_metadata, is_public, parsed
from tests.delivery.servers import certificate, speaking
from tests.support.receiver import Receiver

PRIVATE = [
    "192.0.0.8", "192.88.99.1", "::ffff:192.0.0.8", "3fff::1",
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:a00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:808:808::1", "2001::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "5f00::1",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "169.254.170.2", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254",
    "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
]  # fmt: skip


def code_of(connector: Connector, url: str, timeout: float = 5.0) -> str:
    with pytest.raises(ConnectError) as raised:
        connector.request("POST", url, body=b"{}", timeout=timeout)
    return raised.value.code


@pytest.mark.parametrize("address", PRIVATE)
def test_r32_no_private_address_counts_as_public(address: str) -> None:
    assert not is_public(parsed(address))
    assert code_of(Connector(resolve=lambda _host, _port: [address]), "http://crm.example/") == "refused_private"


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_r32_public_addresses_are_open_also_behind_nat64(address: str) -> None:
    assert is_public(parsed(address))
    assert not is_metadata(parsed(address))


@pytest.mark.parametrize("address", METADATA)
def test_r32_metadata_addresses_are_never_opened_even_when_listed(address: str) -> None:
    assert is_metadata(parsed(address))
    listed = frozenset({"crm.example:80", "169.254.169.254:80"})
    assert (
        code_of(Connector(listed, resolve=lambda _host, _port: [address]), "http://crm.example/") == "refused_private"
    )
    assert code_of(Connector(listed), "http://169.254.169.254/latest") == "refused_private"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/", "http://0x7f.1:{port}/",
        "http://127.1:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[::1]:{port}/", "http://0:{port}/",
    ],
)  # fmt: skip
def test_r32_loopback_is_refused_however_it_is_spelt(url: str, receiver: Receiver) -> None:
    assert code_of(Connector(), url.format(port=receiver.port)) == "refused_private"
    assert receiver.requests == []


def test_r32_only_the_listed_host_and_port_may_be_private(receiver: Receiver) -> None:
    connector = Connector(frozenset({receiver.host_port}))
    reply = connector.request("POST", receiver.url, headers={"X-A": "b"}, body=b'{"a": 1}')
    assert (reply.status, reply.body, reply.private, reply.excerpt) == (200, b"ok", True, None)
    assert receiver.requests[0].headers["x-a"] == "b"
    assert receiver.requests[0].headers["host"] == receiver.host_port
    assert code_of(connector, f"http://localhost:{receiver.port}/") == "refused_private"
    assert code_of(connector, "http://127.0.0.1:1/") == "refused_private"


def test_r32_the_address_is_resolved_once_and_pinned(receiver: Receiver) -> None:
    """A name that first leads to a public address and then home is judged and opened by one and the same answer."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    connector = Connector(frozenset({f"rebind.example:{receiver.port}"}), resolve=rebinding)
    assert connector.request("GET", f"http://rebind.example:{receiver.port}/").status == 200
    assert asked == ["rebind.example"]
    assert receiver.requests[0].headers["host"] == f"rebind.example:{receiver.port}"


def test_r32_private_addresses_beside_a_public_one_are_left_out() -> None:
    connector = Connector(resolve=lambda _host, _port: ["127.0.0.1", "93.184.215.14"])
    assert connector._addresses("mixed.example", 80, time.monotonic() + 5) == ["93.184.215.14"]


def test_r32_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.answer_next(status=302, headers={"Location": "http://169.254.169.254/"})
    reply = Connector(frozenset({receiver.host_port})).request("GET", receiver.url)
    assert (reply.status, len(receiver.requests)) == (302, 1)


def test_r32_proxy_variables_are_not_read(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert Connector(frozenset({receiver.host_port})).request("GET", receiver.url).status == 200


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_drip_of_bytes_ends_at_the_deadline(head: bytes) -> None:
    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.wait(0.05):
            connection.sendall(b"x")

    with speaking(drip) as port:
        started = time.monotonic()
        assert code_of(Connector(frozenset({f"127.0.0.1:{port}"})), f"http://127.0.0.1:{port}/", 0.4) == "timeout"
        assert time.monotonic() - started < 10


def test_a_dripping_body_counts_by_its_status_and_is_cut_at_the_deadline() -> None:
    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")
        while not over.wait(0.05):
            connection.sendall(b"x")

    with speaking(drip) as port:
        started = time.monotonic()
        connector = Connector(frozenset({f"127.0.0.1:{port}"}))
        reply = connector.request("POST", f"http://127.0.0.1:{port}/", timeout=1.0)
    assert (reply.status, reply.cut) == (200, True)
    assert time.monotonic() - started < 10


def test_a_silent_server_and_a_slow_resolver_end_at_the_deadline() -> None:
    def silent(_connection: socket.socket, over: threading.Event) -> None:
        over.wait(5)

    released = threading.Event()
    with speaking(silent) as port:
        assert code_of(Connector(frozenset({f"127.0.0.1:{port}"})), f"http://127.0.0.1:{port}/", 0.2) == "timeout"
    slow = Connector(resolve=lambda _host, _port: released.wait(5) and [] or [])
    assert code_of(slow, "http://slow.example/", 0.2) == "timeout"
    released.set()


def test_no_more_than_64_kb_of_a_reply_are_read(receiver: Receiver) -> None:
    receiver.always(body=b"x" * (READ_LIMIT + 5))
    reply = Connector(frozenset({receiver.host_port})).request("GET", receiver.url)
    assert (len(reply.body), reply.cut) == (READ_LIMIT, True)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crm.example/", "file:///etc/passwd", "http://", "//crm.example", "http://a b/", "http://crm.example:99999/",
        "http://user:pw@crm.example/", "http://crm.example/\r\nX: y", "http://[fe80::1%25eth0]/", "http://[::1", "",
        "http://crm.example:0/", "http://cr\x00m.example/",
    ],
)  # fmt: skip
def test_odd_urls_are_refused_by_name(url: str) -> None:
    assert code_of(Connector(), url) == "bad_url"


def test_urls_may_be_written_in_persian() -> None:
    target = checked("https://سرنخ.ایران/سلام?نام=سارا")
    assert target.host.encode().decode("idna") == "سرنخ.ایران"
    assert target.path.isascii()
    assert target.port == 443


def test_what_cannot_be_reached_says_why(unused_port: int) -> None:
    def fails(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert code_of(Connector(resolve=fails), "http://nowhere.example/") == "unresolved"
    listed = Connector(frozenset({f"127.0.0.1:{unused_port}"}))
    assert code_of(listed, f"http://127.0.0.1:{unused_port}/") == "network"


def test_the_next_address_is_tried_when_one_does_not_answer(receiver: Receiver) -> None:
    names = frozenset({f"two.example:{receiver.port}"})
    connector = Connector(names, resolve=lambda _host, _port: ["::1", "127.0.0.1"])
    assert connector.request("GET", f"http://two.example:{receiver.port}/").status == 200


def test_the_certificate_is_checked_against_the_name_not_the_address(tmp_path: Path) -> None:
    seen: list[str] = []

    def hello(connection: socket.socket, _over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    serving, trusted = certificate(tmp_path, "crm.example")
    serving.sni_callback = lambda _socket, name, _context: seen.append(str(name))
    with speaking(hello, serving) as port:
        names = frozenset({f"crm.example:{port}", f"other.example:{port}"})
        context = ssl.create_default_context(cafile=str(trusted))
        connector = Connector(names, resolve=lambda _host, _port: ["127.0.0.1"], context=context)
        assert connector.request("POST", f"https://crm.example:{port}/").status == 204
        assert seen == ["crm.example"]
        assert code_of(connector, f"https://other.example:{port}/") == "tls"
        untrusting = Connector(names, resolve=lambda _host, _port: ["127.0.0.1"])
        assert code_of(untrusting, f"https://crm.example:{port}/") == "tls"


@pytest.mark.parametrize("token", ["کلید", "a\nb", "a\r\nX-Other: 1"])
def test_r32_attack_a_header_that_cannot_be_sent_is_refused_and_told_to_no_log(receiver: Receiver, token: str) -> None:
    with pytest.raises(ConnectError) as raised:
        Connector(frozenset({receiver.host_port})).request("POST", receiver.url, headers={"Authorization": token})
    assert raised.value.code == "bad_header"
    assert token not in "".join(traceback.format_exception(raised.value))
    assert receiver.requests == []


def test_a_reset_and_nonsense_are_network_faults(receiver: Receiver) -> None:
    receiver.answer_next(reset=True)
    assert code_of(Connector(frozenset({receiver.host_port})), receiver.url) == "network"

    def nonsense(connection: socket.socket, _over: threading.Event) -> None:
        connection.sendall(b"\x16\x03 hello\r\n\r\n")

    with speaking(nonsense) as port:
        assert code_of(Connector(frozenset({f"127.0.0.1:{port}"})), f"http://127.0.0.1:{port}/") == "network"
