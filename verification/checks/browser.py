"""How the form was filled in. Weights, since people differ (rule 20); none of them decides alone but the honeypot."""

from __future__ import annotations

from verification.checks.agent import headers, platform, user_agent
from verification.checks.automation import PHYSICAL, looks_driven
from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, unknown

# A browser's autofill and one press need about a second and a half; reading and typing come on top with each question.
FASTEST_PRESS = 1.0  # seconds: below it nobody has seen the page
PER_FIELD = 0.5  # seconds
UNHURRIED = 1.5  # seconds: read and answered; asked only within a burst


def honeypot(evidence: Evidence) -> Finding:
    """Did anything fill the field that people do not see? Autofill and text browsers do too, so alone it holds."""
    if evidence.channel == "api":
        return NOT_APPLICABLE
    return fail("honeypot_filled", weight=60) if evidence.honeypot.strip() else PASS


def fill_time(evidence: Evidence) -> Finding:
    """Was there time to read and answer? The least grows with the number of questions; never decides alone."""
    if evidence.channel == "api" or evidence.test:  # a marketer sends their own form as fast as they like
        return NOT_APPLICABLE
    seconds = evidence.fill_seconds
    if seconds is None or seconds < 0:
        return unknown("fill_time_unknown")
    if seconds < FASTEST_PRESS:
        return fail("filled_at_once", weight=40, seconds=round(seconds, 1))
    least = FASTEST_PRESS + PER_FIELD * evidence.fields_asked
    return fail("filled_fast", weight=25, seconds=round(seconds, 1), least=least) if seconds < least else PASS


def script(evidence: Evidence) -> Finding:
    """Did the form's own script run? The form works without; who sends it so is asked to confirm (rule 16)."""
    if evidence.channel == "api" or evidence.test:
        return NOT_APPLICABLE
    if evidence.script is None:
        return unknown("script_unknown")
    return PASS if evidence.script else fail("no_script", weight=50, clears=True)


def weak_interaction(evidence: Evidence) -> bool:
    """Little speaks for a person at the form: no script, no finished proof of work, no time to fill it in, a header
    too few, or any sign of a driven browser. What volume needs to weigh (rule 19)."""
    unfinished = evidence.script is True and evidence.proof not in {None, "solved"}
    hurried = any(check(evidence).outcome == "fail" for check in (fill_time, script, headers))
    return unfinished or hurried or looks_driven(evidence)


def weak_in_burst(evidence: Evidence) -> bool:
    """Stricter, for the sixth within five minutes: any doubt at all about the browser, or less time than reading and
    answering take. A class at its own pace has neither."""
    doubts = any(check(evidence).weight for check in (*PHYSICAL, user_agent, platform))
    seconds = evidence.fill_seconds
    hasty = seconds is not None and seconds < FASTEST_PRESS + UNHURRIED * evidence.fields_asked
    return weak_interaction(evidence) or doubts or hasty or _longer_than_there(evidence)


def _longer_than_there(evidence: Evidence) -> bool:
    """Is it said to have been filled in for longer than the page was there? A renewed ticket's may be."""
    took, seconds = evidence.signals.get("took"), evidence.fill_seconds
    return isinstance(took, int) and seconds is not None and took / 1000 > seconds + 1
