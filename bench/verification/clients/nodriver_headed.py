"""nodriver, headed, by its own element calls: mouse_move, click and send_keys, with pauses."""

import asyncio
import random
from typing import Any

import nodriver

from bench.verification.clients.browser_page import CHROMIUM, CONSENT, FLAGS, FRAME, SEND, THANKS, question
from bench.verification.target import Target, run


async def fill(target: Target) -> str:
    browser = await started()
    tab = await browser.get(target.page)
    await tab.sleep(random.uniform(2, 3))
    if target.channel == "frame":
        tab = await frame_in(tab)
    for name, value in target.answers.items():
        field = await found(tab, question(name))
        await press(tab, field)
        for letter in value:
            await field.send_keys(letter)
            await tab.sleep(random.uniform(0.04, 0.15))
        await tab.sleep(random.uniform(0.3, 1))
    await press(tab, await found(tab, CONSENT))
    await tab.sleep(random.uniform(0.5, 1.5))
    await press(tab, await found(tab, SEND))
    await tab.sleep(4)  # its element calls fail on a page that is just leaving
    await found(tab, THANKS)
    browser.stop()
    return "thanked"


async def started() -> Any:
    """It waits for the browser for three seconds only, which a busy machine may miss."""
    flags = [flag for flag in FLAGS if flag != "--no-sandbox"]
    for _ in range(6):
        try:
            return await nodriver.start(browser_executable_path=CHROMIUM, browser_args=flags, sandbox=False)
        except Exception as error:  # noqa: BLE001  it raises a bare one
            last = error
            await asyncio.sleep(5)
    raise last


async def press(tab: Any, control: Any) -> None:
    await control.scroll_into_view()
    await control.mouse_move()
    await tab.sleep(random.uniform(0.1, 0.4))
    await control.click()


async def found(tab: Any, selector: str) -> Any:
    control = await tab.select(selector, timeout=30)
    if control is None:
        raise LookupError(f"no {selector}")
    return control


async def frame_in(tab: Any) -> Any:
    """The frame of another site is a target of its own, spoken to like a tab."""
    await found(tab, FRAME)
    for _ in range(60):
        frames = [one for one in await tab.get_frames() if one.target.type_ == "iframe"]
        if frames:
            return frames[0]
        await tab.sleep(0.5)
    raise LookupError("no frame was found")


def visit(target: Target) -> str:
    return nodriver.loop().run_until_complete(fill(target))


if __name__ == "__main__":
    run(visit)
