"""What one e-mail address is worth, without a submission around it: for files of addresses.

| outcome | means                                                               |
| ------- | ------------------------------------------------------------------- |
| bad     | no mail can arrive: it is no address, or its domain takes none      |
| risky   | it can, but is doubtful: a throw-away provider, or probably a slip  |
| unknown | DNS was asked and did not answer, and nothing else is against it    |
| ok      | nothing is; `role` and `free_mail` are only noted                   |
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from forms.addresses import mailable
from verification.addresses import email_domain, is_free_mail, is_role_name
from verification.lists import disposable_source
from verification.mail_providers import canonical_parts
from verification.typos import suggest

Deliverability = Literal["bad", "risky", "unknown", "ok"]
MOST_DOMAINS = 200_000  # kept at once, about 60 MB


@dataclass(frozen=True)
class Answer:
    """What DNS says of a domain (gateway.lookups.MailHosts). asked: False where nobody asked it."""

    asked: bool = False
    hosts: tuple[str, ...] | None = None
    exists: bool | None = None


NOT_ASKED = Answer()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """canonical: the one spelling for comparing; suggestion: the whole address that may have been meant."""

    email: str
    outcome: Deliverability
    reasons: tuple[str, ...] = ()
    canonical: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class _Domain:
    """What all addresses of a domain share."""

    ascii: str
    outcome: Deliverability
    reasons: tuple[str, ...]
    suggestion: str | None


@dataclass
class Judge:
    """Judges addresses one by one and remembers their domains."""

    _domains: dict[str, _Domain] = field(default_factory=dict)

    def judge(self, email: str, answer: Answer = NOT_ASKED) -> Mailbox:
        """`email` as it stands in the file; `answer`: of its domain, the same for the same domain."""
        typed = email.strip()
        if mailable(typed) is None:
            return _unmailable(email, typed)
        local, _, domain = typed.rpartition("@")
        found = self._domains.get(domain) or self._keep(domain, answer)
        folded = local.lower()
        reasons = (*found.reasons, "role") if is_role_name(folded) else found.reasons
        canonical = "@".join(canonical_parts(folded, found.ascii))
        suggestion = f"{local}@{found.suggestion}" if found.suggestion else None
        return Mailbox(email, found.outcome, reasons, canonical, suggestion)

    def _keep(self, domain: str, answer: Answer) -> _Domain:
        if len(self._domains) >= MOST_DOMAINS:
            self._domains.clear()
        found = self._domains[domain] = _judged(email_domain(f"a@{domain}") or domain.lower(), answer)
        return found


def _unmailable(email: str, typed: str) -> Mailbox:
    """No address; if its domain is a slip, what it would be without."""
    local, _, domain = typed.rpartition("@")
    meant = suggest(domain) if local else None
    mended = mailable(f"{local}@{meant}") if meant else None
    return Mailbox(email, "bad", ("syntax",) if typed else ("empty",), None, mended)


def _judged(domain: str, answer: Answer) -> _Domain:
    found = _Domain(domain, "ok", ("free_mail",) if is_free_mail(domain) else (), suggest(domain, answer.exists))
    if answer.asked and answer.hosts is None and answer.exists is not False:
        found = replace(found, outcome="unknown", reasons=("dns_silent", *found.reasons))
    if found.suggestion:
        found = replace(found, outcome="risky", reasons=("typo", *found.reasons))
    if disposable_source(domain, answer.hosts or ()):
        found = replace(found, outcome="risky", reasons=("disposable", *found.reasons))
    if answer.exists is False or answer.hosts == ():
        found = replace(found, outcome="bad", reasons=("dead_domain", *found.reasons))
    return found
