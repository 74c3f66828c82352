"""The proof of work and what hands did, in a real Chromium: under strict policies, without crypto.subtle, blocked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support import chromium, hands
from tests.support import visitor_side as side
from tests.support.stage import Stage
from tests.support.waiting import until
from verification.checks.automation import mouse_signs

pytestmark = pytest.mark.browser
WHERE = ("embed", "hosted", "frame")
NO_ABILITIES = "delete Crypto.prototype.subtle; delete window.Worker; delete window.requestIdleCallback;"


def open_form(stage: Stage, page: Page, where: str = "embed"):
    """The form's own root, once it stands."""
    addresses = {"embed": f"{stage.landing}/en", "hosted": f"{stage.gateway}/f/guide?lang=en"}
    page.goto(addresses.get(where, f"{stage.landing}/en/framed"))
    roots = {"embed": page.locator("lead-form[form=guide]"), "hosted": page.locator("body")}
    root = roots.get(where) or page.frame_locator("iframe").locator("body")
    expect(root.locator(".lf-send")).to_be_visible()
    return root


def frame_of(page: Page, where: str) -> Any:
    return next(one for one in page.frames if "/f/guide/frame" in one.url) if where == "frame" else page


def watched(stage: Stage, page: Page, where: str) -> Any:
    """The form's root, once its second script is there too."""
    root = open_form(stage, page, where)
    until(lambda: frame_of(page, where).evaluate("!!window.sarnakhWatch"), "watch.js")
    return root


def fill_and_send(root, email: str = "sara@example.ir") -> None:
    root.locator("[name=email]").fill(email)
    root.locator("[name=consent_store]").check()
    root.locator(".lf-send").click()
    expect(root.locator(".lf-thanks")).to_be_visible()


def proofs(stage: Stage) -> list[str]:
    return [row.facts["proof"] for row in stage.rows()]


@pytest.mark.parametrize("where", WHERE)
def test_r21_proof_is_found_without_worker_and_subtle_under_a_strict_policy(stage: Stage, page: Page, where: str):
    stage.publish(side.GUIDE, side.CONTACT)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "status of 4" not in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script(NO_ABILITIES)
    fill_and_send(open_form(stage, page, where))
    (row,) = stage.rows()
    assert (row.facts["proof"], row.facts["script"], row.channel) == ("solved", True, where)
    assert "?expires=" in row.proof
    assert row.facts["signals"]["changed"] == 2
    assert said == []


def test_the_second_script_comes_with_the_pages_nonce(stage: Stage, browser: Browser):
    """A policy that names no host: our script hands its nonce on. Chromium takes a page made by a test for one from
    outside this machine, which may not load from it unless told."""
    stage.publish(side.GUIDE)
    policy = f"script-src 'nonce-abc'; connect-src {stage.gateway}"
    html = f'<script async nonce="abc" src="{stage.gateway}/embed.js"></script><lead-form form="guide"></lead-form>'
    args = [*chromium.flags(), "--disable-features=LocalNetworkAccessChecks"]
    lenient = browser.browser_type.launch(executable_path=chromium.path(), args=args)
    page = lenient.new_page()
    headers = {"Content-Security-Policy": policy}
    page.route(
        f"{stage.landing}/own", lambda route: route.fulfill(body=html, content_type="text/html", headers=headers)
    )
    page.goto(f"{stage.landing}/own")
    fill_and_send(page.locator("lead-form"))
    assert proofs(stage) == ["solved"]
    lenient.close()


@pytest.mark.parametrize("where", WHERE)
def test_a_blocked_second_script_costs_no_lead(stage: Stage, page: Page, where: str):
    stage.publish(side.GUIDE)
    page.route("**/watch.js", lambda route: route.abort())
    fill_and_send(open_form(stage, page, where))
    assert proofs(stage) == ["missing"]


@pytest.mark.parametrize("where", WHERE)
def test_r21_a_form_that_stood_open_gets_new_work(stage: Stage, page: Page, where: str):
    stage.publish(side.GUIDE)
    page.clock.install()
    root = open_form(stage, page, where)
    root.locator("[name=email]").focus()
    stage.clock.advance(minutes=11)
    page.clock.fast_forward("11:00")
    with page.expect_response("**/f/guide/challenge") as fetched:
        fill_and_send(root)
    assert fetched.value.status == 200
    assert proofs(stage) == ["solved"]


@pytest.mark.parametrize("where", ["embed", "hosted"])
@pytest.mark.parametrize("answer", [429, 503, None])
def test_r20_a_refused_or_lost_challenge_is_no_guilt(stage: Stage, page: Page, where: str, answer: int | None):
    stage.publish(side.GUIDE)
    page.clock.install()
    root = open_form(stage, page, where)
    page.route("**/challenge", lambda route: route.fulfill(status=answer) if answer else route.abort())
    root.locator("[name=email]").focus()
    stage.clock.advance(minutes=11)
    page.clock.fast_forward("11:00")
    fill_and_send(root)
    assert proofs(stage) == ["slow"]


def test_r21_a_phone_that_cannot_finish_says_so_and_sends(stage: Stage, page: Page):
    """An answer that cannot be found stands for one that takes too long."""
    stage.publish(side.GUIDE)

    def unsolvable(route: Route) -> None:
        reply = route.fetch()
        spec = reply.json()
        spec["challenge"] |= {"challenge": "0" * 64, "maxnumber": 500}
        route.fulfill(response=reply, body=json.dumps(spec))

    page.route("**/f/guide/spec", unsolvable)
    fill_and_send(open_form(stage, page))
    assert proofs(stage) == ["slow"]


def test_r11_back_button_sends_the_same_proof_as_a_correction(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    root = open_form(stage, page, "hosted")
    fill_and_send(root, "sara@exmaple.ir")
    stage.clock.advance(minutes=1)
    page.go_back()
    fill_and_send(page.locator("body"), "sara@example.ir")
    first, second = stage.rows()
    assert second.corrects == first.id
    assert proofs(stage) == ["solved", "solved"]


def test_two_forms_each_do_their_own_work(stage: Stage, page: Page):
    stage.publish(side.GUIDE, side.CONTACT)
    page.goto(f"{stage.landing}/en")
    fill_and_send(page.locator("lead-form[form=guide]"))
    contact = page.locator("lead-form[form=contact]")
    expect(contact.locator(".lf-known")).to_be_visible()
    contact.locator("[name=phone]").fill("09121234567")
    contact.locator("[name=message]").fill("Hello")
    contact.locator("[name=consent_contact]").check()
    contact.locator(".lf-send").click()
    expect(contact.locator(".lf-thanks")).to_be_visible()
    assert proofs(stage) == ["solved", "solved"]
    assert len({row.proof for row in stage.rows()}) == 2


def test_double_click_sends_one_with_its_proof(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    root = open_form(stage, page, "hosted")
    root.locator("[name=email]").fill("sara@example.ir")
    root.locator("[name=consent_store]").check()
    root.locator(".lf-send").dblclick()
    expect(root.locator(".lf-thanks")).to_be_visible()
    assert proofs(stage) == ["solved"]


@pytest.mark.parametrize("where", WHERE)
def test_r20_a_person_at_the_keyboard_shows_no_mouse_and_uneven_keys(stage: Stage, page: Page, where: str):
    stage.publish(side.GUIDE)
    root = watched(stage, page, where)
    hands.type_in(root.locator("[name=email]"), "sara@example.ir")
    hands.press(root.locator("[name=consent_store]"), "Space")
    hands.press(root.locator(".lf-send"), "Enter")
    expect(root.locator(".lf-thanks")).to_be_visible()
    found = stage.rows()[0].facts["signals"]
    assert (found["presses"], found["moves"], found["globals"], found["late"]) == (0, 0, 0, False)
    assert found["holds"] >= 15 and found["hold"] >= 50


def test_a_driven_browser_tells_of_itself(stage: Stage, browser: Browser):
    """As Playwright starts it: what the tests' own flags take away is there again."""
    stage.publish(side.GUIDE)
    args = [flag for flag in chromium.flags() if "AutomationControlled" not in flag and "user-agent" not in flag]
    driven = browser.browser_type.launch(executable_path=chromium.path(), args=args)
    page = driven.new_page()
    fill_and_send(open_form(stage, page, "hosted"))
    facts = stage.rows()[0].facts
    assert facts["signals"]["webdriver"] is True
    assert facts["signals"]["window"] == "emulated"
    assert "HeadlessChrome" in facts["user_agent"]
    driven.close()


def test_traces_and_a_hidden_flag_are_seen(stage: Stage, page: Page):
    stage.publish(side.GUIDE)
    page.add_init_script(
        "window.__playwright__binding__ = 1; document.$cdc_asdjflasutopfhvcZLmcfl_ = 1;"
        "Object.defineProperty(navigator, 'webdriver', { get: () => undefined });"
    )
    fill_and_send(open_form(stage, page, "hosted"))
    found = stage.rows()[0].facts["signals"]
    assert (found["globals"], found["hidden"]) == (2, True)


def test_a_wallets_and_a_tours_names_are_no_traces(stage: Stage, page: Page):
    """Names that extensions and pages of people bring along."""
    stage.publish(side.GUIDE)
    page.add_init_script("window.phantom = {}; window.driver = {}; window.__pwa_prompt = 1; window.__driver = 1;")
    fill_and_send(open_form(stage, page, "hosted"))
    assert stage.rows()[0].facts["signals"]["globals"] == 0


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("between, seen", [(0.0, False), (0.37, True)])
def test_moves_between_the_points_of_a_screen_are_seen(
    stage: Stage, page: Page, where: str, between: float, seen: bool
):
    """In a frame that begins between two points as well: there the way counts, not the place."""
    stage.publish(side.GUIDE)
    root = open_form(stage, page, where)
    if where == "frame":
        page.evaluate("document.querySelector('iframe').style.marginLeft = '0.4px'")
    box = root.locator("[name=email]").bounding_box()
    assert box
    left, above = round(box["x"]), round(box["y"])
    for step in range(25):
        page.mouse.move(left + step * (5 + between), above + step % 3)
    fill_and_send(root)
    found = stage.rows()[0].facts["signals"]
    assert found["moves"] >= 25
    assert ("grid" in mouse_signs(found)) is seen  # Playwright's own two presses are always off


@pytest.mark.parametrize("old, told", [("Win32", "mixed"), ("Linux x86_64", "linux")])
def test_two_names_of_one_machine_have_to_agree(stage: Stage, page: Page, old: str, told: str):
    stage.publish(side.GUIDE)
    page.add_init_script(
        f"Object.defineProperty(navigator, 'platform', {{ get: () => '{old}' }});"
        "Object.defineProperty(navigator, 'userAgentData', { get: () => ({ platform: 'Linux' }) });"
    )
    fill_and_send(open_form(stage, page, "hosted"))
    assert stage.rows()[0].facts["signals"]["platform"] == told
