"""The form through Playwright's API, which patchright and playwright-stealth share: at once, or as a person would."""

from __future__ import annotations

import random
from typing import Any

from bench.verification.clients.browser_page import CONSENT, FRAME, SEND, THANKS, question
from bench.verification.target import Target


def opened(page: Any, target: Target) -> Any:
    """Open the channel's page; gives what holds the form, the page or the frame in it."""
    page.goto(target.page)
    form = page.frame_locator(FRAME) if target.channel == "frame" else page
    form.locator(SEND).wait_for(timeout=30_000)
    return form


def fill_at_once(page: Any, target: Target) -> str:
    form = opened(page, target)
    for name, value in target.answers.items():
        form.locator(question(name)).fill(value)
    form.locator(CONSENT).check()
    form.locator(SEND).click()
    return thanked(page, form)


def fill_as_a_person(page: Any, target: Target) -> str:
    """Moves in steps to a spot within each control, pauses, types key by key."""
    form = opened(page, target)
    page.mouse.move(random.uniform(200, 700), random.uniform(100, 400), steps=15)
    page.wait_for_timeout(random.uniform(1200, 2500))
    for name, value in target.answers.items():
        _click(page, form.locator(question(name)))
        for letter in value:
            page.keyboard.type(letter)
            page.wait_for_timeout(random.uniform(45, 170))
        page.wait_for_timeout(random.uniform(300, 1100))
    _click(page, form.locator(CONSENT))
    page.wait_for_timeout(random.uniform(500, 1500))
    _click(page, form.locator(SEND))
    return thanked(page, form)


def thanked(page: Any, form: Any) -> str:
    form.locator(THANKS).wait_for(timeout=30_000)
    page.wait_for_timeout(500)
    return "thanked"


def _click(page: Any, control: Any) -> None:
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    x = box["x"] + box["width"] * random.uniform(0.2, 0.8)
    y = box["y"] + box["height"] * random.uniform(0.25, 0.75)
    page.mouse.move(x, y, steps=random.randint(18, 35))
    page.wait_for_timeout(random.uniform(80, 250))
    page.mouse.click(x, y, delay=random.uniform(50, 130))
