"""Whether the visitor showed that the address or number is theirs (rules 16, 27)."""

from __future__ import annotations

from verification.evidence import NOT_APPLICABLE, Evidence, Finding, fail, note


def confirmation(evidence: Evidence) -> Finding:
    """A form may want every identifier confirmed (double opt-in). The verdict then holds whatever the sum is, until
    the visitor confirms; where nothing was given that could be confirmed, nothing is wanted."""
    if evidence.confirmed:
        return note("confirmed")
    if not evidence.confirm_always or (evidence.email is None and evidence.phone is None):
        return NOT_APPLICABLE
    return fail("confirmation_wanted", weight=50, clears=True)
