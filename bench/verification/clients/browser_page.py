"""Where things are in our form, for the clients that drive a browser. Words that a spammer reads off the page."""

from __future__ import annotations

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-dev-shm-usage",
    "--lang=en-US",
]
CONSENT = "input[name=consent_contact]"
SEND = "button.lf-send"
THANKS = ".lf-thanks"
FRAME = "iframe"


def question(name: str) -> str:
    """The selector of the field with this name."""
    return f"input[name={name}], textarea[name={name}]"
