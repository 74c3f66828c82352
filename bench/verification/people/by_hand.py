"""The ordinary ways of a person through our form, that the files beside this one put together."""

from __future__ import annotations

import random
from collections.abc import Iterable

from bench.verification.clients.browser_page import CONSENT, SEND, THANKS, question
from bench.verification.people.desktop import Desktop, pause


def read_the_page(seat: Desktop) -> None:
    """Wait for the form, look about with the mouse as one does."""
    seat.there(SEND)
    pause(1, 2)
    seat.move(random.uniform(250, 900), random.uniform(250, 700))
    pause(0.5, 1.5)


def write(seat: Desktop, names: Iterable[str], pace: float = 0.11) -> None:
    """Click into each field and type."""
    for name in names:
        seat.click(question(name))
        pause(0.2, 0.6)
        seat.type(seat.target.answers[name], pace)
        pause(0.3, 0.9)


def agree_and_send(seat: Desktop) -> str:
    seat.click(CONSENT)
    pause()
    seat.click(SEND)
    return thanked(seat)


def thanked(seat: Desktop) -> str:
    seat.until(lambda: seat.box(THANKS), "the thanks", 40)
    pause(0.5, 1)
    return "thanked"


def tab_to(seat: Desktop, name: str) -> None:
    """Press Tab until the field with this name, or the button that sends (no name), has the focus."""
    wanted = f"document.activeElement.name === '{name}'" if name else f"document.activeElement.matches('{SEND}')"
    for _ in range(25):
        if seat.read(wanted):
            return
        seat.keys("Tab")
    raise TimeoutError(f"Tab never came to {name or 'the button'}")
