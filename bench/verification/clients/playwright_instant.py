"""Playwright as its first page of documentation shows it: fill, check, click."""

from playwright.sync_api import sync_playwright

from bench.verification.clients.browser_page import CHROMIUM, FLAGS
from bench.verification.clients.playwright_form import fill_at_once
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        remark = fill_at_once(browser.new_page(), target)
        browser.close()
    return remark


if __name__ == "__main__":
    run(visit)
