"""The typo suggestion in a browser: the same answers as in Python, and a button that mends the address."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Page, expect

from tests.support import visitor_side as side
from tests.support.stage import Stage
from tests.verification.test_typos import ALONE, MENDED
from verification.typos import suggest, table

pytestmark = pytest.mark.browser
LETTERS = "abcdefghijklmnopqrstuvwxyz.,-1ئ"


def changed(domain: str, draw: random.Random) -> str:
    """One or two letters of it other, more or fewer."""
    for _ in range(draw.choice((1, 1, 2))):
        at = draw.randrange(len(domain))
        domain = domain[:at] + draw.choice(("", draw.choice(LETTERS), domain[at] * 2)) + domain[at + 1 :]
    return domain


def test_python_and_javascript_agree(stage: Stage, page: Page) -> None:
    draw = random.Random(1)
    asked = [typed for typed, _ in MENDED] + ALONE + [changed(target, draw) for target in table()["targets"] * 20]
    page.goto(f"{stage.gateway}/healthz")
    page.add_script_tag(url=f"{stage.gateway}/typos.js")
    said = page.evaluate("domains => domains.map(sarnakhTypos.suggest)", asked)
    assert [(domain, one) for domain, one in zip(asked, said, strict=True) if one != suggest(domain)] == []
    assert sum(one is not None for one in said) > 500
    told = page.evaluate("addresses => addresses.map(sarnakhTypos.meant)", [typed for typed, _ in ADDRESSES])
    assert told == [meant for _, meant in ADDRESSES]


ADDRESSES = [
    ("sara@gmial.com", "sara@gmail.com"),
    ("Sara+X@gmailcom", "Sara+X@gmail.com"),
    ("a@b@yahoo.con", "a@b@yahoo.com"),
    ("سشقش@لئشهم.زخئ", "sara@gmail.com"),
    ("سشقش@xn--lgb2a8bgj.xn--lgbpl", "sara@gmail.com"),  # as Chromium hands it out
    ("sara@acme.ir", None),
    ("gmial.com", None),
    ("@gmial.com", None),
]


@pytest.mark.parametrize(
    "lang, words", [("fa", "منظورتان sara@gmail.com بود؟"), ("en", "Did you mean sara@gmail.com?")]
)
@pytest.mark.parametrize("place", ["hosted", "embed"])
def test_a_button_under_the_field_mends_the_address(
    lang: str, words: str, place: str, stage: Stage, page: Page
) -> None:
    stage.publish(side.GUIDE)
    embedding = stage.landing + {"fa": "", "en": "/en"}[lang]
    page.goto(f"{stage.gateway}/f/guide?lang={lang}" if place == "hosted" else embedding)
    email, button = page.locator("[name=email]"), page.locator(".lf-hint button")
    email.click()
    expect(page.locator(".lf-hint[aria-live=polite]")).to_be_attached()
    before = page.locator(".lf-send").bounding_box()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or request.url))
    email.fill("sara@gmial.com")
    email.press("Tab")
    expect(button).to_have_text(words)
    assert page.locator(".lf-send").bounding_box() == before
    assert [one for one in sent if "gmial" in one] == []
    button.focus()
    button.press("Enter")
    expect(email).to_have_value("sara@gmail.com")
    expect(email).to_be_focused()
    expect(button).to_have_count(0)
    email.fill("sara@acme.ir")
    email.press("Tab")
    expect(button).to_have_count(0)


def test_an_address_that_is_left_as_it_is_may_be_sent(stage: Stage, page: Page) -> None:
    stage.publish(side.GUIDE)
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    page.locator("[name=email]").fill("sara@gmial.com")
    page.locator("[name=consent_store]").check()
    expect(page.locator(".lf-hint button")).to_be_visible()
    page.locator(".lf-send").click()
    expect(page.locator(".lf-thanks")).to_be_visible()
    assert stage.rows()[0].answers["email"] == "sara@gmial.com"


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_on_a_phone_a_long_address_is_told_by_its_end(lang: str, stage: Stage, page: Page) -> None:
    stage.publish(side.GUIDE)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{stage.gateway}/f/guide?lang={lang}")
    email, hint = page.locator("[name=email]"), page.locator(".lf-hint")
    email.fill("sara.mohammadzadeh.tehrani@gmial.com")
    email.press("Tab")
    expect(hint.locator("bdi")).to_have_text("…@gmail.com")
    assert hint.evaluate("line => line.scrollWidth <= line.clientWidth")
    hint.locator("button").click()
    expect(email).to_have_value("sara.mohammadzadeh.tehrani@gmail.com")
