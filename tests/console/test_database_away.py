"""A database that does not answer, or a deadlock: said in words, with what was typed kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.support.console_side import PASSWORD, World, token_in
from tests.support.visitor_side import GUIDE

SAYS = {"fa": "پایگاه داده جواب نمی‌دهد", "en": "The database does not answer"}


@contextmanager
def away(world: World, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> Iterator[None]:
    """`name`: `read` is away from the first question on, `write` gives way to another transaction (a deadlock)."""

    @contextmanager
    def broken() -> Iterator[Connection]:
        raise error
        yield

    with monkeypatch.context() as patched:
        patched.setattr(world.parts.db, name, broken)
        yield


@pytest.mark.parametrize("lang", ["fa", "en"])
@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, Exception("no server")), PoolTimeout("full")])
@pytest.mark.parametrize("who, path", [("admin", "/console/leads?q=sara"), (None, "/console/link/abc")])
def test_a_database_that_is_away_is_said_in_the_readers_language(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, who: str | None, path: str, error: Exception, lang: str
) -> None:
    client = world.client(app, who)
    with away(world, monkeypatch, "read", error), away(world, monkeypatch, "write", error):
        reply = client.get(path, headers={"Accept-Language": lang})
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert reply.headers["Cache-Control"] == "no-store"
    assert SAYS[lang] in reply.text
    assert f'href="{path}"' in reply.text
    assert "no server" not in reply.text


def test_what_was_typed_is_kept_and_can_be_sent_again(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client(app, "admin")
    token = token_in(client.get("/console/forms/guide").text)
    typed = {
        "csrf_token": token,
        "_site": world.shop.id,
        "draft": "# <b>&\r\n" + GUIDE.replace("\n", "\r\n"),
        "then": "save",
    }
    with away(world, monkeypatch, "write", OperationalError("UPDATE", {}, Exception("deadlock detected"))):
        reply = client.post("/console/forms/guide", data=typed)
    assert reply.status_code == 503
    assert 'action="/console/forms/guide"' in reply.text
    kept = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', reply.text, re.DOTALL)
    assert {name: unescape(value) for name, value in kept} == typed


def test_a_password_does_not_stand_on_the_page(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, error = app.test_client(), OperationalError("SELECT", {}, Exception("gone"))
    token = token_in(client.get("/console/sign-in").text)
    typed = {"csrf_token": token, "email": "admin@shop.example", "password": PASSWORD}
    with away(world, monkeypatch, "read", error), away(world, monkeypatch, "write", error):
        reply = client.post("/console/sign-in", data=typed)
    assert reply.status_code == 503
    assert PASSWORD not in reply.text and "admin@shop.example" not in reply.text
    assert 'href="/console/sign-in"' in reply.text
