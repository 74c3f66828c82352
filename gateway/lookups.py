"""Reading from outside: which hosts take a domain's mail. An answer or unknown, never a guess."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from gateway.clock import Clock, utcnow

CACHE_SIZE = 10_000  # domains; about 4 MB
LONGEST = timedelta(days=1)  # a positive answer, whatever its TTL says
SHORTEST = timedelta(minutes=1)  # a positive answer with a TTL of zero: one batch asks once
NEGATIVE = timedelta(minutes=10)  # no such domain, no mail: somebody may just be setting it up
UNKNOWN = timedelta(seconds=20)  # silence: long enough that one dead server does not stop every batch
MOST_HOSTS = 20  # more is no mail set-up but an attack on our memory


@dataclass(frozen=True)
class MailHosts:
    """hosts: by preference, lower case; () = the domain takes no mail; None = not known.
    exists: does DNS know the domain; None = not known."""

    hosts: tuple[str, ...] | None
    exists: bool | None


# Domains that any resolver with a way to the world knows. One that denies them all stands in a closed network or
# behind a captive portal: then "no such domain" says nothing about anybody's address.
CANARIES = ("gmail.com", "outlook.com")
NOT_KNOWN = MailHosts(None, None)
NO_SUCH_DOMAIN = MailHosts(None, False)
TAKES_NO_MAIL = MailHosts((), True)


class Lookups:
    """DNS with a time-out and a bounded cache, for many threads. `enabled` False leaves every name unknown."""

    def __init__(
        self,
        enabled: bool,
        timeout: float = 2.0,
        clock: Clock = utcnow,
        *,
        nameservers: Sequence[str] | None = None,
        port: int = 53,
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, tuple[datetime, MailHosts]] = OrderedDict()
        self._resolver = _resolver(nameservers, port, timeout) if enabled else None

    def mail_hosts(self, domain: str) -> MailHosts:
        """Hosts that take mail for `domain` (ASCII, lower case). Waits at most three time-outs, raises nothing."""
        if self._resolver is None:
            return NOT_KNOWN
        now = self._clock()
        known = self._cached(domain, now)
        if known is not None:
            return known
        answer, keep = _ask(self._resolver, domain)
        if answer.exists is False and not self.sees_the_world():
            answer, keep = NOT_KNOWN, UNKNOWN
        self._keep(domain, answer, now + keep)
        return answer

    def sees_the_world(self) -> bool:
        """Whether the resolver knows a domain that surely exists; asked anew as often as answers are forgotten."""
        return self._resolver is not None and any(self._canary(domain) for domain in CANARIES)

    def _canary(self, domain: str) -> bool:
        assert self._resolver is not None
        now = self._clock()
        answer = self._cached(domain, now)
        if answer is None:
            answer, keep = _ask(self._resolver, domain)
            if answer.exists is False:
                answer, keep = NOT_KNOWN, UNKNOWN
            self._keep(domain, answer, now + keep)
        return answer.exists is True

    def _keep(self, domain: str, answer: MailHosts, until: datetime) -> None:
        with self._lock:
            self._cache[domain] = (until, answer)
            self._cache.move_to_end(domain)
            while len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)

    def _cached(self, domain: str, now: datetime) -> MailHosts | None:
        with self._lock:
            until, answer = self._cache.get(domain, (now, None))
        return answer if now < until else None


def _resolver(nameservers: Sequence[str] | None, port: int, timeout: float) -> dns.resolver.Resolver | None:
    try:
        resolver = dns.resolver.Resolver(configure=nameservers is None)
    except dns.resolver.NoResolverConfiguration:
        return None  # a machine without DNS: every name stays unknown
    if nameservers is not None:
        resolver.nameservers = list(nameservers)
        resolver.port = port
    resolver.timeout = timeout / 2  # two tries within the whole
    resolver.lifetime = timeout
    return resolver


def _ask(resolver: dns.resolver.Resolver, domain: str) -> tuple[MailHosts, timedelta]:
    """The answer and how long it holds."""
    try:
        name = dns.name.from_text(domain)  # absolute: no search list may turn a typo into a host of ours
        reply = resolver.resolve(name, "MX")
    except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong):
        return NO_SUCH_DOMAIN, NEGATIVE
    except dns.resolver.NoAnswer:
        return _implicit(resolver, name)
    except dns.exception.DNSException:  # time-out, SERVFAIL, refused, no nameserver left
        return NOT_KNOWN, UNKNOWN
    return _from_mx(reply)


def _from_mx(reply: dns.resolver.Answer) -> tuple[MailHosts, timedelta]:
    records = sorted(reply, key=lambda record: (record.preference, record.exchange))
    hosts = [record.exchange.to_text(omit_final_dot=True).lower() for record in records]
    hosts = [host for host in hosts if host not in {"", "."}][:MOST_HOSTS]  # "." alone: RFC 7505, takes no mail
    if not hosts:
        return TAKES_NO_MAIL, NEGATIVE
    return MailHosts(tuple(hosts), True), _kept(reply)


def _implicit(resolver: dns.resolver.Resolver, name: dns.name.Name) -> tuple[MailHosts, timedelta]:
    """No MX: the domain's own address takes its mail (RFC 5321 5.1). One silent question leaves it open."""
    silent = False
    for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
        try:
            reply = resolver.resolve(name, kind)
        except dns.resolver.NXDOMAIN:
            return NO_SUCH_DOMAIN, NEGATIVE
        except dns.resolver.NoAnswer:
            continue
        except dns.exception.DNSException:
            silent = True
            continue
        return MailHosts((name.to_text(omit_final_dot=True),), True), _kept(reply)
    return (MailHosts(None, True), UNKNOWN) if silent else (TAKES_NO_MAIL, NEGATIVE)


def _kept(reply: dns.resolver.Answer) -> timedelta:
    seconds = reply.rrset.ttl if reply.rrset is not None else 0
    return min(max(timedelta(seconds=seconds), SHORTEST), LONGEST)
