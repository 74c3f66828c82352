"""What others say, where a form asks them (off by default). Their silence is unknown; what they hold against somebody,
confirming clears: a person fails a captcha too, and a mailbox that takes the confirmation exists."""

from __future__ import annotations

from collections.abc import Mapping

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note, unknown

CAPTCHAS = ("turnstile", "hcaptcha")


def captcha(evidence: Evidence) -> Finding:
    """Did the captcha's service take the visitor for a person? A widget that was blocked or missing is unknown."""
    said = {name: evidence.outside[name] for name in CAPTCHAS if name in evidence.outside}
    if evidence.channel == "api" or not said:
        return NOT_APPLICABLE
    if "bad" in said.values():
        return fail("captcha_failed", weight=40, clears=True, service=_named(said, "bad"))
    if "good" in said.values():
        return PASS
    if "missing" in said.values():
        return unknown("captcha_missing", service=_named(said, "missing"))
    return unknown("captcha_silent", service=", ".join(said))


def mailbox(evidence: Evidence) -> Finding:
    """Does the mailbox exist, as far as a verifier can tell? Catch-all and full ones are noted."""
    if evidence.email is None or "reacher" not in evidence.outside:
        return NOT_APPLICABLE
    match evidence.outside["reacher"]:
        case "good":
            return PASS
        case "bad":
            return fail("mailbox_missing", weight=40, clears=True)
        case "doubtful":
            return note("mailbox_risky")
        case "unknown":
            return unknown("mailbox_unknown")
    return unknown("mailbox_silent")


def _named(said: Mapping[str, str], answer: str) -> str:
    return next(name for name, found in said.items() if found == answer)
