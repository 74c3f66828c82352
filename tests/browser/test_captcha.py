"""A captcha's widget in a real browser, its vendor played by the test: shown, blocked, refused by a page's policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config import Config
from tests.support import visitor_side as side
from tests.support.stage import Servers, Stage

pytestmark = pytest.mark.browser
GUIDE = f'{side.GUIDE}\n[policy]\noutside = ["turnstile"]\n'
VENDOR = "https://challenges.cloudflare.com/**"
SCRIPT = """
setTimeout(() => { window.turnstile = { render(place, options) {
  const input = document.createElement("input");
  const value = `${options.sitekey}-${options.language}`;
  Object.assign(input, { type: "hidden", name: "cf-turnstile-response", value });
  place.append(input);
} } }, 120);
"""


@pytest.fixture
def stage(make_config: Callable[..., Config], sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    def with_keys(**environ: str) -> Config:
        return make_config(SARNAKH_TURNSTILE_SITEKEY="1x00AA", SARNAKH_TURNSTILE_SECRET="hush", **environ)

    servers = Servers(with_keys, sqlite_url, tmp_path / "demo")
    yield servers.stage
    servers.close()


def send(page: Page) -> None:
    page.locator("[name=email]").fill("sara@example.ir")
    page.locator("[name=consent_store]").check()
    page.locator(".lf-send").click()


def tokens(stage: Stage) -> dict[str, str]:
    found: dict[str, str] = stage.rows()[-1].facts["tokens"]
    return found


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_hosted_page_shows_the_widget_and_sends_its_token(stage: Stage, page: Page, lang: str) -> None:
    stage.publish(GUIDE)
    page.route(VENDOR, lambda route: route.fulfill(content_type="text/javascript", body=SCRIPT))
    page.goto(f"{stage.gateway}/f/guide?lang={lang}")
    expect(page.locator("[name=cf-turnstile-response]")).to_have_count(1)
    send(page)
    page.wait_for_url("**/thanks?**")
    assert tokens(stage) == {"turnstile": f"1x00AA-{lang}"}


def test_a_blocked_widget_stops_nobody_on_the_hosted_page(stage: Stage, page: Page) -> None:
    stage.publish(GUIDE)
    page.route(VENDOR, lambda route: route.abort())
    page.goto(f"{stage.gateway}/f/guide")
    send(page)
    page.wait_for_url("**/thanks?**")
    assert tokens(stage) == {}


def test_the_frame_shows_it_too(stage: Stage, page: Page) -> None:
    stage.publish(GUIDE)
    page.route(VENDOR, lambda route: route.fulfill(content_type="text/javascript", body=SCRIPT))
    page.goto(f"{stage.gateway}/f/guide/frame")
    expect(page.locator("[name=cf-turnstile-response]")).to_have_count(1)
    send(page)
    expect(page.locator(".lf-thanks")).to_be_visible()
    assert tokens(stage)["turnstile"].startswith("1x00AA-")


def test_a_page_whose_policy_lacks_the_vendor_shows_a_form_that_sends(stage: Stage, page: Page) -> None:
    stage.publish(GUIDE)
    # Waited for: the browser reports what the console said apart from what the page shows, and maybe later.
    with page.expect_console_message(lambda message: "turnstile is not shown" in message.text):
        page.goto(f"{stage.landing}/en")
    form = page.locator("lead-form[form=guide]")
    form.locator("[name=email]").fill("sara@example.ir")
    form.locator("[name=consent_store]").check()
    form.locator(".lf-send").click()
    expect(form.locator(".lf-thanks")).to_be_visible()
    assert tokens(stage) == {}
