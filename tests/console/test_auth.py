"""Signing in and out, one-time links, forgotten passwords, sessions."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from gateway.store import users
from gateway.store.tables import mails, one_time_links
from gateway.web.console.pages import safe_next
from tests.support.clock import SettableClock
from tests.support.console_side import PASSWORD, World, post, token_in


def sign_in(client, email: str, password: str, path: str = "/console/sign-in"):
    return client.post(path, data={"csrf_token": token_in(client.get(path).text), "email": email, "password": password})


def test_the_right_password_lets_in(app: Flask, world: World) -> None:
    client = app.test_client()
    response = sign_in(client, " Admin@Shop.example ", PASSWORD)
    assert (response.status_code, response.location) == (303, "/console")
    assert client.get("/console").status_code == 200


@pytest.mark.parametrize(
    "email, password", [("admin@shop.example", "wrong"), ("nobody@shop.example", PASSWORD), ("", "")]
)
def test_the_wrong_one_does_not_and_says_the_same(app: Flask, world: World, email: str, password: str) -> None:
    client = app.test_client()
    response = sign_in(client, email, password)
    assert response.status_code == 422
    assert "ایمیل یا گذرواژه درست نیست" in response.text
    assert client.get("/console").status_code == 303


def test_the_session_cookie_is_for_the_console_alone(app: Flask, world: World) -> None:
    cookie = sign_in(app.test_client(), "admin@shop.example", PASSWORD).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/console"} <= set(cookie.split("; "))


def test_the_session_cookie_is_secure_on_https(make_config, sqlite_url: str, clock: SettableClock) -> None:
    from gateway import create_app
    from gateway.parts import make_parts

    parts = make_parts(make_config(DATABASE_URL=sqlite_url, BASE_URL="https://leads.example"), clock)
    response = create_app(parts).test_client().get("/console/sign-in")
    assert "Secure" in response.headers["Set-Cookie"].split("; ")
    parts.db.close()


def test_guessing_is_slowed_down(app: Flask, world: World) -> None:
    client = app.test_client()
    statuses = [sign_in(client, "admin@shop.example", f"guess {n}").status_code for n in range(10)]
    assert statuses == [422] * 10
    response = client.get("/console/sign-in")
    refused = client.post(
        "/console/sign-in", data={"csrf_token": token_in(response.text), "email": "x", "password": "y"}
    )
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_signing_in_rightly_costs_no_try(app: Flask, world: World) -> None:
    for _ in range(15):
        assert sign_in(app.test_client(), "admin@shop.example", PASSWORD).status_code == 303


def test_a_disabled_user_stays_out(app: Flask, world: World, clock: SettableClock) -> None:
    client = world.client(app, "admin")
    with world.parts.db.write() as conn:
        users.change(conn, world.users["admin"].id, disabled_at=clock())
    assert client.get("/console").status_code == 303
    assert sign_in(app.test_client(), "admin@shop.example", PASSWORD).status_code == 422


def test_a_new_password_ends_other_sessions_and_keeps_this_one(app: Flask, world: World) -> None:
    here, elsewhere = world.client(app, "admin"), world.client(app, "admin")
    changed = {
        "name": "Admin",
        "current": PASSWORD,
        "password": "another long password",
        "again": "another long password",
    }
    assert post(here, "/console/account", changed).status_code == 303
    assert here.get("/console").status_code == 200
    assert elsewhere.get("/console").status_code == 303


def test_a_new_password_needs_the_present_one(app: Flask, world: World) -> None:
    changed = {
        "name": "Admin",
        "current": "wrong",
        "password": "another long password",
        "again": "another long password",
    }
    client = world.client(app, "admin")
    assert post(client, "/console/account", changed).status_code == 422
    assert sign_in(app.test_client(), "admin@shop.example", PASSWORD).status_code == 303


def test_signing_out_ends_the_session(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    assert post(client, "/console/sign-out").status_code == 303
    assert client.get("/console").status_code == 303


# --- one-time links -------------------------------------------------------------------------------------------------


def link(world: World, purpose: users.Purpose, who: str = "admin") -> str:
    with world.parts.db.write() as conn:
        return "/console/link/" + users.make_link(conn, world.users[who].id, purpose, world.parts.clock())


def test_opening_a_link_signs_nobody_in(app: Flask, world: World) -> None:
    """Mail scanners open every link."""
    path, scanner = link(world, "sign_in"), app.test_client()
    assert scanner.get(path).status_code == scanner.head(path).status_code == 200
    assert scanner.get("/console").status_code == 303
    client = app.test_client()
    page = client.get(path).text
    assert client.post(path, data={"csrf_token": token_in(page)}).status_code == 303
    assert client.get("/console").status_code == 200


def test_a_link_speaks_the_language_of_whom_it_was_made_for(app: Flask, world: World) -> None:
    english = {"Accept-Language": "en"}
    assert '<html lang="fa"' in app.test_client().get(link(world, "reset"), headers=english).text
    assert '<html lang="en"' in app.test_client().get(link(world, "reset", "stranger")).text


def test_signing_out_keeps_the_language(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    page = post(client, "/console/sign-out", headers={"Accept-Language": "en"}, follow_redirects=True)
    assert '<html lang="fa"' in page.text


def test_a_link_works_once(app: Flask, world: World) -> None:
    path = link(world, "sign_in")
    first, second = app.test_client(), app.test_client()
    pages = [first.get(path).text, second.get(path).text]
    assert first.post(path, data={"csrf_token": token_in(pages[0])}).status_code == 303
    assert second.post(path, data={"csrf_token": token_in(pages[1])}).status_code == 410
    assert second.get("/console").status_code == 303


def test_a_link_ends(app: Flask, world: World, clock: SettableClock) -> None:
    path = link(world, "sign_in")
    clock.advance(hours=25)
    assert app.test_client().get(path).status_code == 410


def test_an_invitation_asks_for_a_password(app: Flask, world: World) -> None:
    path, client = link(world, "invite"), app.test_client()
    token = token_in(client.get(path).text)
    short = client.post(path, data={"csrf_token": token, "password": "short", "again": "short"})
    assert short.status_code == 422
    assert "دست‌کم ۱۰ نویسه" in short.text
    good = {"csrf_token": token, "password": "a long new password", "again": "a long new password"}
    assert client.post(path, data=good).status_code == 303
    assert sign_in(app.test_client(), "admin@shop.example", "a long new password").status_code == 303


def test_what_the_database_keeps_opens_nothing(app: Flask, world: World) -> None:
    token = link(world, "reset").rsplit("/", 1)[1]
    with world.parts.db.read() as conn:
        kept = conn.execute(select(one_time_links.c.token_hash)).scalars().all()
    assert token not in kept
    assert app.test_client().get(f"/console/link/{kept[0]}").status_code == 410


# --- forgotten ------------------------------------------------------------------------------------------------------


def test_the_answer_never_tells_whether_the_address_exists(app: Flask, world: World) -> None:
    def ask(email: str) -> str:
        client = app.test_client()
        page = client.get("/console/forgot").text
        response = client.post("/console/forgot", data={"csrf_token": token_in(page), "email": email})
        assert response.status_code == 200
        return re.sub(r'name="csrf_token" value="[^"]*"', "", response.text)

    assert ask("admin@shop.example") == ask("nobody@shop.example")
    with world.parts.db.read() as conn:
        row = conn.execute(select(mails)).one()
    assert (row.recipient, row.template, row.lang) == ("admin@shop.example", "password_reset", "fa")
    path = row.params["link"].removeprefix(world.parts.config.base_url)
    assert app.test_client().get(path).status_code == 200


def test_a_newer_reset_replaces_the_older(app: Flask, world: World) -> None:
    older, newer = link(world, "reset"), link(world, "reset")
    assert app.test_client().get(older).status_code == 410
    assert app.test_client().get(newer).status_code == 200


# --- where to go after ----------------------------------------------------------------------------------------------

EVIL = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/console\\..\\x",
    "http:/console", "/consolevil", "/other", "/console/\r\nSet-Cookie: a=b", "javascript:alert(1)", "///console/x",
    "", "console", " /console",
]  # fmt: skip


@pytest.mark.parametrize("target", EVIL)
def test_a_crafted_next_leads_home(target: str) -> None:
    assert safe_next(target, "/console") == "/console"


@pytest.mark.parametrize("target", ["/console", "/console/leads?q=سارا&cell=A1", "/console/leads/lead_1?back=/console"])
def test_a_next_of_ours_is_kept(target: str) -> None:
    assert safe_next(target, "/console/other") == target


def test_signing_in_goes_on_where_it_was_asked_for(app: Flask, world: World) -> None:
    client = app.test_client()
    target = client.get("/console/leads?cell=A1").location
    assert sign_in(client, "viewer@shop.example", PASSWORD, target).location == "/console/leads?cell=A1"
    assert sign_in(
        app.test_client(), "viewer@shop.example", PASSWORD, "/console/sign-in?next=//evil.example"
    ).location == ("/console")


def test_htmx_is_sent_to_sign_in_as_a_whole_page(app: Flask, world: World) -> None:
    response = app.test_client().post("/console/forms/guide/preview", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"].startswith("/console/sign-in")


@pytest.mark.parametrize("lang, word", [("en", "Overview"), ("fa", "نمای کلی")])
def test_the_language_is_the_users(app: Flask, world: World, lang: str, word: str) -> None:
    client = world.client(app, "viewer")
    assert post(client, "/console/language", {"lang": lang, "next": "/console"}).location == "/console"
    assert f'<html lang="{lang}"' in client.get("/console").text
    assert word in client.get("/console").text
