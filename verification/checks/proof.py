"""The proof of work that the form's script did (rule 21)."""

from __future__ import annotations

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, Proof, fail, unknown

# Missing and expired: confirming clears them (a blocker kept half of the script away; the browser's clock is wrong).
# Wrong and used: no page of ours sends those. Slow: an old phone could not finish, or says so (rule 20).
FINDINGS: dict[Proof | None, Finding] = {
    None: unknown("proof_unknown"),
    "solved": PASS,
    "slow": unknown("proof_slow"),
    "expired": fail("proof_expired", weight=20, clears=True),
    "missing": fail("proof_missing", weight=50, clears=True),
    "wrong": fail("proof_wrong", weight=50),
    "used": fail("proof_used", weight=50),
}


def proof_of_work(evidence: Evidence) -> Finding:
    """Did this browser do its bit of work, for this submission? Where no script ran, `script` has said so already."""
    if evidence.channel == "api" or evidence.test or not evidence.script:
        return NOT_APPLICABLE
    return FINDINGS[evidence.proof]
