"""Whatever may be sent to a form: a clear 4xx in the sender's language, never a 5xx, nothing half-stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.parts import Parts
from tests.support import visitor_side as side

SARA = {"email": "sara@example.ir", "consent_store": "yes"}

DEEP = "[" * 30_000


def texts(value: object) -> Iterator[str]:
    """Every text in a JSON value: its encoded form would hide what a database chokes on."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400), ("[]", 400), ("7", 400), ("null", 400), ('"x"', 400), (DEEP, 400), ("\x00", 400), ("", 422),
        (b"\xff\xfe\x00", 400), ('{"email": 1e999}', 400), ('{"email": {"a": 1}}', 400), ('{"_page": []}', 400),
        ('{"_page": 1}', 400), ('{"_signals": "x"}', 400), ('{"_ticket": 7}', 422), ('{"_ticket": "\\ud800"}', 422),
        ('{"_visitor": {"a": 1}}', 422), (json.dumps({f"f{n}": "x" for n in range(3000)}), 400),
        (json.dumps({"email": ["x"] * 500}), 400), ('{"email": "' + "x" * 70_000 + '"}', 413),
        ("9" * 60_000, 400),
    ],
)  # fmt: skip
def test_odd_json_gets_a_clear_answer(client: FlaskClient, parts: Parts, body: str | bytes, status: int):
    side.publish(parts, side.GUIDE)
    reply = client.post("/f/guide", data=body, content_type="text/plain")
    assert reply.status_code == status, reply.text
    assert reply.mimetype == "application/json"
    assert reply.json["message"]


@pytest.mark.parametrize(
    "value", ["\ud800", "a\x00b", "\x1b[31m", "x" * 300, ["a", "b"], True, 3, 1.5, None, {"a": 1}, [[1]], ""]
)
@pytest.mark.parametrize("name", ["email", "first_name", "company_size", "consent_store", "utm_source"])
def test_odd_values_never_break_and_never_get_in(client: FlaskClient, parts: Parts, name: str, value: object):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]
    reply = side.send_json(client, "guide", {**SARA, name: value, "_ticket": ticket})
    assert reply.status_code in {200, 400, 422}, reply.text
    with parts.db.read() as conn:
        kept = "".join(texts([[row.answers, row.typed, row.page, row.facts] for row in side.rows(conn)]))
    assert not any(letter in kept for letter in "\x00\x1b\ud800")


@pytest.mark.parametrize(
    "page",
    [
        {"url": "\ud800"},
        {"url": "http://[", "referrer": "http://["},
        {"url": 7, "utm": [1]},
        {"utm": {"utm_source": ["x"]}},
        {"utm": {"utm_source": "a\x00\ud800b", "other": "x"}},
        {"url": "javascript:alert(1)"},
        {"referrer": "x" * 9000},
    ],
)
def test_odd_pages_are_left_out(client: FlaskClient, parts: Parts, page: dict[str, Any]):
    side.publish(parts, side.GUIDE)
    ticket = side.spec(client, "guide")["ticket"]
    assert side.send_json(client, "guide", {**SARA, "_page": page, "_ticket": ticket}).status_code == 200
    with parts.db.read() as conn:
        kept = json.dumps(side.rows(conn)[0].page)
    assert kept in ("{}", '{"utm": {"utm_source": "ab"}}')


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_endless_body_is_cut_off(client: FlaskClient, parts: Parts, kind: str):
    side.publish(parts, side.GUIDE)
    taken = []

    class Endless:
        def read(self, size: int = -1) -> bytes:
            taken.append(size)
            assert sum(abs(one) for one in taken) < 10_000_000
            return b"x" * (size if size > 0 else 8192)

    environ = {"wsgi.input": Endless(), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    reply = client.post("/f/guide", content_type=kind, environ_overrides=environ)
    assert reply.status_code == 413


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize(
    "body", [b"", b"%ff%00=%00", b"&&&=", b"--x\r\n\r\n", b"x" * 70_000, b"a=1&" * 12_000, b"_ticket=%ed%a0%80"]
)
def test_odd_forms_get_a_clear_page(client: FlaskClient, parts: Parts, kind: str, body: bytes):
    side.publish(parts, side.GUIDE)
    reply = client.post("/f/guide", data=body, content_type=kind)
    assert 400 <= reply.status_code < 500, reply.status
    assert reply.mimetype == "text/html"
    assert '<html lang="fa"' in reply.text


def test_ten_thousand_fields_are_refused_by_name(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    ticket = side.ticket_in(client.get("/f/guide").text)
    fields = "&".join(f"f{number}=" for number in range(8000))
    reply = client.post("/f/guide", data=f"_ticket={ticket}&{fields}", content_type="application/x-www-form-urlencoded")
    assert reply.status_code == 400
    assert "فیلد" in reply.text


@pytest.mark.parametrize("key", ["nothing", "%00", "%F0%9F%98%80", "a" * 500, "..%2f..", "guide%00", "GUIDE"])
@pytest.mark.parametrize("rest", ["", "/spec", "/frame", "/thanks", "/theme.css"])
def test_unknown_form_is_404(client: FlaskClient, parts: Parts, key: str, rest: str):
    side.publish(parts, side.GUIDE)
    assert client.get(f"/f/{key}{rest}").status_code == 404
    assert client.post(f"/f/{key}", json={}).status_code == 404


@pytest.mark.parametrize("address", ["/f/guide", "/f/guide/spec", "/e"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_wrong_method_is_said_in_the_callers_language(client: FlaskClient, parts: Parts, address: str, method: str):
    side.publish(parts, side.GUIDE)
    reply = client.open(address, method=method, headers={"Accept": "application/json", "Accept-Language": "en"})
    assert (reply.status_code, reply.json["message"]) == (405, "This address does not take such a request.")
