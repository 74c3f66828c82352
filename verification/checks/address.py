"""Where submissions come from, and how many at once. Crowds share an address: carriers, offices, VPNs; classes and
fairs fill in one form together. So volume weighs only where little says that a person was at this form (rule 19)."""

from __future__ import annotations

from verification.addresses import is_free_mail
from verification.checks.browser import weak_in_burst, weak_interaction
from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note

CROWD = 20  # others from one /24 or /64 in an hour: a class or a trade fair does as much
BURST = 5  # others from there within five minutes: of a bot's burst no more than these go through
FORM_CROWD = 100  # others to one form in an hour: a campaign's peak does as much
DOMAIN_CROWD = 10  # others with one e-mail domain in an hour: a firm whose people were all sent the link


def volume(evidence: Evidence) -> Finding:
    """Do many come from this address block? Alone never held against anybody; with weak interaction it holds."""
    if _no_browser(evidence):
        return NOT_APPLICABLE
    count, burst = evidence.recent_from_block, evidence.burst_from_block
    if burst >= BURST and weak_in_burst(evidence):
        return fail("burst", weight=50, count=burst)
    if count < CROWD:
        return PASS
    return fail("flood", weight=50, count=count) if weak_interaction(evidence) else note("crowd", count=count)


def form_volume(evidence: Evidence) -> Finding:
    """Do many come to this form, from wherever? Half of what holds, as a campaign brings hurried people too."""
    if _no_browser(evidence):
        return NOT_APPLICABLE
    count = evidence.recent_on_form
    if count < FORM_CROWD:
        return PASS
    return fail("form_flood", weight=25, count=count) if weak_interaction(evidence) else note("form_crowd", count=count)


def domain_volume(evidence: Evidence) -> Finding:
    """Do many write from this e-mail domain? A free-mail provider's is everybody's and counts for nothing."""
    domain = evidence.email_domain
    if _no_browser(evidence) or domain is None or is_free_mail(domain):
        return NOT_APPLICABLE
    count = evidence.recent_from_domain
    if count < DOMAIN_CROWD:
        return PASS
    if weak_interaction(evidence):
        return fail("domain_flood", weight=25, count=count, domain=domain)
    return note("domain_crowd", count=count, domain=domain)


def _no_browser(evidence: Evidence) -> bool:
    """A server sends for all of its people, a marketer tries the own form as often as they like (rule 38)."""
    return evidence.channel == "api" or evidence.test
