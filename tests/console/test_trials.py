"""Trials cost seconds: each person and each site has so much time a minute, and the rest of the console goes on."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest
from flask import Flask

from gateway.scoring.rulebook import shipped_text
from gateway.store import rulebooks
from gateway.web.console import trials
from tests.support.console_side import World, post

PAGES = ["/console/rules/try", "/console/forms/guide/policy"]
LATER = "دوباره امتحان کنید"


@pytest.fixture(autouse=True)
def _draft(world: World) -> None:
    with world.parts.db.write() as conn:
        rulebooks.drop_draft(conn, world.shop.id)
        rulebooks.save_draft(conn, world.shop.id, shipped_text(), world.parts.clock(), revision=0, by=None)


def each_takes(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """As if every trial took so long of the processor."""
    passing = (n * seconds for n in count())
    monkeypatch.setattr(trials, "time", SimpleNamespace(thread_time=lambda: next(passing)))


@pytest.mark.parametrize("page", PAGES)
def test_who_has_tried_much_is_told_when_to_come_again(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    each_takes(monkeypatch, 7)
    client = world.client(app, "marketer")
    assert [LATER in client.get(page).text for _ in range(3)] == [False, False, True]
    assert client.get("/console/rules").status_code == 200


def test_another_person_has_time_of_their_own_until_the_sites_is_up(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    each_takes(monkeypatch, 13)
    for role, later in [("marketer", False), ("marketer", True), ("admin", False), ("viewer", True)]:
        assert (LATER in world.client(app, role).get(PAGES[1]).text) is later, role


def test_many_pages_opened_together_are_too_many(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    statuses = [client.get(PAGES[0]).status_code for _ in range(7)]
    assert (statuses[0], statuses[-1]) == (200, 429)


def test_a_policy_is_saved_however_much_was_tried(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    each_takes(monkeypatch, 60)
    client = world.client(app, "marketer")
    client.get(PAGES[1])
    assert LATER in client.get(PAGES[1]).text
    assert post(client, PAGES[1], {"hold_at": "60", "then": "save", "run": "x"}).status_code == 303
