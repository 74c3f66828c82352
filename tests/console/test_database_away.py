"""A database that does not answer, or a deadlock: said in words, with what was typed kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import InternalError, OperationalError
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
@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT", {}, Exception("no server")),
        InternalError("UPDATE", {}, Exception("no server")),
        PoolTimeout("full"),
    ],
)
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


ONCE = {
    "/console/tokens": {"name": "CRM", "scope": "leads:read"},
    "/console/destinations/new": {"kind": "webhook", "name": "CRM", "url": "https://crm.example/in"},
    "/console/people": {"email": "new@shop.example", "name": "New", "role": "viewer", "lang": "en"},
}


@pytest.mark.parametrize("path", ONCE)
def test_what_is_shown_once_is_shown_where_the_database_goes_after_it_was_made(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Else it would be lost, and whoever sends the form again as asked would have two."""
    app.extensions["sarnakh"] = replace(world.parts, config=replace(world.parts.config, smtp_url=None))
    client, db = world.client(app, "admin"), world.parts.db
    typed = {"csrf_token": token_in(client.get("/console/account").text), "_site": world.shop.id, **ONCE[path]}
    write, gone = db.write, OperationalError("SELECT", {}, Exception("gone"))

    @contextmanager
    def the_last() -> Iterator[Connection]:
        with write() as conn:
            yield conn
        lost.enter_context(away(world, monkeypatch, "read", gone))

    with ExitStack() as lost:
        monkeypatch.setattr(db, "write", the_last)
        reply = client.post(path, data=typed)
    assert reply.status_code == 200
    assert re.search(r'<code id="(token|secret|link)">[^<]{20,}</code>', reply.text)


@pytest.mark.parametrize("field", ["password", "again", "current"])
def test_no_field_of_a_password_is_kept(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    client, error = world.client(app, "admin"), OperationalError("SELECT", {}, Exception("gone"))
    with away(world, monkeypatch, "read", error), away(world, monkeypatch, "write", error):
        reply = client.post("/console/account", data={"name": "N", field: PASSWORD})
    assert (reply.status_code, PASSWORD in reply.text) == (503, False)
