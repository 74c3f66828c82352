"""An assessment in a real Chromium: numbered questions, and the result where the form stood."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.support.stage import Stage
from tests.web.test_assessments import READY, WORST

pytestmark = pytest.mark.browser
FORM = READY.replace('key = "ready"', 'key = "guide"')  # the landing page's form


def answer(form: Page | FrameLocator) -> None:
    """Each question by its worst answer, then send."""
    expect(form.locator(".lf-send")).to_be_visible()
    for name, value in WORST.items():
        if name != "email":
            form.locator(f"[name={name}][value={value[0] if isinstance(value, list) else value}]").check()
    form.locator("[name=email]").fill("sara@example.ir")
    form.locator(".lf-send").click()


def test_the_embed_shows_the_result_and_moves_there(page: Page, stage: Stage):
    stage.publish(FORM)
    page.goto(f"{stage.landing}/en")
    steps = page.locator("lead-form[form=guide] .lf-step")
    expect(steps).to_have_count(7)
    expect(steps.nth(2)).to_have_text("Question 3 of 7")
    answer(page)
    box = page.locator("lead-form[form=guide] .lf-thanks")
    expect(box.locator(".lf-title")).to_have_text("At the beginning (0 %)")
    expect(box.locator(".lf-advice")).to_contain_text("Much is still done by hand.")
    expect(box.locator("h3")).to_have_text("Where there is most to gain")
    expect(box.locator("li")).to_have_count(3)
    expect(box).to_have_attribute("role", "status")
    expect(box).to_be_focused()


def test_a_frame_shows_the_same(page: Page, stage: Stage):
    stage.publish(FORM)
    page.goto(f"{stage.landing}/framed")
    frame = page.frame_locator("iframe.lf-frame").first
    answer(frame)
    expect(frame.locator(".lf-title")).to_have_text("در آغاز راه (۰٪)")
    expect(frame.locator("li")).to_have_count(3)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_hosted_page_needs_no_script(browser: Browser, stage: Stage, scripts: bool):
    stage.publish(FORM)
    page = browser.new_context(java_script_enabled=scripts).new_page()
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    expect(page.locator("fieldset:has([name=on_phones])")).to_be_hidden()
    answer(page)
    page.wait_for_url("**/thanks**")
    expect(page.locator("h1")).to_have_text("At the beginning (0 %)")
    expect(page.locator("li")).to_have_count(3)
    page.context.close()
