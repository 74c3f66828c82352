"""What the form's ticket tells (rules 10, 11): is this a first answer, a correction, or a replay?"""

from __future__ import annotations

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note

LAST_CORRECTION = 3  # rule 11: the first use and two corrections; the intake counts uses and their half hour


def ticket_reuse(evidence: Evidence) -> Finding:
    """Was this form sent before with other answers? A correction by the same person passes, a replay rejects."""
    if evidence.channel == "api":
        return NOT_APPLICABLE
    if evidence.ticket_use > LAST_CORRECTION:
        return fail("replay", weight=100, use=evidence.ticket_use)
    if evidence.ticket_use == 1:
        return PASS
    if evidence.same_identifier:
        return note("correction", use=evidence.ticket_use)
    return fail("correction_other_person", weight=50)
