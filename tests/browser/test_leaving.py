"""Turning away from a form, in a real Chromium: told once, taken back by who returns, silent before consent."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from gateway.store.tables import unsent
from tests.browser.test_watch import WHERE, fill_and_send, frame_of, watched
from tests.support import visitor_side as side
from tests.support.stage import Stage

pytestmark = pytest.mark.browser
HIDDEN = "Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true });"
SHOWN = "delete document.visibilityState;"
BEACONS = "window.beacons = []; navigator.sendBeacon = (address) => !!beacons.push(address);"
CHANGED = "document.dispatchEvent(new Event('visibilitychange'))"


def rows(stage: Stage) -> list[Any]:
    with stage.parts.db.read() as conn:
        return list(conn.execute(select(unsent)))


def turn_away(page: Page, where: str) -> None:
    """As the browser does it when another tab comes to the front."""
    frame_of(page, where).evaluate(HIDDEN + CHANGED)


def told(stage: Stage, wanted: list[str | None]) -> list[str | None]:
    """The fields that the gateway knows of, as soon as they are these: nobody waits for a beacon's answer."""
    deadline = time.monotonic() + 10
    while (found := [row.field for row in rows(stage)]) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("where", WHERE)
def test_the_question_they_were_at_is_told(stage: Stage, page: Page, where: str):
    stage.publish(side.GUIDE)
    root = watched(stage, page, where)
    root.locator("[name=email]").fill("sara@example.ir")
    root.locator("[name=first_name]").focus()
    turn_away(page, where)
    assert told(stage, ["first_name"]) == ["first_name"]
    (row,) = rows(stage)
    assert row.form_version == 1
    assert {"email", "first_name", "consent_store"} <= set(row.asked)


def test_leaving_the_page_is_turning_away(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    root = watched(stage, page, "embed")
    root.locator("[name=email]").focus()
    page.goto("about:blank")
    assert told(stage, ["email"]) == ["email"]


def test_nothing_touched_is_told_as_that(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    watched(stage, page, "embed")
    turn_away(page, "embed")
    assert told(stage, [None]) == [None]


@pytest.mark.parametrize("where", WHERE)
def test_who_returns_and_sends_did_not_leave(stage: Stage, page: Page, where: str):
    stage.publish(side.GUIDE)
    root = watched(stage, page, where)
    root.locator("[name=email]").focus()
    turn_away(page, where)
    assert told(stage, ["email"]) == ["email"]
    frame_of(page, where).evaluate(SHOWN + CHANGED)
    fill_and_send(root)
    assert told(stage, []) == []
    assert len(stage.rows()) == 1


def test_what_was_sent_is_not_told_as_left(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    page.add_init_script(BEACONS)
    fill_and_send(watched(stage, page, "embed"))
    turn_away(page, "embed")
    assert page.evaluate("beacons.filter((one) => one.endsWith('/left'))") == []
    root = watched(stage, page, "hosted")
    fill_and_send(root, "reza@example.ir")
    assert rows(stage) == []


def test_r27_before_consent_nothing_is_told(stage: Stage, page: Page):
    stage.publish(side.GUIDE, cookies="ask")
    page.add_init_script(BEACONS)
    root = watched(stage, page, "embed")
    root.locator("[name=email]").focus()
    turn_away(page, "embed")
    assert page.evaluate("beacons") == []
