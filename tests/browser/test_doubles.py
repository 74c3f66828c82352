"""The queue of leads that may be one person, by keyboard, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.store import duplicates
from tests.browser.test_console import Served, enter, served  # noqa: F401  a fixture
from tests.support import pairs

pytestmark = pytest.mark.browser
# What a reader of screens needs: a name for each control, and no name twice.
UNNAMED = """() => [...document.querySelectorAll("main a, main button, main input:not([type=hidden]), main summary")]
  .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length))
  .map((one) => one.outerHTML)"""
TWICE = """() => { const ids = [...document.querySelectorAll("main [id]")].map((one) => one.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place); }"""


def made(found: Served, *kinds: str) -> list[tuple[str, str, str]]:
    return [pairs.pair(found.world.parts, found.world.shop.id, getattr(pairs, kind)) for kind in kinds]


def answer(found: Served, pair_id: str) -> str | None:
    with found.world.parts.db.read() as conn:
        pair = duplicates.get(conn, found.world.shop.id, pair_id)
    assert pair is not None
    return pair.answer


def test_pairs_are_worked_off_by_keyboard_and_each_is_taken_back(page: Page, served: Served) -> None:  # noqa: F811
    (*_, pair_id), *_ = made(served, "HOUSEHOLD")
    complaints = enter(served, page)
    page.goto(f"{served.url}/console/duplicates")
    cards = page.locator(".review-card")
    for key, said in (("t", "دو نفرند"), ("l", "کنار گذاشته شد"), ("m", "یک نفرند")):
        page.keyboard.press("j")
        expect(cards.nth(0)).to_be_focused()
        page.keyboard.press(key)
        expect(page.locator(".undo-offer")).to_contain_text(said)
        expect(cards).to_have_count(0)
        page.wait_for_load_state()  # its script runs before
        page.keyboard.press("u")
        expect(cards).to_have_count(1)
        page.wait_for_load_state()
        assert answer(served, pair_id) is None
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(cards.nth(0).locator(".also")).to_be_visible()
    assert complaints == []


def test_several_are_taken_apart_at_once_by_a_selection(page: Page, served: Served) -> None:  # noqa: F811
    ids = [pair_id for *_, pair_id in made(served, "SARA", "LIKELY")]
    enter(served, page)
    page.goto(f"{served.url}/console/duplicates?status=same")
    expect(page.locator("[data-bulk=apart]")).to_be_disabled()
    page.keyboard.press("a")
    expect(page.locator(".chosen")).to_have_text("۲ مورد انتخاب شده")
    page.keyboard.press("t")
    expect(page.locator(".review-card")).to_have_count(0)
    assert [answer(served, pair_id) for pair_id in ids] == ["apart", "apart"]
    page.locator(".undo-offer button").click()
    expect(page.locator(".review-card")).to_have_count(2)


@pytest.mark.parametrize("lang, scheme, width", [("fa", "light", 390), ("en", "dark", 1280)])
def test_queue_and_comparison_fit_and_name_what_they_hold(
    browser: Browser,
    served: Served,  # noqa: F811
    lang: str,
    scheme: str,
    width: int,
) -> None:
    (older, younger, _), *_ = made(served, "HOUSEHOLD", "SARA")
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    complaints = enter(served, page, lang)
    for path in ("duplicates", "duplicates?status=same", "duplicates?status=later", "duplicates?status=answered",
                 f"leads/{older}/compare?with={younger}", f"leads/{older}"):  # fmt: skip
        page.goto(f"{served.url}/console/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(UNNAMED) == [] and page.evaluate(TWICE) == [], path
    assert complaints == []
    context.close()


def test_it_works_without_script(browser: Browser, served: Served) -> None:  # noqa: F811
    (*_, pair_id), *_ = made(served, "HOUSEHOLD")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(served, page)
    page.goto(f"{served.url}/console/duplicates")
    page.get_by_role("button", name="این دو یک نفرند").click()
    expect(page.locator(".undo-offer")).to_contain_text("اکنون یک نفرند")
    assert answer(served, pair_id) == "merged"
    context.close()
