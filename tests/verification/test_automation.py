"""What hands did, as a table of people and of programs: the sum decides, and no single family of it."""

from __future__ import annotations

import pytest

from tests.verification.evidence import evidence
from verification import agents
from verification.checks import agent, automation
from verification.checks.proof import proof_of_work
from verification.verdict import verify

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
# As static/watch.js told of a real mouse and keyboard in a desktop's Chromium.
DESKTOP = {
    "keys": 30, "moves": 160, "touches": 0, "pastes": 0, "focuses": 5, "clicks": 4, "changed": 3, "took": 14000,
    "globals": 0, "presses": 4, "far": 0, "centre": 0, "still": 0, "quick": 0, "steps": 90, "even": 12, "fast": 3,
    "lone": 1, "off": 0, "holds": 26, "hold": 96, "gap": 210, "spread": 110, "sway": 22, "seams": 1, "chars": 0,
    "times": 0, "together": 0,
    "mouse": True, "webdriver": False, "hidden": False, "late": False, "platform": "win",
}  # fmt: skip
NO_MOUSE = dict.fromkeys(("moves", "presses", "steps", "even", "fast", "lone", "far", "centre", "quick"), 0)
NO_KEYS = dict.fromkeys(("keys", "holds", "hold", "gap", "spread"), 0)
JUMPY = {"moves": 4, "presses": 4, "far": 3, "centre": 4, "quick": 4, "steps": 3, "even": 0, "fast": 0, "lone": 0}
ASSISTED = {**NO_MOUSE, "presses": 2, "clicks": 2, "centre": 2, "still": 1, "quick": 2}  # as screen readers press

NOTHING = dict.fromkeys((*automation.TOUCHES, *NO_MOUSE, *NO_KEYS), 0)

PEOPLE = {
    "at a desk": {},
    "by keyboard alone": NO_MOUSE,
    "with autofill and a press": {**NO_KEYS, "took": 2600},
    "with a password manager that types": {"holds": 20, "hold": 4, "gap": 12, "spread": 2},
    "on a touch screen": {**NO_MOUSE, "mouse": False, "touches": 9, "holds": 0, "platform": "android"},
    "on a phone that tells little": {"focuses": 3, "touches": 4, "changed": 2},
    "with a screen reader's presses": ASSISTED,
    "with a screen reader's clicks": {**NO_MOUSE, "clicks": 3},
    "with a switch, untrusted input only": {**NO_MOUSE, **NO_KEYS, "clicks": 2, "focuses": 0},
    "by voice control": {**JUMPY, **NO_KEYS},
    "by voice control, dictating": {**JUMPY, "holds": 30, "hold": 2, "gap": 9, "spread": 9},
    "on a remote desktop": {"fast": 40, "lone": 40},
    "on a remote desktop, tapping": {"fast": 40, "lone": 40, "quick": 4},
    "in an app without a frame": {"window": "bare"},
    "on a small old screen, by voice": {**JUMPY, "window": "small"},
    "with a name that was changed": {"platform": "linux"},
    "pasting it all quickly": {**NO_KEYS, "pastes": 3, "took": 700},
    "sent before the script was there": {**NOTHING, "late": True, "took": 200},
    "on a desktop whose clock is known": {"platform": "linux", "times": 90, "together": 99},
    "with an on-screen keyboard": {"holds": 20, "hold": 4, "gap": 700, "spread": 260, "sway": 2},
    "tapping a remote desktop's keys": {"holds": 20, "hold": 2, "gap": 180, "spread": 90, "sway": 1, "quick": 4},
    "by a tool that speaks to the browser, dictating": {**NO_KEYS, **NO_MOUSE, "times": 20, "together": 10},
    "moving the mouse by keys": {"steps": 90, "even": 86, "quick": 4},
    "with letters from another program": {"keys": 0, "holds": 0, "chars": 30},
}
PROGRAMS = {
    "driven openly": {"webdriver": True},
    "with its driver's traces": {"globals": 1},
    "that hides its flag": {"hidden": True},
    "that touches nothing": dict.fromkeys(automation.TOUCHES, 0),
    "that tells nothing": None,
    "that fills at once, headed": {**JUMPY, **NO_KEYS, "took": 500},
    "that fills at once, without a screen": {**JUMPY, **NO_KEYS, "took": 500, "window": "emulated"},
    "that jumps and types by the key, on Linux": {**JUMPY, "sway": 1, "hold": 90, "times": 60, "together": 8},
    "that moves in a line, in a frame": {"steps": 80, "even": 77, "moves": 90, "hold": 12, "times": 150, "together": 5},
    "that moves in a line, in a frame, as another machine": {
        "steps": 150,
        "even": 142,
        "off": 140,
        "moves": 150,
        "hold": 25,
        "platform": "mixed",
    },
    "that sends keys at a typist's pauses": {
        "moves": 4,
        "steps": 3,
        "even": 0,
        "fast": 0,
        "lone": 0,
        "hold": 2,
        "sway": 1,
        "times": 60,
        "together": 9,
    },
    "that types letters without keys": {**NO_KEYS, **NO_MOUSE, "chars": 18, "took": 400},
    "that makes its numbers up": {"presses": 2, "far": 0, "centre": 3},
    "that makes its times up": {"took": 3000, "holds": 40, "keys": 50, "gap": 180},
    "that presses and types evenly": {**JUMPY, "holds": 19, "hold": 71, "gap": 76, "spread": 12},
    "that moves in a line, without a screen": {"steps": 40, "even": 38, "off": 60, "moves": 90, "window": "emulated"},
}


def judged(changes):
    signals = {} if changes is None else {**DESKTOP, **changes}
    return verify(evidence(signals=signals, proof="solved", user_agent=CHROME))


@pytest.mark.parametrize("case", PEOPLE)
def test_r20_people_stay_under_the_sum_that_holds(case):
    verdict = judged(PEOPLE[case])
    assert verdict.outcome == "accept", [finding for finding in verdict.findings if finding.weight]
    assert verdict.weight < 50


@pytest.mark.parametrize("case", PROGRAMS)
def test_driven_browsers_are_held(case):
    assert judged(PROGRAMS[case]).outcome == "hold"


@pytest.mark.parametrize(
    "signals, signs",
    [
        ({"presses": 1, "far": 1, "centre": 1, "quick": 1}, []),  # one press tells nothing
        ({"presses": 4, "far": 2, "centre": 2, "quick": 3}, []),
        ({"presses": 4, "far": 3}, ["jumps"]),
        ({"presses": 4, "centre": 3}, ["centre"]),
        ({"presses": 2, "quick": 2}, ["quick"]),
        ({"presses": 1, "still": 1}, ["still"]),
        ({"steps": 7, "even": 7}, []),
        ({"steps": 8, "even": 6}, ["even"]),
        ({"steps": 40, "even": 35}, ["even"]),
        ({"steps": 40, "even": 36}, ["even", "ruled"]),
        ({"fast": 8, "lone": 7}, []),
        ({"fast": 8, "lone": 8}, ["single"]),
        ({"moves": 10, "off": 2}, []),
        ({"moves": 10, "off": 3}, ["grid"]),
        ({}, []),
    ],
)
def test_each_sign_of_a_mouse_is_named(signals, signs):
    assert automation.mouse_signs(signals) == signs


@pytest.mark.parametrize(
    "signals, signs",
    [
        ({}, []),
        ({"hold": 20}, ["brief"]),
        ({"hold": 4, "gap": 180, "spread": 90}, ["brief", "paced"]),
        ({"hold": 4, "gap": 500, "spread": 260}, ["brief"]),
        ({"sway": 2}, ["steady"]),
        ({"seams": 20}, ["seamless"]),
        ({"hold": 3, "gap": 50, "spread": 40, "seams": 26}, ["brief"]),
        ({"spread": 20}, ["even"]),
        ({"holds": 7, "sway": 0, "spread": 0}, []),
        ({"chars": 8}, ["unpressed"]),
        ({"chars": 7}, []),
    ],
)
def test_each_sign_of_the_keys_is_named_and_weighs_25_at_most(signals, signs):
    found = {**DESKTOP, **signals}
    assert automation.key_signs(found) == signs
    assert automation.key_presses(evidence(signals=found)).weight <= 25


@pytest.mark.parametrize(
    "times, together, outcome",
    [(0, 0, "not_applicable"), (5, 0, "not_applicable"), (6, 70, "pass"), (6, 69, "fail"), (90, 99, "pass")],
)
def test_r20_times_off_the_clock_s_raster_weigh_a_quarter(times, together, outcome):
    finding = automation.event_times(evidence(signals={"times": times, "together": together}))
    assert finding.outcome == outcome
    assert finding.weight == (25 if outcome == "fail" else 0)


@pytest.mark.parametrize("missing, weight", [((), 0), (("hints",), 10), (("fetch", "language"), 25)])
def test_r20_a_missing_header_weighs_little(missing, weight):
    assert agent.headers(evidence(missing_headers=missing)).weight == weight
    assert agent.headers(evidence(missing_headers=missing, channel="api")).outcome == "not_applicable"


@pytest.mark.parametrize(
    "changes, outcome",
    [
        ({}, "accept"),
        ({"fill_seconds": 5.0}, "hold"),
        ({"missing_headers": ("language",)}, "hold"),
        ({"signals": {**DESKTOP, "platform": "mac"}}, "hold"),
        ({"signals": {**DESKTOP, "took": 9000}, "fill_seconds": 6.0}, "hold"),
    ],
)
def test_r19_the_sixth_within_five_minutes_is_judged_more_strictly(changes, outcome):
    person = {"signals": DESKTOP, "proof": "solved", "user_agent": CHROME, "fill_seconds": 20.0, **changes}
    assert verify(evidence(**person, burst_from_block=4)).outcome == "accept"
    assert verify(evidence(**person, burst_from_block=5)).outcome == outcome


@pytest.mark.parametrize("check", [automation.driven_browser, automation.hands, *automation.PHYSICAL])
@pytest.mark.parametrize("changes", [{"channel": "api"}, {"test": True}, {"script": False}, {"script": None}])
def test_r14_no_hands_are_looked_for_where_there_are_none(check, changes):
    worst = {"webdriver": True, "window": "emulated", **JUMPY, "mouse": True}
    assert check(evidence(signals=worst, proof="solved", **changes)).outcome == "not_applicable"


@pytest.mark.parametrize(
    "proof, expected",
    [
        ("solved", ("pass", "", 0, False)),
        ("missing", ("fail", "proof_missing", 50, True)),
        ("wrong", ("fail", "proof_wrong", 50, False)),
        ("used", ("fail", "proof_used", 50, False)),
        ("expired", ("fail", "proof_expired", 20, True)),
        ("slow", ("unknown", "proof_slow", 0, False)),
        (None, ("unknown", "proof_unknown", 0, False)),
    ],
)
def test_r21_a_proof_of_work_counts_once_and_an_old_phone_is_unknown(proof, expected):
    finding = proof_of_work(evidence(proof=proof))
    assert (finding.outcome, finding.code, finding.weight, finding.clears) == expected
    for changes in ({"channel": "api"}, {"test": True}, {"script": False}):
        assert proof_of_work(evidence(proof=proof, **changes)).outcome == "not_applicable"


@pytest.mark.parametrize(
    "changes, outcome",
    [
        ({"proof": "slow"}, "hold"),
        ({"proof": "expired"}, "hold"),
        ({"signals": {**DESKTOP, **JUMPY}}, "hold"),
        ({"signals": {**DESKTOP, **ASSISTED}}, "accept"),
        ({"signals": {**DESKTOP, **ASSISTED}, "recent_on_form": 900, "recent_near_content": 1}, "accept"),
        ({"signals": {**DESKTOP, "window": "small"}}, "accept"),
        ({"proof": "solved", "signals": DESKTOP}, "accept"),
    ],
)
def test_r19_within_a_crowd_weak_interaction_holds(changes, outcome):
    assert verify(evidence(**{"recent_from_block": 900, "user_agent": CHROME, **changes})).outcome == outcome


@pytest.mark.parametrize(
    "text, code",
    [
        (CHROME, ""),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1", ""),
        ("Mozilla/5.0 (Linux; Android 8.1.0; CUBOT_NOVA) AppleWebKit/537.36 Chrome/98 Mobile Safari/537.36", ""),
        ("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 Instagram 300.0", ""),
        ("Lynx/2.8.9rel.1 libwww-FM/2.14", ""),
        ("python-requests/2.32.3", "agent_tool"),
        ("Scrapy/2.13 (+https://scrapy.org)", "agent_tool"),
        (CHROME.replace("Chrome/", "HeadlessChrome/"), "agent_tool"),
        ("PostmanRuntime/7.44", "agent_tool"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "agent_crawler"),
        ("  ", "agent_empty"),
    ],
)  # fmt: skip
def test_only_what_calls_itself_a_program_is_taken_for_one(text, code):
    finding = agent.user_agent(evidence(user_agent=text))
    assert finding.code == code
    assert (finding.weight >= 50) is (code == "agent_tool")  # crawlers' names are in people's apps too


@pytest.mark.parametrize(
    "platform, text, weight",
    [("win", CHROME, 0), ("linux", CHROME, 10), ("mac", CHROME, 10), ("mixed", CHROME, 10), (None, CHROME, 0),
     ("win", "", 0),
     ("ios", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15", 0),
     ("linux", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/142.0.0.0 Safari/537.36", 0)],
)  # fmt: skip
def test_r20_a_name_against_its_machine_weighs_little(platform, text, weight):
    signals = {"platform": platform} if platform else {}
    assert agent.platform(evidence(user_agent=text, signals=signals)).weight == weight


def test_the_list_of_agents_is_read_as_data_with_its_version():
    assert agents.source().startswith("crawler-user-agents 1.")
