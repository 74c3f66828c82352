"""A site's own address: set by administrators, used by the snippet, and no way to the console."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.store import sites
from tests.support.console_side import World, post, read

OWN = "https://forms.shop.example"


def save(app: Flask, world: World, address: str, who: str = "admin") -> tuple[int, str]:
    told = {
        "name": "Shop", "origins": "https://shop.example", "timezone": "Asia/Tehran", "lang": "fa", "cookies": "free",
        "own_address": address,
    }  # fmt: skip
    reply = post(world.client(app, who), "/console/settings", told)
    return reply.status_code, reply.get_data(as_text=True)


def kept(world: World) -> object:
    with world.parts.db.read() as conn:
        return sites.get(conn, world.shop.id).settings.get("own_address")


def test_an_administrator_sets_it_and_the_snippet_uses_it(app: Flask, world: World) -> None:
    assert "سافاری" in read(app, world, "/console/forms/guide")
    assert save(app, world, f" {OWN}/ ")[0] == 303
    assert kept(world) == OWN
    page = read(app, world, "/console/forms/guide")
    assert f'<script async src="{OWN}/embed.js"></script>' in page
    assert "نیمهٔ نخست IP" in page
    assert save(app, world, "")[0] == 303
    assert kept(world) == ""


def test_a_marketer_does_not_decide_what_answers_on_a_host(app: Flask, world: World) -> None:
    assert save(app, world, OWN, who="marketer")[0] == 303
    assert kept(world) is None
    save(app, world, OWN)
    assert save(app, world, "", who="marketer")[0] == 303
    assert kept(world) == OWN


@pytest.mark.parametrize(
    ("address", "words"),
    [("forms", "تنها پروتکل"), ("https://forms.other.example", "زیردامنهٔ"), ("http://forms.shop.example", "https://")],
)
def test_what_is_wrong_is_said(app: Flask, world: World, address: str, words: str) -> None:
    status, page = save(app, world, address)
    assert status == 422
    assert words in page.split('id="own_address-help"')[1].split("</div>")[0]


def test_r35_two_sites_cannot_have_one_address(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        sites.change(conn, world.other.id, {"settings": {"own_address": OWN}})
    status, page = save(app, world, OWN)
    assert status == 422
    assert "سایت دیگری این نشانی را دارد." in page


@pytest.mark.parametrize("path", ["/", "/console/sign-in", "/console", "/api/v1/openapi.json", "/healthz"])
def test_r35_a_sites_own_host_serves_no_console_and_no_api(app: Flask, world: World, path: str) -> None:
    save(app, world, OWN)
    client = world.client(app, "admin")
    assert client.get(path, base_url=OWN).status_code == 404
    assert client.get(path, follow_redirects=True).status_code == 200
    assert client.get("/f/guide", base_url=OWN).status_code == 200
