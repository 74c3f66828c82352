"""What comes back, in the console: keys shown once, what was heard, and whom to forget."""

from __future__ import annotations

import json
import re

from flask import Flask

from gateway import reported
from gateway.store import inbound
from gateway.store.inbound import Place
from tests.support.console_side import World, post, read

PAGE = "/console/destinations/{}/inbound"


def page_of(world: World) -> str:
    return PAGE.format(world.destination)


def send(app: Flask, world: World, bearer: str, body: object) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    with app.test_client().post(f"/in/{world.destination}", data=json.dumps(body), headers=headers) as reply:
        reply.get_data()
    return reply.status_code


def make(app: Flask, world: World, way: str = "bearer") -> str:
    answer = post(world.client(app, "admin"), f"{page_of(world)}/key", {"way": way})
    found = re.search(r'<code id="key">([^<]+)</code>', answer.text)
    assert found, answer.text
    return found[1]


def test_a_key_is_made_shown_once_rotated_and_stopped(app: Flask, world: World) -> None:
    assert "هنوز ندارد" in read(app, world, page_of(world))
    assert f"/in/{world.destination}" in read(app, world, page_of(world), "viewer")
    first = make(app, world)
    assert first.startswith("shin_") and make(app, world, "signature").startswith("whsec_")
    assert first not in read(app, world, page_of(world))
    second = make(app, world)
    page = read(app, world, page_of(world))
    assert "پایانِ اعتبار پیشین" in page
    told = {"outcome": "won", "lead": world.lead, "id": "1"}
    assert [send(app, world, one, told) for one in (first, second)] == [200, 200]
    stopped = post(world.client(app, "admin"), f"{page_of(world)}/key", {"way": "bearer", "stop": "1"})
    assert stopped.status_code == 303
    assert [send(app, world, one, told) for one in (first, second)] == [401, 401]


def test_what_was_heard_is_shown_and_why_it_was_refused(app: Flask, world: World) -> None:
    bearer = make(app, world)
    send(app, world, bearer, {"outcome": "won", "lead": world.lead})
    send(app, world, bearer, {"outcome": "lost", "email": "nobody@example.ir"})
    send(app, world, bearer, {"outcome": "great", "lead": world.lead})
    send(app, world, bearer + "x", {})
    page = read(app, world, page_of(world))
    for words in ("فروش انجام شد", "دربارهٔ کسی که نمی‌شناسیم", "مطابق مستندات نیست", "از آنِ این مقصد نیست"):
        assert words in page, words
    assert "nobody@example.ir" not in page


def test_r35_a_strangers_console_has_no_such_page(app: Flask, world: World) -> None:
    client = world.client(app, "stranger")
    assert client.get(page_of(world)).status_code == 404
    assert post(client, f"{page_of(world)}/key", {"way": "bearer"}).status_code == 404
    assert post(world.client(app, "admin"), f"{page_of(world)}/key", {"way": "door"}).status_code == 400


def asked(world: World) -> str:
    with world.parts.db.write() as conn:
        by, now = world.destination, world.parts.clock()
        return reported.ask_erasure(conn, world.shop, [world.lead], by=by, now=now)[0]


def test_who_is_to_be_forgotten_waits_until_somebody_erases_them(app: Flask, world: World) -> None:
    assert "کسی در انتظار" in read(app, world, "/console/erasures")
    asked(world)
    page = read(app, world, "/console/erasures")
    assert "سارا" in page and "CRM" in page and f"/console/leads/{world.lead}/erase" in page
    post(world.client(app, "admin"), f"/console/leads/{world.lead}/erase")
    page = read(app, world, "/console/erasures")
    assert "سارا" not in page and "پاک شد" in page and "کسی در انتظار" in page


def test_a_request_is_set_aside_once(app: Flask, world: World) -> None:
    path = f"/console/erasures/{asked(world)}/aside"
    client = world.client(app, "admin")
    assert [post(client, path).status_code for _ in range(2)] == [303, 404]
    assert "کنار گذاشته شد" in read(app, world, "/console/erasures")
    assert asked(world) not in path  # who asks again begins a new one


def test_keys_of_a_removed_destination_are_gone(app: Flask, world: World) -> None:
    bearer = make(app, world)
    post(world.client(app, "admin"), f"/console/destinations/{world.destination}/remove")
    assert send(app, world, bearer, {"outcome": "won", "lead": world.lead}) == 401
    with world.parts.db.read() as conn:
        key, now = world.parts.config.secret_key, world.parts.clock()
        assert inbound.keys(conn, key, Place(world.shop.id, world.destination).destination_id, now) == []
        assert conn.exec_driver_sql("SELECT count(*) FROM inbound_keys").scalar_one() == 0
