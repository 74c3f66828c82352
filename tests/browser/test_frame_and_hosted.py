"""The iframe variant and the hosted page in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import visitor_side as side
from tests.support.stage import Stage

pytestmark = pytest.mark.browser
WRITTEN = {"name": "Sara", "phone": "09123456789", "message": "Hello", "day": "2026-11-22", "seats": "12"}
EVERY_TYPE = """
key = "every"
languages = ["en"]
title = { en = "Every type" }
submit_label = { en = "Send" }
questions_per_visit = 9

[offer]
kind = "none"
level = "top"
""" + "".join(
    f'\n[[fields]]\nname = "{name}"\ntype = "{kind}"\nlabel = {{ en = "{name}" }}\n'
    for name, kind in {
        "email": "email", "name": "text", "phone": "phone", "message": "long_text", "day": "date", "seats": "number"
    }.items()
)  # fmt: skip


def test_r8_frame_resizes_itself_and_gets_its_visitor_from_the_page(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "status of 4" not in message.text else None)
    page.goto(f"{stage.landing}/en/framed")
    inside = page.frame_locator("iframe")
    expect(inside.locator(".lf-send")).to_be_visible()
    _wait_until_it_fits(page)
    inside.locator("[name=email]").fill("sara@example.ir")
    inside.locator("[name=consent_store]").check()
    inside.locator(".lf-send").click()
    expect(inside.locator(".lf-thanks")).to_be_focused()
    _wait_until_it_fits(page)
    assert page.locator("iframe").bounding_box()["height"] < 192  # smaller than it began: no empty space is left
    page.wait_for_function("() => document.cookie.includes('sarnakh_v_shop=')")  # the frame tells it by a message
    page.reload()
    expect(inside.locator(".lf-known")).to_be_visible()
    assert "sarnakh" not in page.locator("iframe").get_attribute("src")
    assert stage.rows()[0].channel == "frame"
    assert said == []


def test_r8_page_that_is_not_allowed_is_told_nothing(stage: Stage, page: Page):
    """The frame speaks to allowed origins only, and does not listen to others; the policy keeps it out anyway."""
    stage.publish(side.GUIDE, origins=["https://elsewhere.example"])
    page.goto(f"{stage.landing}/en/framed")
    page.locator("iframe").wait_for()
    page.wait_for_timeout(500)
    assert page.frame_locator("iframe").locator(".lf-send").count() == 0


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_hosted_page_needs_no_script(stage: Stage, browser: Browser, lang: str):
    stage.publish(side.GUIDE)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stage.gateway}/f/guide?lang={lang}")
    page.locator("[name=first_name]").fill("سارا")
    page.locator(".lf-send").click()
    expect(page.locator("[name=email]")).to_be_focused()
    expect(page.locator("[name=first_name]")).to_have_value("سارا")
    page.locator("[name=email]").fill("sara@example.ir")
    page.locator("[name=consent_store]").check()
    page.locator(".lf-send").click()
    expect(page.locator(".lf-download")).to_be_visible()
    assert [row.facts["script"] for row in stage.rows()] == [False]
    context.close()


def test_hosted_page_tells_that_its_script_ran(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    page.goto(f"{stage.gateway}/f/guide")
    page.locator("[name=email]").press_sequentially("sara@example.ir")
    page.locator("[name=consent_store]").check()
    page.locator(".lf-send").click()
    expect(page.locator(".lf-download")).to_be_visible()
    facts = stage.rows()[0].facts
    assert facts["script"] is True
    assert facts["signals"]["keys"] >= 15


def test_r11_back_button_finds_the_text_and_corrects(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    page.locator("[name=email]").fill("sara@exmaple.ir")
    page.locator("[name=consent_store]").check()
    page.locator(".lf-send").click()
    expect(page.locator(".lf-thanks")).to_be_visible()
    stage.clock.advance(minutes=1)
    page.go_back()
    expect(page.locator("[name=email]")).to_have_value("sara@exmaple.ir")
    page.locator("[name=email]").fill("sara@example.ir")
    page.locator(".lf-send").click()
    expect(page.locator(".lf-thanks")).to_be_visible()
    first, second = stage.rows()
    assert second.corrects == first.id


@pytest.mark.parametrize("name, framed", [("consent_store", False), ("company_size", True)])
def test_a_chosen_answer_is_framed_and_a_consent_is_not(name: str, framed: bool, stage: Stage, page: Page):
    """A consent has no border to colour: a frame would touch its words."""
    stage.publish(side.GUIDE.replace("questions_per_visit = 2", "questions_per_visit = 9"))
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    box = page.locator(f"[name={name}]").first
    box.check()
    shadow = box.evaluate("box => getComputedStyle(box.closest('.lf-choice')).boxShadow")
    assert (shadow != "none") == framed


def test_r11_back_button_finds_every_answer(stage: Stage, page: Page):
    stage.publish(EVERY_TYPE)
    page.goto(f"{stage.gateway}/f/every?lang=en")
    page.locator("[name=email]").fill("sara@example.ir")
    for name, answer in WRITTEN.items():
        page.locator(f"[name={name}]").press_sequentially(answer)
    page.locator(".lf-send").click()
    expect(page.locator(".lf-thanks")).to_be_visible()
    page.go_back()
    for name, answer in WRITTEN.items():
        expect(page.locator(f"[name={name}]")).to_have_value(answer)


def test_r10_hosted_page_left_open_asks_for_one_more_press(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    page.locator("[name=email]").fill("sara@example.ir")
    page.locator("[name=consent_store]").check()
    stage.clock.advance(hours=5)
    page.locator(".lf-send").click()
    expect(page.get_by_role("alert")).to_contain_text("press send once more")
    page.locator(".lf-send").click()
    expect(page.locator(".lf-thanks")).to_be_visible()


def test_r5_hosted_page_forgets_on_request(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    page.locator("[name=email]").fill("sara@example.ir")
    page.locator("[name=consent_store]").check()
    page.locator(".lf-send").click()
    expect(page.locator(".lf-thanks")).to_be_visible()
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    expect(page.locator("[name=email]")).to_have_count(0)
    page.get_by_role("button", name="I am someone else").click()
    expect(page.locator("[name=email]")).to_be_visible()


def _wait_until_it_fits(page: Page) -> None:
    """The frame is as high as what stands in it: no scroll bar, no gap."""
    page.wait_for_function(
        """async () => {
          const frame = document.querySelector("iframe");
          return frame.style.height && Math.abs(parseFloat(frame.style.height) - frame.offsetHeight) < 2;
        }"""
    )
    page.frames[1].wait_for_function("() => document.documentElement.scrollHeight <= innerHeight + 1")
