"""DNS answers become hosts, a dead domain or unknown; a small name server of our own answers, or keeps silent."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from datetime import timedelta

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from gateway import lookups
from gateway.lookups import Lookups, MailHosts
from tests.support.clock import SettableClock

ZONE = {
    ("two.example", "MX"): ["20 mx2.two.example.", "10 MX1.two.example."],
    ("null.example", "MX"): ["0 ."],
    ("implicit.example", "A"): ["192.0.2.1"],
    ("six.example", "AAAA"): ["2001:db8::1"],
    ("alias.example", "CNAME"): ["two.example."],
    ("gmail.com", "MX"): ["5 mx.gmail.com."],  # a canary: this server sees the world
}
KNOWN = {name for name, _ in ZONE} | {"empty.example", "halfsilent.example"}


class NameServer(threading.Thread):
    """Answers from ZONE on a free loopback port; `silent…` gets nothing, `broken…` SERVFAIL."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked: Counter[str] = Counter()

    def run(self) -> None:
        while True:
            data, sender = self.socket.recvfrom(4096)
            if not data:
                return
            reply = self.reply(dns.message.from_wire(data))
            if reply is not None:
                self.socket.sendto(reply.to_wire(), sender)

    def reply(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked[name] += 1
        if name.startswith("silent") or (name.startswith("halfsilent") and kind == "AAAA"):
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name.startswith("broken"):
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in KNOWN:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif (name, "CNAME") in ZONE:
            target = ZONE[name, "CNAME"][0]
            reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", "CNAME", target))
            reply.answer.append(dns.rrset.from_text(target, 300, "IN", kind, *ZONE[target.rstrip("."), kind]))
        elif (name, kind) in ZONE:
            reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *ZONE[name, kind]))
        return reply

    def stop(self) -> None:
        self.socket.sendto(b"", ("127.0.0.1", self.port))
        self.join(5)
        self.socket.close()


@pytest.fixture
def server():
    server = NameServer()
    server.start()
    yield server
    server.stop()


def lookups_at(server: NameServer, clock: SettableClock | None = None, *, timeout: float = 10.0) -> Lookups:
    return Lookups(True, timeout=timeout, clock=clock or SettableClock(), nameservers=["127.0.0.1"], port=server.port)


@pytest.mark.parametrize(
    "domain, expected",
    [
        ("two.example", MailHosts(("mx1.two.example", "mx2.two.example"), True)),
        ("alias.example", MailHosts(("mx1.two.example", "mx2.two.example"), True)),
        ("null.example", MailHosts((), True)),
        ("implicit.example", MailHosts(("implicit.example",), True)),
        ("six.example", MailHosts(("six.example",), True)),
        ("empty.example", MailHosts((), True)),
        ("nowhere.example", MailHosts(None, False)),
        ("silent.example", MailHosts(None, None)),
        ("halfsilent.example", MailHosts(None, True)),
        ("broken.example", MailHosts(None, None)),
        ("a..example", MailHosts(None, False)),
        ("x" * 64 + ".example", MailHosts(None, False)),
    ],
)
def test_dns_answers_become_hosts_or_unknown(server, domain, expected):
    timeout = 1.0 if "silent" in domain else 10.0  # only silence waits for its end
    assert lookups_at(server, timeout=timeout).mail_hosts(domain) == expected


def test_no_name_server_at_all_is_unknown():
    closed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    asked = Lookups(True, timeout=0.2, nameservers=["127.0.0.1"], port=port)
    assert asked.mail_hosts("two.example") == MailHosts(None, None)


def test_a_machine_without_dns_settings_leaves_every_name_unknown(monkeypatch):
    def without_settings(**_):
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", without_settings)
    assert Lookups(True).mail_hosts("two.example") == MailHosts(None, None)


def test_switched_off_asks_nobody(server):
    asked = Lookups(False, nameservers=["127.0.0.1"], port=server.port)
    assert asked.mail_hosts("two.example") == MailHosts(None, None)
    assert not server.asked


@pytest.mark.parametrize(
    "domain, still_kept, asked_again",
    [
        ("two.example", timedelta(seconds=299), timedelta(seconds=301)),
        ("nowhere.example", timedelta(minutes=9), timedelta(minutes=11)),
        ("broken.example", timedelta(seconds=19), timedelta(seconds=21)),
    ],
)
def test_answers_are_kept_as_long_as_they_are_worth(server, clock, domain, still_kept, asked_again):
    asked = lookups_at(server, clock)
    asked.mail_hosts(domain)
    once = server.asked[domain]
    clock.now += still_kept
    asked.mail_hosts(domain)
    assert server.asked[domain] == once
    clock.now += asked_again - still_kept
    asked.mail_hosts(domain)
    assert server.asked[domain] > once


@pytest.mark.parametrize("ttl, kept", [(0, 60), (300, 300), (10_000_000, 86_400)])
def test_a_time_to_live_is_bounded_on_both_sides(ttl, kept):
    query = dns.message.make_query("two.example", "MX")
    reply = dns.message.make_response(query)
    reply.answer.append(dns.rrset.from_text("two.example.", ttl, "IN", "MX", "10 mx.two.example."))
    received = dns.message.from_wire(reply.to_wire())
    answer = dns.resolver.Answer(query.question[0].name, dns.rdatatype.MX, dns.rdataclass.IN, received)
    assert lookups._kept(answer) == timedelta(seconds=kept)


def test_the_cache_stays_bounded_and_forgets_the_oldest(server, monkeypatch):
    monkeypatch.setattr(lookups, "CACHE_SIZE", 2)
    asked = lookups_at(server)
    for domain in ("two.example", "null.example", "empty.example", "null.example"):
        asked.mail_hosts(domain)
    assert server.asked["null.example"] == 1
    asked.mail_hosts("two.example")
    assert server.asked["two.example"] == 2


def test_many_threads_may_ask_at_once(server):
    asked = lookups_at(server)
    answers: list[MailHosts] = []
    threads = [threading.Thread(target=lambda: answers.append(asked.mail_hosts("two.example"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(answers) == 16
    assert set(answers) == {MailHosts(("mx1.two.example", "mx2.two.example"), True)}


def test_a_resolver_that_knows_nobody_is_not_believed(server, monkeypatch):
    """A closed network says "no such domain" of every name: nobody may be held for that."""
    monkeypatch.setattr(lookups, "CANARIES", ("nobody.example", "silent.example"))
    closed = Lookups(True, timeout=1.0, nameservers=["127.0.0.1"], port=server.port)
    assert closed.mail_hosts("missing.example") == MailHosts(None, None)
    assert closed.mail_hosts("two.example").exists is True
    assert not closed.sees_the_world()
