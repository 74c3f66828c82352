"""What the browser calls itself. Anybody may write anything there, so only what gives itself away counts."""

from __future__ import annotations

from verification.agents import declared
from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail

# Each platform that static/watch.js tells apart, and a word of the user agents that go with it.
PLATFORMS = {
    "win": ("Windows",),
    "mac": ("Mac OS X", "Macintosh"),
    "linux": ("Linux", "X11", "Android", "CrOS"),
    "android": ("Android", "Linux"),
    "ios": ("iPhone", "iPad", "iPod", "Mac OS X"),
    "mixed": (),
}


def user_agent(evidence: Evidence) -> Finding:
    """Does it say itself that it is a program? HTTP libraries and driven browsers hold; crawlers' names are found in
    some people's apps too and never decide alone. An empty one is a privacy tool's now and then."""
    if evidence.channel == "api" or evidence.user_agent is None:
        return NOT_APPLICABLE
    if not evidence.user_agent.strip():
        return fail("agent_empty", weight=20)
    match declared(evidence.user_agent):
        case "tool":
            return fail("agent_tool", weight=50)
        case "crawler":
            return fail("agent_crawler", weight=40)
    return PASS


def headers(evidence: Evidence) -> Finding:
    """Did the request carry what the browser it names always sends? One may be cut out by a proxy or privacy tool."""
    if evidence.channel == "api" or evidence.test:
        return NOT_APPLICABLE
    missing = evidence.missing_headers
    return fail("headers_missing", weight=25 if len(missing) > 1 else 10, names=", ".join(missing)) if missing else PASS


def platform(evidence: Evidence) -> Finding:
    """Does the user agent go with the machine, and the machine's names with each other (else it is "mixed")? Weighs
    little (rule 20): some privacy tools change one of them."""
    if evidence.channel == "api" or not evidence.user_agent or "platform" not in evidence.signals:
        return NOT_APPLICABLE
    words = PLATFORMS[str(evidence.signals["platform"])]
    return PASS if any(word in evidence.user_agent for word in words) else fail("platform_differs", weight=10)
