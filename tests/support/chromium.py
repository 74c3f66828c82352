"""Where the browser is, and the flags it needs in a test."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # a test talks to this machine only
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Not held as a driven browser by the forms it fills in; tests of those checks take the flags off.
    "--disable-blink-features=AutomationControlled",
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
]


def path() -> str:
    found = next((place for name in NAMES if (place := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("Chromium is missing: run `make test`, or as root apt-get install chromium")
    return found


def flags() -> list[str]:
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS  # its sandbox refuses root
