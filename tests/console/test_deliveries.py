"""The list of deliveries: found, chosen and sent again; how a destination fares."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway.store import deliveries_health, destinations
from gateway.store.tables import attempts, deliveries
from tests.support.console_side import World, post, read, send
from tests.support.plans import read_whole


@pytest.fixture
def parked(world: World) -> list[str]:
    """Four refused ones, the oldest first: 400 twice, 422 twice."""
    for number in range(3):
        send(world.parts, world.shop, "guide", {"email": f"p{number}@acme.example", "first_name": f"Person{number}"})
    with world.parts.db.write() as conn:
        ids = list(conn.execute(select(deliveries.c.id).order_by(deliveries.c.created_at, deliveries.c.id)).scalars())
        for place, name in enumerate(ids):
            reason = "http_400" if place < 2 else "http_422"
            values = {"status": "parked", "reason": reason, "finished_at": world.parts.clock()}
            conn.execute(update(deliveries).where(deliveries.c.id == name).values(**values))
    return ids


def statuses(world: World) -> dict[str, str]:
    with world.parts.db.read() as conn:
        return {row.id: row.status for row in conn.execute(select(deliveries))}


def test_refused_ones_are_found_by_lead_reason_and_day(app: Flask, world: World, parked: list[str]) -> None:
    def shown(query: str) -> int:
        return read(app, world, f"/console/deliveries?status=parked{query}").count('name="id"')

    assert shown("") == 4
    assert shown("&reason=http_422") == 2
    assert shown("&q=p1@acme.example") == 1
    assert shown("&q=nobody") == shown("&since=2099-01-01") == 0
    assert shown("&since=2026-11-22&until=2026-11-22") == 4
    assert shown("&since=nonsense") == 4
    assert world.client(app, "viewer").get("/console/deliveries?status=nonsense").status_code == 404


def test_a_box_says_whose_delivery_it_ticks(app: Flask, world: World, parked: list[str]) -> None:
    said = re.findall(r'name="id"[^>]*aria-label="([^"]*)"', read(app, world, "/console/deliveries?status=parked"))
    assert len(set(said)) == len(said) == 4


def test_the_ticked_ones_or_all_that_the_filter_finds_are_sent_again(
    app: Flask, world: World, parked: list[str]
) -> None:
    client = world.client(app, "marketer")
    ticked = {"which": "ticked", "id": [parked[0], "dlv_foreign"], "status": "parked"}
    answer = post(client, "/console/deliveries/resend", ticked, follow_redirects=True)
    assert [statuses(world)[name] for name in parked] == ["due", "parked", "parked", "parked"]
    assert "دوباره در راه است" in answer.text
    post(client, "/console/deliveries/resend", {"which": "all", "status": "parked", "reason": "http_422"})
    assert [statuses(world)[name] for name in parked] == ["due", "parked", "due", "due"]
    again = post(client, "/console/deliveries/resend", {"which": "ticked"}, follow_redirects=True)
    assert "چیزی دوباره فرستاده نشد" in again.text


@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_nobody_else_sends_again(app: Flask, world: World, parked: list[str], who: str) -> None:
    post(world.client(app, who), "/console/deliveries/resend", {"which": "all"})
    assert set(statuses(world).values()) == {"parked"}


def test_the_card_tells_how_a_destination_fares(app: Flask, world: World, parked: list[str]) -> None:
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        for number in range(100):
            row = {"delivery_id": parked[0], "destination_id": world.destination, "at": now - timedelta(minutes=number)}
            conn.execute(attempts.insert().values(**row, ms=float(number + 1), http_status=200))
        old = {
            "delivery_id": parked[0],
            "destination_id": world.destination,
            "at": now - timedelta(hours=25),
            "ms": 9e4,
        }
        conn.execute(attempts.insert().values(**old, http_status=200))
        bad = {**old, "at": now, "ms": 5.0, "error": "unresolved"}
        conn.execute(attempts.insert().values(**bad))
        destinations.change(conn, world.shop.id, world.destination, {"per_second": 2})
    with world.parts.db.read() as conn:
        health = deliveries_health.of_site(conn, world.shop.id, now)[world.destination]
    assert (health.sent, health.waiting, health.parked, health.p95) == (100, 0, 4, 95.0)
    assert (health.trouble, health.trouble_at) == ("unresolved", now)
    page = read(app, world, "/console/destinations")
    for words in ("۹۵ میلی‌ثانیه", "نام میزبان به جایی نمی‌رسد", "دست بالا ۲ تا در ثانیه", "۱۰۰"):
        assert words in page


def test_no_table_is_read_whole_for_it(world: World, parked: list[str]) -> None:
    with read_whole(world.parts.db, "attempts", "deliveries") as whole, world.parts.db.read() as conn:
        deliveries_health.of_site(conn, world.shop.id, world.parts.clock())
    assert whole == []


def test_whom_a_destination_could_not_be_told_to_forget_is_listed_until_staff_say_it_is_done(
    app: Flask, world: World
) -> None:
    left = {"status": "parked", "type": "lead.erased", "reason": "erase_untold:7e1c", "payload": ""}
    with world.parts.db.write() as conn:
        conn.execute(update(deliveries).where(deliveries.c.id == world.delivery).values(**left))
    client, path = world.client(app, "admin"), f"/console/deliveries/{world.delivery}"
    assert "۱ نفر اینجا پاک شده‌اند و هنوز باید در مقصد هم با دست پاک شوند" in client.get("/console/").text
    for page in ("/console/erasures", path):
        assert "7e1c" in client.get(page).text
        assert "آنجا پاکش کردم" in client.get(page).text
    assert post(world.client(app, "stranger"), f"{path}/done").status_code == 404
    assert post(client, f"{path}/done", {"next": "/console/erasures"}).location == "/console/erasures"
    assert "7e1c" not in client.get("/console/erasures").text
    assert "همکاران شما آنجا پاکش کرده‌اند" in client.get(path).text
    assert post(client, f"{path}/done").status_code == 404


def test_nothing_but_an_erasure_is_done_by_hand(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        conn.execute(update(deliveries).values(status="parked", reason="http_422"))
    path = f"/console/deliveries/{world.delivery}"
    client = world.client(app, "admin")
    assert "آنجا پاکش کردم" not in client.get(path).text
    assert post(client, f"{path}/done").status_code == 404
