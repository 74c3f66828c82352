"""The proof of work that the form's script did (rule 21)."""

from __future__ import annotations

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, unknown

WEIGHTS = {"missing": 50, "wrong": 50, "used": 50, "expired": 20}


def proof_of_work(evidence: Evidence) -> Finding:
    """Did this browser do its bit of work, for this submission? Where no script ran, `script` has said so already.

    Missing and expired: confirming clears them (a blocker kept the script's second part away; the browser's clock is
    wrong). Wrong and used: no page of ours sends those. Slow: an old phone could not finish (rule 20), or says so.
    """
    if evidence.channel == "api" or evidence.test or not evidence.script:
        return NOT_APPLICABLE
    match evidence.proof:
        case "solved":
            return PASS
        case None:
            return unknown("proof_unknown")
        case "slow":
            return unknown("proof_slow")
        case found:
            return fail(f"proof_{found}", weight=WEIGHTS[found], clears=found in {"missing", "expired"})
