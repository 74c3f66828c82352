"""patchright as its page recommends: headed, a persistent profile, no viewport of its own; a person's pace."""

import tempfile

from patchright.sync_api import sync_playwright

from bench.verification.clients.browser_page import CHROMIUM, FLAGS
from bench.verification.clients.playwright_form import fill_as_a_person
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    with tempfile.TemporaryDirectory(dir=target.scratch) as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=False, no_viewport=True, args=FLAGS
        )
        remark = fill_as_a_person(context.pages[0], target)
        context.close()
    return remark


if __name__ == "__main__":
    run(visit)
