"""`sarnakh why` by an e-mail address: whatever came with that mailbox, wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli.why import why
from tests.pipeline.conftest import World
from tests.support import intake

HELD = {"facts": {"honeypot": "x", "script": True, "fill_seconds": 30.0}}


def told(world: World, what: str) -> list[dict[str, Any]]:
    ran = CliRunner().invoke(why, [what, "--json"], obj=lambda: world.parts)
    if ran.exit_code:
        return []
    found = json.loads(ran.output)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("asked", ["sara.ahmadi@gmail.com", "SaraAhmadi+shop@googlemail.com"])
def test_why_finds_what_is_held_however_its_question_is_called_and_it_is_written(
    make_world: Callable[..., World], asked: str
) -> None:
    world = make_world(toml=intake.GUIDE.replace('name = "email"', 'name = "work_email"'))
    held = world.send({"work_email": "sara.ahmadi@gmail.com"}, email_domain="gmail.com", **HELD)
    world.send({"work_email": "reza@gmail.com"}, email_domain="gmail.com", **HELD)
    assert [[(one["id"], one["status"]) for one in found["submissions"]] for found in told(world, asked)] == [
        [(held.id, "held")]
    ]


def test_why_finds_a_marketers_own_test(world: World) -> None:
    sent = world.send({"email": "me@shop.example"}, test=True)
    assert [(found["lead"]["id"], found["lead"]["test"]) for found in told(world, "me@shop.example")] == [
        (sent.lead_id, True)
    ]
