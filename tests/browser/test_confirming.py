"""The link in a mail, opened in a real browser: by the one that sent the form, and by somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from forms import tickets
from gateway import pipeline
from gateway.confirming import LINK, Ways
from gateway.lookups import MailHosts
from gateway.store import confirmations, submissions
from gateway.store.tables import submissions as table
from tests.support import visitor_side as side
from tests.support.stage import Stage

pytestmark = pytest.mark.browser

ALWAYS = side.GUIDE + '\n[policy]\nconfirm = "always"\n'
BY_HAND = {"script": True, "fill_seconds": 30.0}  # a driven browser gives itself away, but not to this test
HOSTS = {"example.ir": MailHosts(hosts=("mx.example.ir",), exists=True)}


@pytest.fixture
def other_browser(browser: Browser) -> Iterator[BrowserContext]:
    fresh = browser.new_context(locale="en")
    yield fresh
    fresh.close()


def sent_and_asked(stage: Stage, page: Page, lang: str = "en") -> str:
    """A person sends the hosted form; the address that the mail brings."""
    stage.publish(ALWAYS)
    page.goto(f"{stage.gateway}/f/guide?lang={lang}")
    page.locator("[name=email]").fill("sara@example.ir")
    page.locator("[name=consent_store]").check()
    page.locator(".lf-send").click()
    expect(page.locator(".lf-thanks")).to_be_visible()
    secret = stage.parts.config.secret_key
    with stage.parts.db.write() as conn:
        [waiting] = submissions.due(conn, stage.clock(), 10)
        person = replace(waiting, facts=BY_HAND)
        pipeline.process(conn, person, HOSTS, stage.clock(), ways=Ways(secret, email=True))
        submissions.done(conn, waiting.id)
        [asked] = confirmations.of_submission(conn, waiting.id)
    return f"{stage.gateway}/confirm/{tickets.sign_token(secret, LINK, asked.id)}"


def status(stage: Stage) -> str:
    with stage.parts.db.read() as conn:
        return str(conn.execute(select(table.c.status)).scalar_one())


def test_the_browser_that_sent_the_form_confirms_without_a_click(stage: Stage, page: Page) -> None:
    link = sent_and_asked(stage, page)
    page.goto(link)
    expect(page.locator("h1")).to_have_text("Thank you, confirmed")
    assert status(stage) == "accepted"
    with stage.parts.db.read() as conn:
        [row] = confirmations.of_submission(conn, stage.rows()[0].id)
    assert row.visitor_id is not None  # confirmed in this browser


def test_another_browser_has_to_press(stage: Stage, page: Page, other_browser: BrowserContext) -> None:
    """So has a mail scanner that runs scripts: it does not press."""
    link = sent_and_asked(stage, page)
    elsewhere = other_browser.new_page()
    elsewhere.goto(link)
    expect(elsewhere.locator("h1")).to_have_text("Is this address yours?")
    elsewhere.wait_for_timeout(300)
    assert status(stage) == "held"
    elsewhere.get_by_role("button", name="Yes, it was me").click()
    expect(elsewhere.locator("h1")).to_have_text("Thank you, confirmed")
    assert status(stage) == "accepted"
    with stage.parts.db.read() as conn:
        [row] = confirmations.of_submission(conn, stage.rows()[0].id)
    assert row.visitor_id is None


def test_whoever_went_on_as_someone_else_has_to_press(stage: Stage, page: Page) -> None:
    link = sent_and_asked(stage, page)
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    page.get_by_role("button", name="I am someone else").click()
    expect(page.locator("[name=email]")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("button", name="Yes, it was me")).to_be_visible()
    page.wait_for_timeout(300)
    assert status(stage) == "held"


def test_it_needs_no_script(stage: Stage, page: Page, browser: Browser) -> None:
    link = sent_and_asked(stage, page, "fa")
    bare = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = bare.new_page()
    plain.goto(link)
    assert status(stage) == "held"
    plain.get_by_role("button", name="بله، من بودم").click()
    expect(plain.locator("h1")).to_have_text("سپاس، تأیید شد")
    assert status(stage) == "accepted"
    bare.close()
