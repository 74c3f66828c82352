"""Playwright with moves in steps, key by key and pauses; headless with an ordinary user agent and window."""

from playwright.sync_api import sync_playwright

from bench.verification.clients.browser_page import CHROMIUM, FLAGS
from bench.verification.clients.plain_form import CHROME
from bench.verification.clients.playwright_form import fill_as_a_person
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            user_agent=CHROME, viewport={"width": 1366, "height": 768}, locale="en-US", timezone_id="Europe/Berlin"
        )
        remark = fill_as_a_person(context.new_page(), target)
        browser.close()
    return remark


if __name__ == "__main__":
    run(visit)
