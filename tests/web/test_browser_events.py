"""POST /e: only what the site declared is kept, and only for a browser with an id."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from gateway.parts import Parts
from gateway.store import beacons, submissions
from gateway.store.tables import events, touches
from gateway.web import visitor_ids
from tests.support import visitor_side as side

DECLARED = {
    "views": True,
    "events": ["watched_video"],
    "pages": [
        {"path": "/prices", "type": "content_view", "name": "Prices"},
        {"path": "/blog/*", "type": "content_view", "level": "top"},
        {"path": "/pay", "type": "payment_view"},
        {"path": "/files/*", "type": "download", "level": "bottom"},
    ],
}
SHOP = "https://shop.example"


def event(**columns: Any) -> dict[str, Any]:
    return {"id": "0123456789abcdef", "type": "page_view", "name": "", "url": f"{SHOP}/", **columns}


def tell(client: FlaskClient, body: Any, *, origin: str = side.ORIGIN) -> Any:
    return client.post("/e", data=json.dumps(body), content_type="text/plain", headers={"Origin": origin})


def kept(parts: Parts) -> list[Any]:
    with parts.db.read() as conn:
        return list(conn.execute(select(events).order_by(events.c.id)))


def visitor(parts: Parts) -> str:
    return visitor_ids.signed(parts.config.secret_key, "shop", visitor_ids.fresh())


@pytest.mark.parametrize(
    ("told", "types"),
    [
        (event(), ["page_view"]),
        (event(url=f"{SHOP}/prices/?email=a@b.c"), ["page_view", "content_view"]),
        (event(url=f"{SHOP}/blog/one"), ["page_view", "content_view"]),
        (event(url=f"{SHOP}/pay"), ["page_view", "payment_view"]),
        (event(type="custom", name="watched_video"), ["custom"]),
        (event(type="click", name="watched_video"), ["click"]),
        (event(type="download", name="watched_video"), ["download"]),
        (event(url=f"{SHOP}/files/thanks"), ["page_view", "download"]),
        (event(type="download", name="everything", url=f"{SHOP}/files/all.pdf"), []),
        (event(type="custom", name="bought_everything"), []),
        (event(type="customer", name="watched_video"), []),
        (event(type="payment_view"), []),
        (event(id="short"), []),
        (event(id="sub_x:download"), []),
    ],
)
def test_r22_only_declared_events_are_kept(client: FlaskClient, parts: Parts, told: dict[str, Any], types: list[str]):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    assert tell(client, {"site": "shop", "visitor": visitor(parts), "events": [told]}).status_code == 204
    assert [row.type for row in kept(parts)] == types
    assert all("@" not in row.url for row in kept(parts))


@pytest.mark.parametrize("url, level", [(f"{SHOP}/files/prices.pdf", {"level": "bottom"}), (f"{SHOP}/blog/one", {})])
def test_r22_level_of_a_download_is_the_sites_not_the_browsers(
    client: FlaskClient, parts: Parts, url: str, level: dict[str, str]
):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    told = event(type="download", name="watched_video", url=url, params={"level": "bottom"})
    tell(client, {"site": "shop", "visitor": visitor(parts), "events": [told]})
    assert [row.params for row in kept(parts)] == [level]


def test_r22_site_that_declares_nothing_keeps_nothing(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    tell(client, {"site": "shop", "visitor": visitor(parts), "events": [event()]})
    assert kept(parts) == []


def test_r08_a_kiosks_events_are_nobodys_also_by_an_id_of_before(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, settings={**DECLARED, "kiosk": True})
    told = tell(client, {"site": "shop", "visitor": visitor(parts), "events": [event()]})
    assert (told.status_code, told.data, kept(parts)) == (204, b"", [])


def test_r22_event_counts_once_an_id(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    body = {"site": "shop", "visitor": visitor(parts), "events": [event(), event()]}
    tell(client, body)
    tell(client, body)
    assert len(kept(parts)) == 1


@pytest.mark.parametrize("at", ["2030-01-01T00:00:00Z", "1999-01-01T00:00:00Z", "yesterday", 7, None, "2026-11-22"])
def test_wrong_clock_of_a_phone_is_put_right(client: FlaskClient, parts: Parts, at: object):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    tell(client, {"site": "shop", "visitor": visitor(parts), "events": [event(at=at)]})
    assert kept(parts)[0].at == parts.clock()


def test_time_of_the_last_hours_is_believed(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    at = parts.clock() - timedelta(hours=3)
    tell(client, {"site": "shop", "visitor": visitor(parts), "events": [event(at=at.isoformat())]})
    assert kept(parts)[0].at == at


@pytest.mark.parametrize(
    ("cookies", "consent", "given"),
    [("free", None, True), ("ask", None, False), ("ask", True, True), ("free", False, False)],
)
def test_r27_browser_without_an_id_gets_one_where_the_site_lets_us(
    client: FlaskClient, parts: Parts, cookies: str, consent: bool | None, given: bool
):
    side.publish(parts, side.GUIDE, settings=DECLARED, cookies=cookies)
    reply = tell(client, {"site": "shop", "visitor": None, "consent": consent, "events": [event()]})
    assert (reply.status_code == 200) is given
    assert bool(kept(parts)) is given
    if given:
        assert visitor_ids.read(parts.config.secret_key, "shop", reply.json["visitor"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({}, 400),
        ({"site": 7}, 400),
        ({"site": "none"}, 404),
        ({"site": "\x00"}, 404),
        ({"site": "\ud800"}, 404),
        ({"site": "shop"}, 400),
        ({"site": "shop", "events": {}}, 400),
        ({"site": "shop", "events": [7]}, 400),
        ({"site": "shop", "events": [{}]}, 200),
        ({"site": "shop", "events": [event()] * 51}, 400),
        ({"site": "shop", "events": [{"id": "0123456789", "type": [], "name": {}, "url": 3, "at": []}]}, 200),
        ({"site": "shop", "events": [event(name="\ud800\x00", url="http://[")]}, 200),
    ],
)
def test_odd_beacons_get_a_clear_answer(client: FlaskClient, parts: Parts, body: Any, status: int):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    assert tell(client, body).status_code == status


def test_r12_foreign_page_is_told_why(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    reply = tell(
        client, {"site": "shop", "visitor": visitor(parts), "events": [event()]}, origin="https://evil.example"
    )
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (403, "https://evil.example")
    assert kept(parts) == []


def test_r28_a_page_view_tells_once_where_the_visit_came_from(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    came = event(url=f"{SHOP}/?utm_source=mail&email=a@b.c", referrer="https://search.example/?q=x")
    body = {"site": "shop", "visitor": visitor(parts), "events": [came]}
    for number in range(2):
        tell(client, {**body, "events": [{**came, "id": f"0123456789abcde{number}"}]})
    tell(client, {**body, "events": [event(id="9123456789abcdef")]})  # direct: leaves no touch
    with parts.db.read() as conn:
        rows = conn.execute(select(touches)).all()
    assert [row.params for row in rows] == [
        {"utm_source": "mail", "referrer": "search.example", "landing": "shop.example/"}
    ]


def test_beacons_of_many_share_commits_with_their_own_events_each(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, settings=DECLARED)
    who = [visitor(parts) for _ in range(12)]
    told = [event(id=f"0123456789abcd{number:02}", referrer="https://search.example/") for number in range(12)]
    commits: list[int] = []
    parts.db.after_group[beacons.keep_all] = lambda: commits.append(1)
    started = threading.Barrier(12)

    def send(number: int) -> None:
        started.wait(5)
        body = {"site": "shop", "visitor": who[number], "events": [told[number]]}
        assert tell(client.application.test_client(), body).status_code == 204

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(row.id, row.visitor_id) for row in kept(parts)} == {
        (f"b:{told[number]['id']}", visitor_ids.read(parts.config.secret_key, "shop", who[number]))
        for number in range(12)
    }
    assert 1 <= len(commits) <= 12
    with parts.db.read() as conn:
        assert len(conn.execute(select(touches)).all()) == 12


def test_an_event_rings_no_bell_for_submissions(client: FlaskClient, parts: Parts):
    rung: list[int] = []
    parts.db.after_group = {submissions.receive_all: lambda: rung.append(1)}
    side.publish(parts, side.GUIDE, settings=DECLARED)
    tell(client, {"site": "shop", "visitor": visitor(parts), "events": [event()]})
    assert (len(kept(parts)), rung) == (1, [])
