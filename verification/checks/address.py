"""Where submissions come from. Crowds share an address: carriers, offices, VPNs (rule 19)."""

from __future__ import annotations

from verification.checks.browser import weak_interaction
from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note

CROWD = 20  # submissions from one /24 or /64 in an hour: a class or a trade fair does as much


def volume(evidence: Evidence) -> Finding:
    """Do many come from this address block? Alone never held against anybody; with weak interaction it holds."""
    if evidence.channel == "api" or evidence.test:  # a server sends for all of its people
        return NOT_APPLICABLE
    count = evidence.recent_from_block
    if count < CROWD:
        return PASS
    return fail("flood", weight=50, count=count) if weak_interaction(evidence) else note("crowd", count=count)
