"""Bad input by name, with the answer that each gets; and odd text that is no bad input, on its whole way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select

from gateway import deciding, jobs, standing
from gateway.delivery import ledger
from gateway.store import destinations
from gateway.store.destinations import NewDestination
from gateway.store.tables import submissions
from tests.support import odd
from tests.support.odd import GOOD, Stage
from tests.support.receiver import Receiver

FORM = "application/x-www-form-urlencoded"
DEEP = b"[" * 5000 + b"]" * 5000
MANY = {f"field{number}": "x" for number in range(10_000)}
# The parts of a JSON body beside a good ticket → the status.
MEMBERS: dict[str, tuple[Mapping[str, Any], int]] = {
    "an object for a text": ({"email": {"a": 1}}, 400),
    "lists in a list": ({"full_name": [["a"]]}, 400),
    "a number for a name": ({"full_name": 7}, 200),
    "true for an e-mail": ({"email": True}, 422),
    "a number that is none": ({"seats": float("nan")}, 400),
    "a number too large": ({"seats": 10**400}, 400),
    "NUL": ({"full_name": "a\x00b"}, 422),
    "a lone surrogate": ({"full_name": "a\ud800b"}, 422),
    "a control character": ({"full_name": "a\x1b[31mb"}, 422),
    "a line end in one line": ({"full_name": "a\r\nBcc: b@example.ir"}, 422),
    "a value too long": ({"full_name": "a" * 201}, 422),
    "a value far too long": ({"full_name": "a" * 30_000}, 400),
    "an unknown choice": ({"size": "xxl"}, 422),
    "no e-mail address": ({"email": "sara"}, 422),
    "unknown fields": ({"nonsense": "x", "__proto__": "y"}, 200),
    "201 fields": (dict(list(MANY.items())[:201]), 400),
    "a page that is none": ({"_page": "https://shop.example"}, 400),
    "signals that are none": ({"_signals": [1]}, 400),
    "a forged ticket": ({"_ticket": "forged"}, 422),
    "no ticket": ({"_ticket": None}, 422),
    "a ticket in Persian": ({"_ticket": "بلیت"}, 422),
    "a visitor that is none": ({"_visitor": {"a": [1]}}, 200),
}
# Whole bodies: bytes, content type → the status.
BODIES: dict[str, tuple[bytes, str, int]] = {
    "bad JSON": (b'{"email": ', "application/json", 400),
    "no object": (b"[]", "application/json", 400),
    "an empty body": (b"", "application/json", 422),
    "deep JSON": (DEEP, "text/plain", 400),
    "JSON in Latin-1": ('{"full_name": "é"}'.encode("latin-1"), "application/json", 400),
    "JSON in UTF-16": ('{"full_name": "é"}'.encode("utf-16"), "application/json", 422),
    "10,000 fields in JSON": (json.dumps(MANY).encode(), "application/json", 413),
    "10,000 times the same field": (b"a=&" * 10_000, FORM, 422),
    "10,000 names": ("&".join(f"f{number}" for number in range(10_000)).encode(), FORM, 400),
    "a body too large": (b'{"email": "' + b"a" * 65_536 + b'"}', "text/plain", 413),
    "a form too large": (b"email=" + b"a" * 65_536, FORM, 413),
    "bytes that are no text": (b"email=%ff%fe&full_name=%00%ed%a0%80", FORM, 422),
    "a form that is none": (b"\x00\xff&&&===", FORM, 422),
    "multipart without its boundary": (b"--x\r\n\r\n", "multipart/form-data", 422),
    "multipart that breaks off": (odd.multipart([("email", "a@b.ir")], cut=20), "multipart/form-data; boundary=x", 422),
    "600 parts": (odd.multipart([("a", "b")] * 600), "multipart/form-data; boundary=x", 413),
}


def stored(stage: Stage) -> int:
    with stage.parts.db.read() as conn:
        return len(conn.execute(submissions.select()).all())


@pytest.mark.parametrize("name", MEMBERS)
def test_a_bad_member_gets_a_clear_answer(stage: Stage, name: str):
    members, status = MEMBERS[name]
    body = {**GOOD, "_ticket": stage.ticket(), **members}
    reply = stage.throw("POST", "/f/everything", data=odd.as_json(body), content_type="text/plain")
    assert reply.status_code == status, reply.text
    assert stored(stage) == (1 if status == 200 else 0)
    assert reply.json.get("errors") or reply.json.get("message") or reply.json["status"] == "received"
    stage.look_over()


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_gets_a_clear_answer(stage: Stage, name: str):
    body, kind, status = BODIES[name]
    if kind == FORM:
        body = f"_ticket={stage.ticket('hosted')}&".encode() + body
    reply = stage.throw("POST", "/f/everything", data=body, content_type=kind)
    assert reply.status_code == status, reply.text
    assert stored(stage) == 0
    assert len(reply.text) > 20


ELSEWHERE = [
    ("GET", "/f/nothing", {}, 404),
    ("POST", "/f/nothing", {}, 404),
    ("GET", "/f/nothing/spec", {}, 404),
    ("POST", "/f/%00", {}, 404),
    ("GET", "/f/EVERYTHING", {}, 404),
    ("POST", "/f/everything", {"Origin": "https://evil.example"}, 403),
    ("POST", "/f/everything/spec", {"Origin": "https://evil.example"}, 403),
    ("POST", "/e", {}, 400),
    ("PUT", "/f/everything", {}, 405),
    ("DELETE", "/e", {}, 405),
    ("GET", "/d/forged", {}, 404),
    ("POST", "/f/everything/spec", {"Content-Length": "x"}, 200),
    ("GET", "/console/leads/%00", {}, 400),
    ("GET", "/api/v1/leads/%00", {}, 401),
]


def test_bad_addresses_origins_and_methods_get_a_clear_answer(stage: Stage):
    for method, path, headers, status in ELSEWHERE:
        reply = stage.throw(method, path, headers=headers, content_type="text/plain")
        assert reply.status_code == status, (method, path, reply.text)
    assert stored(stage) == 0


# --- odd, but valid ---------------------------------------------------------------------------------------------------

NAME = "علی\u200cرضا \u200fنام\u200e 👩🏽\u200d💻 e\u0301é İ ﷺ"
NOTE = "خط اول\n\u2067سلام\u2069 <b>&amp;</b> =1+1 \\u0000 %00 {{7*7}}\n\t🇮🇷 ۱۲۳"


def posts() -> dict[str, Callable[[Stage], dict[str, Any]]]:
    fields = {**GOOD, "full_name": NAME, "message": NOTE}

    def pairs(stage: Stage) -> list[tuple[str, str]]:
        return [*fields.items(), ("_ticket", stage.ticket("hosted"))]

    return {
        "json": lambda stage: {"json": {**fields, "_ticket": stage.ticket()}},
        "form": lambda stage: {"data": odd.urlencoded(pairs(stage)), "content_type": FORM},
        "multipart": lambda stage: {
            "data": odd.multipart([(name, text.replace("\n", "\r\n")) for name, text in pairs(stage)]),
            "content_type": "multipart/form-data; boundary=x",
        },
        "api": lambda stage: {
            "path": "/api/v1/leads",
            "json": {"form": "everything", "fields": {**GOOD, "full_name": NAME, "message": NOTE}},
            "headers": {"Authorization": f"Bearer {stage.token}"},
        },
    }


@pytest.mark.parametrize("way", posts())
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_odd_but_valid_text_arrives_as_it_was_typed(
    make_stage: Callable[..., Stage], request: pytest.FixtureRequest, receiver: Receiver, way: str, kind: str
):
    url = request.getfixturevalue(f"{kind}_url")
    stage = make_stage(url, SARNAKH_PRIVATE_DESTINATIONS=receiver.host_port)
    with stage.parts.db.write() as conn:
        new = NewDestination(stage.site_id, "webhook", "CRM", {"url": receiver.url}, sends="all")
        destinations.add(conn, stage.secret, new, stage.parts.clock())
    more = posts()[way](stage)
    assert stage.throw("POST", more.pop("path", "/f/everything"), **more).status_code in {200, 202, 303}
    jobs.drain_with(stage.parts)
    with stage.parts.db.read() as conn:
        (sent,) = conn.execute(select(submissions.c.id, submissions.c.status))
    if sent.status == "held":  # without a script: who is believed is not asked here, but what arrives
        deciding.release(stage.parts, stage.site_id, sent.id, None)
    assert ledger.send_due(stage.parts, limit=10, explain=standing.explain_all) == 1
    (got,) = receiver.wait_for(1)
    arrived = {name: field["value"] for name, field in json.loads(got.body)["data"]["fields"].items()}
    assert (arrived["full_name"], arrived["message"]) == (NAME, NOTE)
    assert NAME.encode() in got.body
