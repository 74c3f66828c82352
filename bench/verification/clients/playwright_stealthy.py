"""playwright-stealth as its page recommends, with a person's pace."""

from playwright.sync_api import sync_playwright
from playwright_stealth import Stealth

from bench.verification.clients.browser_page import CHROMIUM, FLAGS
from bench.verification.clients.playwright_form import fill_as_a_person
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    with Stealth().use_sync(sync_playwright()) as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-US")
        remark = fill_as_a_person(context.new_page(), target)
        browser.close()
    return remark


if __name__ == "__main__":
    run(visit)
