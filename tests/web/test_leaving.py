"""What a page tells when somebody turns away from its form: a claim, held to tickets, ids and consent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from gateway.parts import Parts
from gateway.store.tables import unsent
from gateway.web import serving, visitor_ids
from tests.support import visitor_side as side
from tests.support.clock import SettableClock


def rows(parts: Parts) -> list[Any]:
    with parts.db.read() as conn:
        return list(conn.execute(select(unsent)))


def tell(client: FlaskClient, spec: dict[str, Any], **body: Any) -> int:
    """As static/watch.js tells it by sendBeacon."""
    told = {"_ticket": spec["ticket"], "_visitor": spec["visitor"], **body}
    reply = client.post(
        "/f/guide/left", data=json.dumps(told), content_type="text/plain;charset=UTF-8", headers={"Origin": side.ORIGIN}
    )
    assert not reply.data or reply.status_code != 204
    return reply.status_code


@pytest.mark.parametrize(
    ("field", "kept"), [("company", "company"), ("consent_store", "consent_store"), ("", None), ("shoe_size", None),
                        (["company"], None), (7, None), ("_ticket", None)],
)  # fmt: skip
def test_r22_only_questions_that_stood_there_are_kept(client: FlaskClient, parts: Parts, field: object, kept: str):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    assert tell(client, spec, field=field) == 204
    (row,) = rows(parts)
    assert (row.field, row.form_version) == (kept, 1)
    assert set(row.asked) >= {"email", "first_name", "company", "consent_store"}
    assert row.visitor_id == spec["visitor"].partition(".")[0]


def test_what_the_page_did_not_show_was_not_asked(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    tell(client, side.spec(client, "guide"), field="email", asked=["email", "homepage_url", 7, {}])
    assert rows(parts)[0].asked == ["email"]


@pytest.mark.parametrize(
    "body",
    [{"_ticket": None}, {"_ticket": "forged"}, {"_ticket": 7}, {"_visitor": None}, {"_visitor": "a"}, {"_visitor": []}],
)  # fmt: skip
def test_r22_without_our_ticket_and_our_id_nothing_counts(client: FlaskClient, parts: Parts, body: dict[str, Any]):
    side.publish(parts, side.GUIDE)
    assert tell(client, side.spec(client, "guide"), field="email", **body) == 204
    assert rows(parts) == []


def test_r10_another_forms_ticket_tells_nothing_of_this_one(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE, side.CONTACT)
    assert tell(client, side.spec(client, "contact"), field="email") == 204
    assert rows(parts) == []


def test_a_form_that_stood_open_for_long_still_counts(client: FlaskClient, parts: Parts, clock: SettableClock):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    clock.advance(hours=3)
    tell(client, spec, field="email")
    assert rows(parts)[0].at == clock()


@pytest.mark.parametrize(("cookies", "settings"), [("ask", {}), ("free", {"kiosk": True})])
def test_r27_without_consent_or_on_a_shared_device_nobody_is_seen(
    client: FlaskClient, parts: Parts, cookies: str, settings: dict[str, Any]
):
    site = side.publish(parts, side.GUIDE, cookies=cookies, settings=settings)
    spec = side.spec(client, "guide")
    assert spec["visitor"] is None
    tell(client, spec, field="email")
    assert rows(parts) == []
    assert site.cookies == cookies


def test_r38_a_marketers_own_test_is_not_counted(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    note = serving.test_token(parts.config.secret_key, "guide", parts.clock())
    tell(client, side.spec(client, "guide", test=note), field="email")
    assert rows(parts) == []


def test_who_comes_back_takes_it_back(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide")
    tell(client, spec, field="email")
    tell(client, spec, back=True)
    assert rows(parts) == []


def test_the_hosted_page_is_known_by_its_cookie(client: FlaskClient, parts: Parts):
    site = side.publish(parts, side.GUIDE)
    page = client.get("/f/guide").text
    tell(client, {"ticket": side.ticket_in(page), "visitor": ""}, field="email")
    cookie = client.get_cookie(f"sarnakh_v_{site.key}")
    assert cookie is not None
    (row,) = rows(parts)
    assert row.visitor_id == visitor_ids.read(parts.config.secret_key, site.key, cookie.value)


def test_r12_a_foreign_page_is_refused_and_odd_bodies_are_told(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    assert client.post("/f/guide/left", data="{}", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/f/none/left", data="{}").status_code == 404
    assert client.post("/f/guide/left", data="[").status_code == 400
    assert client.post("/f/guide/left", data="").status_code == 204


def test_r22_a_flood_from_one_address_cannot_fill_the_report(client: FlaskClient, parts: Parts, clock: SettableClock):
    side.publish(parts, side.GUIDE)
    stati = [tell(client, side.spec(client, "guide"), field="email") for _ in range(65)]
    assert stati == [204] * 60 + [429] * 5
    assert len(rows(parts)) == 60
    assert {row.day for row in rows(parts)} == {clock().replace(hour=0, minute=0, second=0, microsecond=0)}
    assert clock() - rows(parts)[0].at < timedelta(minutes=1)
