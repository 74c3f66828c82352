"""A site's own address: its forms alone answer there, and the gateway sets the visitor's cookie for its pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.parts import Parts
from gateway.store import forms, sites
from gateway.web import own_hosts, visitor_ids
from tests.support import visitor_side as side

PAGE, OWN, HOST = "https://www.shop.example", "https://forms.shop.example", "forms.shop.example"
COOKIE = "sarnakh_v_shop"


@pytest.fixture
def shop(parts: Parts) -> Any:
    return side.publish(parts, side.GUIDE, origins=[PAGE], settings={"own_address": OWN})


def spec(client: FlaskClient, host: str = HOST, origin: str | None = PAGE, **body: Any) -> Any:
    headers = {"Origin": origin} if origin else {}
    told = {"_visitor": [], "consent": None, **body}
    return client.post(
        "/f/guide/spec", json=told, content_type="text/plain", headers=headers, base_url=f"https://{host}"
    )


def cookies(reply: Any) -> list[str]:
    return [value for value in reply.headers.getlist("Set-Cookie") if value.startswith(COOKIE)]


def visitor(parts: Parts, text: str) -> str | None:
    return visitor_ids.read(parts.config.secret_key, "shop", text)


def test_r8_the_gateway_sets_the_cookie_for_the_sites_pages(client: FlaskClient, parts: Parts, shop: Any):
    reply = spec(client)
    (cookie,) = cookies(reply)
    wanted = ("HttpOnly", "Secure", "SameSite=Lax", "Path=/", f"Max-Age={395 * 24 * 3600}")
    assert all(part in cookie for part in wanted)
    assert "Domain" not in cookie
    assert cookie.startswith(f"{COOKIE}={reply.json['visitor']};")
    assert reply.headers["Access-Control-Allow-Origin"] == PAGE
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"


def test_r8_who_lost_the_scripts_cookie_is_known_by_ours(client: FlaskClient, parts: Parts, shop: Any):
    first = spec(client).json["visitor"]
    assert spec(client).json["visitor"] == first
    elsewhere = visitor_ids.signed(parts.config.secret_key, "north", visitor_ids.fresh())
    assert spec(client, _visitor=[elsewhere]).json["visitor"] == first  # of another site on the same page
    assert spec(client, _visitor=[first]).json["visitor"] is None  # it has it already
    assert spec(client, _visitor=["-"]).json["visitor"] != first  # "I am someone else"


def test_r8_the_cookie_follows_the_id_that_replaces_the_old_one(client: FlaskClient, parts: Parts, shop: Any):
    first = spec(client).json
    body = {"email": "sara@example.ir", "first_name": "سارا", "company": "آکمه", "consent_store": "yes"}
    told = {**body, "_ticket": first["ticket"], "_visitor": None, "_signals": {}}
    reply = client.post("/f/guide", json=told, headers={"Origin": PAGE}, base_url=OWN)
    assert reply.status_code == 200
    assert reply.json["visitor"] != first["visitor"]
    assert cookies(reply)[0].startswith(f"{COOKIE}={reply.json['visitor']};")
    again = spec(client).json
    assert again["recognised"]
    assert "email" not in {field["name"] for step in again["steps"] for field in step["fields"]}


@pytest.mark.parametrize("origin", ["null", None, "https://gateway.example", "https://other.example"])
def test_r12_no_other_page_gets_a_cookie_or_credentials(
    client: FlaskClient, parts: Parts, shop: Any, origin: str | None
):
    known = spec(client).json["visitor"]
    reply = spec(client, origin=origin)
    assert cookies(reply) == []
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert reply.status_code == 403 or reply.json["visitor"] != known


def test_on_the_gateways_own_name_nothing_changes(client: FlaskClient, parts: Parts, shop: Any):
    reply = spec(client, host="gateway.example")
    assert cookies(reply) == []
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert b'SENDS = "omit"' in client.get("/embed.js", base_url="https://gateway.example").data
    assert b'SENDS = "include"' in client.get("/embed.js", base_url=OWN).data


def test_r27_nothing_is_remembered_before_consent_and_all_goes_with_it(client: FlaskClient, parts: Parts, shop: Any):
    with parts.db.write() as conn:
        sites.change(conn, shop.id, {"cookies": "ask"})
    assert cookies(spec(client)) == []
    told = {"site": "shop", "visitor": None, "events": []}

    def tell(consent: bool) -> Any:
        return client.post("/e", json={**told, "consent": consent}, headers={"Origin": PAGE}, base_url=OWN)

    given = tell(True)
    assert cookies(given)[0].startswith(f"{COOKIE}={given.json['visitor']};")
    assert tell(True).json["visitor"] == given.json["visitor"]
    assert "Max-Age=0" in cookies(tell(False))[0]
    assert client.get_cookie(COOKIE, domain=HOST) is None
    assert spec(client).json["visitor"] is None


def test_r8_a_shared_device_gets_none(client: FlaskClient, parts: Parts, shop: Any):
    known = spec(client).json["visitor"]
    with parts.db.write() as conn:
        sites.change(conn, shop.id, {"settings": {"own_address": OWN, "kiosk": True}})
    reply = spec(client)
    assert (reply.json["visitor"], cookies(reply)) == (None, [])
    assert visitor(parts, known)


@pytest.mark.parametrize("host", [HOST, "FORMS.shop.example", "forms.shop.example.", "forms.shop.example:443"])
def test_r35_a_sites_own_host_shows_no_other_site(client: FlaskClient, parts: Parts, shop: Any, host: str):
    now = parts.clock()
    with parts.db.write() as conn:
        other = sites.add(conn, "other", "Other", now, origins=[PAGE])
        forms.publish(conn, other.id, forms.save_draft(conn, other.id, side.CONTACT, now).key, now)
    base = f"https://{host}"
    assert client.get("/f/guide", base_url=base).status_code == 200
    for path in ("/f/contact", "/f/contact/thanks", "/f/contact/frame"):
        assert client.get(path, base_url=base).status_code == 404
    assert spec(client, host=host).status_code == 200
    for path in ("/f/contact", "/f/contact/spec", "/f/contact/left", "/f/contact/forget"):
        assert client.post(path, json={}, headers={"Origin": PAGE}, base_url=base).status_code == 404
    event = {"site": "other", "events": []}
    assert client.post("/e", json=event, headers={"Origin": PAGE}, base_url=base).status_code == 404
    assert client.get("/f/contact", base_url="https://gateway.example").status_code == 200


@pytest.mark.parametrize("path", ["/", "/console", "/api/v1/leads", "/healthz", "/metrics", "/d/x", "/confirm/x"])
def test_a_sites_own_host_has_no_console_and_no_api(client: FlaskClient, parts: Parts, shop: Any, path: str):
    assert client.get(path, base_url=OWN).status_code == 404
    assert client.post(path, base_url=OWN).status_code == 404


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (OWN, None),
        ("https://forms.shop.example:8443", None),
        ("http://forms.shop.localhost", "foreign"),
        ("http://forms.shop.example", "https"),
        ("https://forms.shop.example/x", "address"),
        ("https://Forms.shop.example", "address"),
        ("forms.shop.example", "address"),
        ("https://shop", "address"),
        ("https://10.0.0.1", "address"),
        ("https://a;b.shop.example", "address"),
        ("https://gateway.shop.example", "gateway"),
        (PAGE, "page"),
        ("https://forms.other.example", "foreign"),
    ],
)  # fmt: skip
def test_an_own_address_is_strictly_checked(text: str, code: str | None):
    assert own_hosts.problem(text, (PAGE,), "https://gateway.shop.example") == code


def test_attack_whoever_asks_while_hosts_are_read_first_finds_the_wall_too(parts: Parts, shop: Any):
    """Right after a start, or the gateway's sign-in would stand on a marketer's sub-domain for a moment."""
    with parts.db.read() as conn:
        known = {HOST: sites.all_sites(conn)[0]}
    met: list[object] = []

    class Slow(own_hosts.Hosts):
        def _read(self) -> None:
            if not met:
                met.append(None)
                met.append(self.of(HOST))  # another thread's request
            self.known = known

    assert Slow().of(HOST) is known[HOST] and met[-1] is known[HOST]
