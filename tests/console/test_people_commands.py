"""`sarnakh users` and `sarnakh tokens`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from gateway.cli.people import tokens, users
from gateway.parts import Parts
from gateway.store import api_tokens, sites
from gateway.store import users as store
from tests.support.console_side import World, token_in


def run(parts: Parts, group: Any, *args: str) -> Result:
    return CliRunner().invoke(group, args, obj=lambda: parts)


def test_the_first_administrator_needs_no_demo(app: Flask, parts: Parts) -> None:
    result = run(parts, users, "add", "Sara@Example.ir", "--name", "سارا")
    assert result.exit_code == 0, result.output
    link = result.stdout.strip()
    client, path = app.test_client(), link.removeprefix(parts.config.base_url)
    token = token_in(client.get(path).text)
    client.post(path, data={"csrf_token": token, "password": "long enough now", "again": "long enough now"})
    assert client.get("/console/people").status_code == 200
    with parts.db.read() as conn:
        assert [site.key for site in sites.all_sites(conn)] == ["main"]


def test_a_person_who_is_there_gets_the_role(parts: Parts, world: World) -> None:
    assert run(parts, users, "add", "stranger@north.example", "--role", "viewer", "--site", "shop").exit_code == 0
    with parts.db.read() as conn:
        assert store.roles(conn, world.users["stranger"].id)[world.shop.id] == "viewer"


def test_a_new_link_is_printed_as_json(parts: Parts, world: World) -> None:
    found = json.loads(run(parts, users, "link", "admin@shop.example", "--json").stdout)
    assert found["email"] == "admin@shop.example"
    assert found["link"].startswith(f"{parts.config.base_url}/console/link/")


def test_people_are_listed_and_removed(parts: Parts, world: World) -> None:
    run(parts, users, "remove", "viewer@shop.example", "--site", "shop")
    rows = json.loads(run(parts, users, "list", "--site", "shop", "--json").stdout)
    assert {row["email"] for row in rows} == {"marketer@shop.example", "admin@shop.example"}


def test_a_token_stands_alone_on_standard_output(parts: Parts, world: World) -> None:
    result = run(parts, tokens, "create", "--scope", "leads:read", "--site", "shop")
    secret = result.stdout.removesuffix("\n")
    assert secret.startswith("srk_")
    assert not set(secret) & set(" \n")
    with parts.db.read() as conn:
        found = api_tokens.find(conn, secret)
    assert found is not None
    assert run(parts, tokens, "revoke", found.id, "--site", "shop").exit_code == 0
    with parts.db.read() as conn:
        assert api_tokens.find(conn, secret) is None


@pytest.mark.parametrize(
    "group, args",
    [
        (users, ("add", "no address", "--site", "shop")),
        (users, ("link", "nobody@shop.example")),
        (users, ("add", "a@b.example")),  # two sites: which one?
        (tokens, ("create", "--scope", "everything")),
        (tokens, ("revoke", "tok_none", "--site", "shop")),
    ],
)
def test_a_mistake_is_one_clear_line(parts: Parts, world: World, group: Any, args: tuple[str, ...]) -> None:
    result = run(parts, group, *args)
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize("group", [users, tokens])
def test_every_command_has_an_example(group: Any) -> None:
    for command in [group, *group.commands.values()]:
        assert "Example: sarnakh" in (command.help or "")
