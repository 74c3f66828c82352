"""docs/strangers.md names every public address, and tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "strangers.md").read_text("utf-8")


def test_every_public_address_stands_there(app: Flask) -> None:
    ours = (rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(("public.", "inbound.")))
    routes = {rule.rule for rule in ours if not rule.endpoint.endswith(("nothing_here", "wrong_method"))}
    listed = {address.removeprefix("POST ") for address in re.findall(r"`((?:POST )?/[^`]+)`", PAGE)}
    assert routes == listed


def test_every_test_that_it_names_is_there() -> None:
    there = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        there |= set(re.findall(r"def (test_\w+)", path.read_text("utf-8")))
    assert set(re.findall(r"`(test_\w+)`", PAGE)) - there == set()
