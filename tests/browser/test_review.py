"""The review queue by keyboard, and its selection, in a real browser; the policy's live trial."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.store import submissions
from tests.browser.test_console import Served, enter, served  # noqa: F401  a fixture
from tests.support.console_side import send

pytestmark = pytest.mark.browser


def held(found: Served, *names: str) -> list[str]:
    """Each from a network of its own, so that none is put together with another."""
    world = found.world
    return [send(world.parts, world.shop, "guide", {"email": f"{name}@gmail.com"}, honeypot="x") for name in names]


def status(found: Served, submission_id: str) -> str:
    with found.world.parts.db.read() as conn:
        row = submissions.get(conn, found.world.shop.id, submission_id)
    assert row is not None
    return row.status


def test_a_queue_is_worked_off_by_keyboard_alone(page: Page, served: Served) -> None:  # noqa: F811
    held(served, "first", "second")
    complaints = enter(served, page)
    page.goto(f"{served.url}/console/review")
    cards = page.locator(".review-card")
    expect(cards).to_have_count(3)
    page.keyboard.press("j")
    expect(cards.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("k")
    name = cards.nth(0).locator("h2").inner_text()
    page.keyboard.press("x")
    expect(cards).to_have_count(2)
    expect(page.locator(".undo-offer")).to_contain_text("یک مورد رد شد")
    expect(cards.nth(0)).to_be_focused()  # the next one stands where the last one stood
    page.keyboard.press("u")
    expect(cards).to_have_count(3)
    expect(cards.nth(0).locator("h2")).to_have_text(name)
    expect(cards.nth(0)).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator(".undo-offer")).to_contain_text("تا ۱۰ ثانیه")
    expect(cards.nth(0)).to_be_focused()  # the page's script has come, and with it the keys
    page.keyboard.press("u")
    expect(cards).to_have_count(3)
    expect(cards.nth(0)).to_be_focused()
    page.keyboard.press("Shift+Slash")
    expect(page.locator(".keys-list")).to_be_visible()
    assert complaints == []


def test_a_selection_is_decided_and_undone(page: Page, served: Served) -> None:  # noqa: F811
    ids = held(served, "first", "second")
    enter(served, page)
    page.goto(f"{served.url}/console/review")
    expect(page.locator("[data-bulk=reject]")).to_be_disabled()
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    expect(page.locator(".chosen")).to_have_text("۲ مورد انتخاب شده")
    page.keyboard.press("x")
    expect(page.locator(".review-card")).to_have_count(1)
    page.locator(".undo-offer button").click()
    expect(page.locator(".review-card")).to_have_count(3)
    page.keyboard.press("a")
    expect(page.locator(".chosen")).to_have_text("۳ مورد انتخاب شده")
    page.keyboard.press("r")
    expect(page.locator(".review-card")).to_have_count(0)
    assert {status(served, one) for one in ids} == {"accepted"}


def test_keys_rest_while_a_field_has_the_focus(page: Page, served: Served) -> None:  # noqa: F811
    enter(served, page)
    page.goto(f"{served.url}/console/review")
    page.keyboard.press("j")
    page.locator("#reason").focus()
    page.keyboard.press("x")
    page.keyboard.press("Control+x")
    page.wait_for_timeout(200)
    assert status(served, served.world.held) == "held"


def test_everything_works_without_script(browser: Browser, served: Served) -> None:  # noqa: F811
    ids = held(served, "first")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(served, page)
    page.goto(f"{served.url}/console/review")
    page.locator("[data-select-all]").click()
    page.get_by_role("button", name="رد کردن انتخاب‌شده‌ها").click()
    expect(page.locator(".review-card")).to_have_count(0)
    assert status(served, ids[0]) == "rejected"
    page.locator(".undo-offer button").click()
    expect(page.locator(".review-card")).to_have_count(2)
    context.close()


def test_a_policy_is_tried_as_it_is_changed(page: Page, served: Served) -> None:  # noqa: F811
    complaints = enter(served, page)
    page.goto(f"{served.url}/console/forms/guide/policy")
    expect(page.locator("#tried")).to_contain_text("عوض نمی‌شد")
    page.locator("#hold_at").fill("1000")
    page.locator("#hold_at").blur()
    expect(page.locator("#tried")).to_contain_text("سرنوشت ۲ تا عوض می‌شد")
    page.locator("#days").select_option("7")
    expect(page.locator("#tried")).to_contain_text("سرنوشت ۲ تا عوض می‌شد")
    assert complaints == []
