"""Signs of a driven browser, out of what static/watch.js counted. Weights, since people differ (rule 20).

What a hand does decides nothing by itself: voice control jumps to a button's middle, remote desktops thin out moves,
password managers type without a key being held. So no sign of the hands weighs more than 25, no family of them more
than 35, and only several families together hold.
Never looked at: untrusted events, input without key presses, no mouse at all, clicks at 0,0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, unknown

MOUSE = {1: 15, 2: 25}  # weight by number of signs; of more than two 35, as voice control may show three
SHARE = 0.75  # of presses or steps: what a tool does each time, a hand does now and then
FEW_PRESSES, FEW_STEPS, FEW_KEYS = 2, 8, 8
LONG_WAY, RULED = 40, 0.9  # steps of the mouse, and the share of even ones; of a hand's on a long way few are
SHORTEST_HOLD = 30  # milliseconds: a pressed key comes up after 50 at the least, mostly after 80 to 120
EVEN_TYPING = 0.2  # deviation of the time from key to key, in parts of its mean: people's is 0.3 to 0.6
SEAMLESS = 12  # milliseconds from one key's end to the next one's beginning, on average and at a deviation under 0.4
HURRIED = 1000  # milliseconds from the first touch to the press of the button, for two answers or more
KEYS = {"brief": 10, "paced": 10, "steady": 10, "seamless": 15, "even": 15, "unpressed": 25}
NO_HOLD = 10  # milliseconds: down and up in one call
PACE = range(60, 400)  # milliseconds from key to key
STEADY = 6  # milliseconds of deviation: fingers' is 10 at the least
FEW_TIMES, TOGETHER = 6, 70  # of times on one raster nearly 100 % lie together, of any others few
LONGEST = 9999  # what gateway.web.facts cuts a number at
# Each counts some of what the other counts.
PARTS = (
    ("far", "presses"), ("centre", "presses"), ("still", "presses"), ("quick", "presses"), ("steps", "moves"),
    ("even", "steps"), ("fast", "moves"), ("lone", "fast"), ("off", "moves"), ("holds", "keys"),
)  # fmt: skip
WEAK = 20  # one clear sign, or two slight ones
TOUCHES = ("keys", "moves", "touches", "pastes", "focuses", "presses", "clicks", "changed")


def driven_browser(evidence: Evidence) -> Finding:
    """Does the browser say that it is driven: by its own flag, by what its driver left in the page, or by hiding it?"""
    if _no_hands(evidence):
        return NOT_APPLICABLE
    signals = evidence.signals
    if signals.get("webdriver"):
        return fail("webdriver", weight=60)
    if signals.get("globals"):
        return fail("automation_globals", weight=60)
    return fail("webdriver_hidden", weight=50) if signals.get("hidden") else PASS


def hands(evidence: Evidence) -> Finding:
    """Did anything happen in the form at all? Whoever fills one in touches it somehow: keys, a mouse, a finger, focus,
    a click of a screen reader. A form that was sent before its script was there is unknown. What says that it was too
    slow to work ran the same script, which counts touches first: else a program needs to say no more than that."""
    if _no_hands(evidence) or evidence.proof not in {"solved", "slow"}:
        return NOT_APPLICABLE
    if evidence.signals.get("late"):
        return unknown("hands_late")
    touched = any(evidence.signals.get(name) for name in TOUCHES)
    return PASS if touched else fail("no_hands", weight=50, clears=True)


def mouse_path(evidence: Evidence) -> Finding:
    """Where there was a mouse: did it move and press as one that lies on a table?"""
    if _no_hands(evidence) or not evidence.signals.get("mouse"):
        return NOT_APPLICABLE
    signs = mouse_signs(evidence.signals)
    if not signs:
        return PASS
    causes = 1 if _without_mouse(evidence.signals, signs) else len(signs)
    return fail("mouse_unnatural", weight=MOUSE.get(causes, 35), signs=", ".join(signs))


def _without_mouse(signals: Mapping[str, Any], signs: Collection[str]) -> bool:
    """The mouse lay still and something pressed all the same, as screen readers and switches do: each such press is in
    the middle, unmoved and short, which is one sign and not three, and no crowd makes it weak (rules 19, 20)."""
    return not int(signals.get("moves", 0)) and set(signs) <= {"centre", "still", "quick"}


def mouse_signs(signals: Mapping[str, Any]) -> list[str]:
    """What no hand does, each by its name: `jumps` to its target in one move, `centre`: presses its very middle,
    `still`: presses where it never moved to, `quick`: presses for no time, `even`: equal steps on a straight line,
    `ruled`: hardly any others on a long way (keys that move the mouse do so too, and type as keys do), `single`: far
    and fast moves without anything between, `grid`: between the points that a screen has."""
    count = {name: int(signals.get(name, 0)) for name in (
        "presses", "far", "centre", "still", "quick", "steps", "even", "fast", "lone", "moves", "off"
    )}  # fmt: skip
    presses, pressed = count["presses"], count["presses"] >= FEW_PRESSES
    found = {
        "jumps": pressed and (count["far"] >= SHARE * presses or 2 < count["moves"] <= presses + 1),
        "centre": pressed and count["centre"] >= SHARE * presses,
        "still": count["still"] >= 1,
        "quick": pressed and count["quick"] == presses,
        "even": count["steps"] >= FEW_STEPS and count["even"] >= SHARE * count["steps"],
        "ruled": count["steps"] >= LONG_WAY and count["even"] >= RULED * count["steps"],
        "single": count["fast"] >= FEW_STEPS and count["lone"] == count["fast"],
        "grid": count["off"] >= 3 and count["off"] >= 0.3 * count["moves"],
    }
    return [name for name, present in found.items() if present]


def key_presses(evidence: Evidence) -> Finding:
    """Were keys held as fingers hold them, for uneven times, at uneven pauses? No keys at all say nothing."""
    if _no_hands(evidence):
        return NOT_APPLICABLE
    signals = evidence.signals
    signs = key_signs(signals)
    weight = min(sum(KEYS[sign] for sign in signs), 25)
    held = int(signals.get("hold", 0))
    return fail("keys_unnatural", weight=weight, held=held, signs=", ".join(signs)) if signs else PASS


def key_signs(signals: Mapping[str, Any]) -> list[str]:
    """What no finger does, each by its name: `brief`: down for no time, `paced`: that, at a typist's pauses (dictation
    streams, on-screen keyboards are slower), `steady`: each for the very same time, `seamless`: one ends as the next
    begins, `even`: at equal pauses, `unpressed`: letters without a key."""
    holds, hold, gap, spread = (int(signals.get(name, 0)) for name in ("holds", "hold", "gap", "spread"))
    chars, enough = int(signals.get("chars", 0)), holds >= FEW_KEYS
    brief, even = hold < SHORTEST_HOLD, spread < EVEN_TYPING * gap
    found = {
        "brief": enough and brief,
        "paced": enough and hold < NO_HOLD and gap in PACE,
        "steady": enough and not brief and int(signals.get("sway", 99)) < STEADY,
        "seamless": enough and _seamless(signals),
        "even": enough and even,
        "unpressed": chars >= FEW_KEYS,
    }
    return [name for name, present in found.items() if present]


def _seamless(signals: Mapping[str, Any]) -> bool:
    holds, hold, gap, spread = (int(signals.get(name, 0)) for name in ("holds", "hold", "gap", "spread"))
    joined = hold >= SHORTEST_HOLD and int(signals.get("seams", 0)) >= SHARE * holds
    return joined or (gap - hold < SEAMLESS and spread < 2 * EVEN_TYPING * gap)


def event_times(evidence: Evidence) -> Finding:
    """On Linux: do keys and mouse share the fraction of a millisecond that its own input has? Elsewhere not counted."""
    times = int(evidence.signals.get("times", 0))
    if _no_hands(evidence) or times < FEW_TIMES:
        return NOT_APPLICABLE
    together = int(evidence.signals.get("together", 100))
    return fail("times_unnatural", weight=25, count=times) if together < TOGETHER else PASS


def forged_signals(evidence: Evidence) -> Finding:
    """Are these numbers that static/watch.js cannot count, whatever a hand does? Then it never ran."""
    if _no_hands(evidence):
        return NOT_APPLICABLE
    signals = evidence.signals
    wrong = [part for part, whole in PARTS if int(signals.get(part, 0)) > int(signals.get(whole, LONGEST))]
    took, typed = signals.get("took"), (int(signals.get("holds", 0)) - 1) * int(signals.get("gap", 0))
    if isinstance(took, int) and took < LONGEST and not signals.get("late") and typed > 1.2 * took + 200:
        wrong.append("took")  # the pauses between keys add up to more than all of it
    return fail("signals_forged", weight=50, names=", ".join(wrong)) if wrong else PASS


def haste(evidence: Evidence) -> Finding:
    """Was it all done within a second, however long the page had stood open? Autofill needs a choice and a press."""
    if _no_hands(evidence):
        return NOT_APPLICABLE
    took, changed = evidence.signals.get("took"), int(evidence.signals.get("changed", 0))
    if not isinstance(took, int) or evidence.signals.get("late"):
        return unknown("haste_unknown")
    return fail("hurried", weight=25, milliseconds=took) if changed > 1 and took < HURRIED else PASS


def window_shape(evidence: Evidence) -> Finding:
    """Is the window one that a screen shows? Full screens and kiosks are; a browser without a screen often is not.
    `bare`: no frame around the page, as some apps have it; `emulated`: the pointer knows of a frame that the window
    denies; `none`: no size; `small`: what browsers without a screen begin with."""
    if _no_hands(evidence):
        return NOT_APPLICABLE
    match evidence.signals.get("window"):
        case "none" | "emulated":
            return fail("window_headless", weight=40)
        case "bare":
            return fail("window_bare", weight=20)
        case "small":
            return fail("window_small", weight=10)
    return PASS


PHYSICAL = (mouse_path, key_presses, event_times, haste, window_shape)


def looks_driven(evidence: Evidence) -> bool:
    """Does this together speak of a driven browser, though it may not hold? Makes an interaction weak (rule 19)."""
    return sum(check(evidence).weight for check in (driven_browser, forged_signals, hands, *PHYSICAL)) >= WEAK


def _no_hands(evidence: Evidence) -> bool:
    """Nothing was counted: a server sent it, the script did not run, or a marketer tries the own form (rule 38)."""
    return evidence.channel == "api" or evidence.test or not evidence.script
