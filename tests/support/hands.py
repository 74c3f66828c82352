"""A person at the keyboard, in a browser that a test drives: keys are held, and not evenly."""

from __future__ import annotations

import random

from playwright.sync_api import Locator

_CHANCE = random.Random(7)


def type_in(field: Locator, text: str) -> None:
    """Persian comes as an input method's text would, since a driven keyboard has Latin keys only."""
    field.focus()
    for letter in text:
        if letter.isascii():
            field.page.keyboard.press(letter, delay=_CHANCE.randint(50, 100))
        else:
            field.page.keyboard.insert_text(letter)
        field.page.wait_for_timeout(_CHANCE.randint(0, 80))


def press(control: Locator, key: str) -> None:
    """Space for a box, Enter for a button."""
    control.focus()
    control.page.keyboard.press(key, delay=_CHANCE.randint(50, 100))
