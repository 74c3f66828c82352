"""A site's own address in a real Chromium: the page on one name, the gateway on another of the same site."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_watch import fill_and_send
from tests.support import chromium
from tests.support import visitor_side as side
from tests.support.stage import Stage

pytestmark = pytest.mark.browser


def named(name: str, address: str) -> str:
    """Names under localhost lead to this machine in every Chromium."""
    return f"http://{name}.site.localhost:{urlsplit(address).port}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Chromium takes a page made by a test for one from outside, which may not load from this machine unless told."""
    args = [*chromium.flags(), "--disable-features=LocalNetworkAccessChecks"]
    lenient = browser.browser_type.launch(executable_path=chromium.path(), args=args)
    yield lenient.new_page()
    lenient.close()


def publish(stage: Stage, **columns: object) -> tuple[str, str]:
    """The page's address and the site's own."""
    landing, own = named("www", stage.landing), named("forms", stage.gateway)
    stage.publish(side.GUIDE, origins=[landing], settings={"own_address": own}, **columns)
    return landing, own


def open_page(page: Page, landing: str, own: str) -> None:
    html = f'<script async src="{own}/embed.js"></script><lead-form form="guide" lang="en"></lead-form>'
    page.route(f"{landing}/own", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{landing}/own")
    expect(page.locator(".lf-send")).to_be_visible()


def lose_the_scripts_cookie(page: Page) -> None:
    """What Safari does to it after 7 days."""
    page.evaluate("document.cookie = 'sarnakh_v_shop=; Path=/; Max-Age=0'")
    assert page.evaluate("document.cookie") == ""


def test_r8_a_visitor_is_known_when_only_the_gateways_cookie_is_left(stage: Stage, page: Page):
    landing, own = publish(stage)
    open_page(page, landing, own)
    fill_and_send(page.locator("lead-form"))
    lose_the_scripts_cookie(page)
    (kept,) = page.context.cookies(own)
    assert (kept["name"], kept["httpOnly"], kept["sameSite"]) == ("sarnakh_v_shop", True, "Lax")
    assert kept["domain"] == "forms.site.localhost"
    open_page(page, landing, own)
    expect(page.locator(".lf-known")).to_be_visible()
    expect(page.locator("[name=email]")).to_have_count(0)
    page.locator(".lf-link").click()
    expect(page.locator("[name=email]")).to_be_visible()
    lose_the_scripts_cookie(page)
    open_page(page, landing, own)
    expect(page.locator("[name=email]")).to_be_visible()


def test_r8_without_it_the_gateways_name_forgets(stage: Stage, page: Page):
    landing, _ = publish(stage)
    gateway = named("leads", stage.gateway)
    open_page(page, landing, gateway)
    fill_and_send(page.locator("lead-form"))
    lose_the_scripts_cookie(page)
    assert page.context.cookies(gateway) == []
    open_page(page, landing, gateway)
    expect(page.locator("[name=email]")).to_be_visible()


def test_r27_consent_taken_back_takes_the_gateways_cookie_too(stage: Stage, page: Page):
    landing, own = publish(stage, cookies="ask")
    open_page(page, landing, own)
    assert page.context.cookies(own) == []
    with page.expect_response("**/e"):
        page.evaluate("sarnakh('consent', true)")
    assert len(page.context.cookies(own)) == 1
    with page.expect_response("**/e"):
        page.evaluate("sarnakh('consent', false)")
    assert page.context.cookies(own) == []
    assert page.evaluate("document.cookie") == ""
