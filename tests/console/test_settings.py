"""Settings, people, tokens and further sites."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from gateway import renewing
from gateway.store import api_tokens, list_versions, sites, users
from gateway.store.tables import audit, mails
from gateway.words import say
from tests.support.console_side import World, post, read
from verification.lists import disposable_source

SETTINGS = {
    "name": "فروشگاه تازه", "origins": "https://www.shop.example\nhttp://LOCALHOST:8080/", "timezone": "Europe/Berlin",
    "lang": "en", "cookies": "ask", "notify": "sara@shop.example", "events": "play_video",
    "pages": "/prices content_view bottom\n/blog/* content_view top\n/pay payment_view", "views": "1",
}  # fmt: skip


def test_settings_are_kept_and_shown_again(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert post(client, "/console/settings", SETTINGS).status_code == 303
    with world.parts.db.read() as conn:
        site = sites.get(conn, world.shop.id)
    assert site.origins == ("https://www.shop.example", "http://localhost:8080")
    assert (site.name, site.timezone, site.lang, site.cookies) == ("فروشگاه تازه", "Europe/Berlin", "en", "ask")
    assert site.settings["pages"] == [
        {"path": "/prices", "type": "content_view", "level": "bottom"},
        {"path": "/blog/*", "type": "content_view", "level": "top"},
        {"path": "/pay", "type": "payment_view"},
    ]
    assert site.settings["notify"] == ["sara@shop.example"]
    assert "/prices content_view bottom" in read(app, world, "/console/settings")


def test_a_sites_own_domains_are_kept_and_judged_by(app: Flask, world: World) -> None:
    own = {"deny_domains": "Spam.example\n@نمونه.ایران", "allow_domains": "mailinator.com"}
    assert post(world.client(app, "marketer"), "/console/settings", {**SETTINGS, **own}).status_code == 303
    with world.parts.db.read() as conn:
        settings = sites.get(conn, world.shop.id).settings
    assert settings["deny_domains"] == ["spam.example", "xn--hhbbbed.xn--mgba3a4f16a"]
    deny, allow = settings["deny_domains"], settings["allow_domains"]
    assert disposable_source("a.spam.example", allow=allow, deny=deny) == "site deny list"
    assert disposable_source("mailinator.com", allow=allow, deny=deny) is None
    assert "spam.example" in read(app, world, "/console/settings")


def test_old_lists_are_told_with_the_command_until_they_are_renewed(app: Flask, world: World) -> None:
    pages = ("/console/", "/console/settings")
    assert all("sarnakh lists update" in read(app, world, page) for page in pages)
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        for packaged in renewing.LISTS:
            version = packaged.installed_version()
            new = list_versions.ListVersion(packaged.package, version, "0" * 64, "https://pypi.org/x.whl", now, now)
            list_versions.keep(conn, new, ["a.example"])
    assert not any("sarnakh lists update" in read(app, world, page) for page in pages)


def test_settings_that_the_page_does_not_show_stay(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        sites.change(conn, world.shop.id, {"settings": {"kiosk": True}})
    post(world.client(app, "marketer"), "/console/settings", SETTINGS)
    with world.parts.db.read() as conn:
        assert sites.get(conn, world.shop.id).settings["kiosk"] is True


WRONG = [
    ("name", ""), ("origins", "www.shop.example"), ("origins", "https://a.example/path"), ("origins", "https://["),
    ("timezone", "Mars/Base"), ("cookies", "no"), ("lang", "de"),
    ("deny_domains", "no domain"), ("allow_domains", "com"), ("notify", "sara"), ("events", "Play Video"),
    ("pages", "prices"), ("pages", "/prices nonsense"), ("pages", "/a content_view bottom more"),
]  # fmt: skip


@pytest.mark.parametrize("name, value", WRONG)
def test_settings_that_cannot_be_are_refused(app: Flask, world: World, name: str, value: str) -> None:
    response = post(world.client(app, "marketer"), "/console/settings", {**SETTINGS, name: value})
    assert response.status_code == 422
    with world.parts.db.read() as conn:
        assert sites.get(conn, world.shop.id).name == "فروشگاه"


def test_the_line_that_is_wrong_is_named(app: Flask, world: World) -> None:
    wrong = {**SETTINGS, "deny_domains": "spam.example\nsara@spam.example\n"}
    page = post(world.client(app, "marketer"), "/console/settings", wrong).text
    assert f'{say("fa", "console.problem_line")} <bdi dir="ltr">sara@spam.example</bdi>' in page


def test_where_a_lead_came_from_is_said_in_words(app: Flask, world: World) -> None:
    page = read(app, world, f"/console/leads/{world.lead}")
    assert "<dt>منبع</dt><dd><bdi>telegram</bdi></dd>" in page
    assert "utm_source" not in page
    assert "علاقهٔ ۴: کم" in page


def test_time_zones_are_places_and_one_that_is_set_stays(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        sites.change(conn, world.shop.id, {"timezone": "Iran"})
    page = read(app, world, "/console/settings")
    assert "<option selected>Iran</option>" in page
    assert "<option>Asia/Tehran</option>" in page
    assert not any(f"<option>{odd}</option>" in page for odd in ("localtime", "Factory", "GB", "Etc/GMT+3"))


@pytest.fixture
def no_mail(app: Flask, world: World) -> None:
    """Where no mail goes out, the page itself shows an invitation's link."""
    app.extensions["sarnakh"] = replace(world.parts, config=replace(world.parts.config, smtp_url=None))


@pytest.mark.usefixtures("no_mail")
def test_somebody_is_invited(app: Flask, world: World) -> None:
    response = post(
        world.client(app, "admin"), "/console/people", {"email": "new@shop.example", "name": "نو", "role": "viewer"}
    )
    link = re.search(r"http://[^<]*/console/link/[\w-]+", response.text)
    assert link
    assert app.test_client().get(link[0].removeprefix(world.parts.config.base_url)).status_code == 200
    assert "new@shop.example" in read(app, world, "/console/people")


def test_an_invitation_goes_by_mail_where_mail_goes_out(app: Flask, world: World) -> None:
    invited = {"email": "new@shop.example", "name": "نو", "role": "viewer"}
    page = post(world.client(app, "admin"), "/console/people", invited, follow_redirects=True).text
    assert "ایمیلی با پیوند در راه است" in page
    assert "/console/link/" not in page
    with world.parts.db.read() as conn:
        params = conn.execute(select(mails.c.params).where(mails.c.template == "invite")).scalar_one()
    assert app.test_client().get(params["link"].removeprefix(world.parts.config.base_url)).status_code == 200


@pytest.mark.usefixtures("no_mail")
def test_r35_an_invitation_opens_no_other_site(app: Flask, world: World) -> None:
    """Who is invited and has no password yet can be entered as by whoever holds the link."""
    invited = {"email": "new@shop.example", "role": "viewer"}
    first = re.search(r"/console/link/[\w-]+", post(world.client(app, "admin"), "/console/people", invited).text)
    assert first
    second = post(world.client(app, "stranger"), "/console/people", invited)
    assert "/console/link/" not in second.text
    assert app.test_client().get(first[0]).status_code == 410


@pytest.mark.parametrize("path", ["/console/", "/console/nothing", "/console/leads/x/y", "/console/review/x/release"])
def test_addresses_that_lead_nowhere_say_so(app: Flask, world: World, path: str) -> None:
    response = world.client(app, "admin").get(path)
    assert response.status_code == (200 if path == "/console/" else 404)
    assert '<html lang="fa"' in response.text


@pytest.mark.parametrize("email", ["", "no address", "a\nb@c.example"])
def test_an_invitation_needs_an_address(app: Flask, world: World, email: str) -> None:
    assert post(world.client(app, "admin"), "/console/people", {"email": email, "role": "viewer"}).status_code == 422


def test_a_role_changes_at_once(app: Flask, world: World) -> None:
    viewer = world.client(app, "viewer")
    path = f"/console/people/{world.users['viewer'].id}"
    post(world.client(app, "admin"), path, {"role": "marketer"})
    assert viewer.get("/console/settings").status_code == 200
    post(world.client(app, "admin"), path, {"role": "none"})
    assert viewer.get("/console").location == "/console/no-site"


@pytest.mark.parametrize("role", ["viewer", "none"])
def test_the_last_administrator_stays(app: Flask, world: World, role: str) -> None:
    admin = world.users["admin"].id
    post(world.client(app, "admin"), f"/console/people/{admin}", {"role": role})
    with world.parts.db.read() as conn:
        assert users.roles(conn, admin)[world.shop.id] == "admin"


def test_a_token_is_shown_once_and_ended(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    made = post(client, "/console/tokens", {"name": "CRM", "scope": ["leads:read", "nonsense"]}).text
    secret = re.search(r"srk_[\w-]+", made)
    assert secret
    assert secret[0] not in read(app, world, "/console/tokens")
    with world.parts.db.read() as conn:
        found = api_tokens.find(conn, secret[0])
    assert found is not None
    assert (found.site_id, found.scopes) == (world.shop.id, ("leads:read",))
    post(client, f"/console/tokens/{found.id}/revoke")
    with world.parts.db.read() as conn:
        assert api_tokens.find(conn, secret[0]) is None


def test_changes_are_written_down_with_who_made_them(app: Flask, world: World) -> None:
    post(world.client(app, "marketer"), "/console/settings", SETTINGS)
    with world.parts.db.read() as conn:
        row = conn.execute(select(audit).where(audit.c.action == "settings_changed")).one()
    assert row.user_id == world.users["marketer"].id


def test_r35_an_administrator_makes_a_further_site_and_is_at_it(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    fields = {"name": "فروشگاه", "site_key": "second", "origin": "https://shop.example/"}
    assert post(client, "/console/sites/new", {**fields, "site_key": "No Good"}).status_code == 422
    assert post(client, "/console/sites/new", {**fields, "origin": "shop"}).status_code == 422
    made = post(client, "/console/sites/new", fields, follow_redirects=True)
    assert made.status_code == 200 and "فروشگاه" in made.text
    assert post(client, "/console/sites/new", fields).status_code == 422  # the key is taken
