"""Hypothesis throws odd submissions at every public address: no 5xx, nothing half-stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.parts import Parts
from gateway.store.tables import nonces, outbox, submissions
from gateway.words import LANGUAGES
from tests.support import visitor_side as side

NAMES = st.sampled_from(
    [
        "email",
        "first_name",
        "full_name",
        "phone",
        "seats",
        "size",
        "wants",
        "starts",
        "message",
        "utm_source",
        "consent_store",
        "homepage_url",
        "consent",
        "site",
        "events",
        "lang",
        "__proto__",
        "_ticket",
        "_visitor",
        "_page",
        "_signals",
    ]
)
GOOD = {"email": "sara@example.ir", "full_name": "سارا", "size": "s", "consent_store": "yes"}
ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates, NUL, controls and emoji among them
ODD_TEXT = st.sampled_from(
    ["\ud800", "\x00", "\u200f", "\u200c", "ي" * 300, "=1+1", "<script>", "a" * 5000, "٠١٢", "sara@example.ir", "s"]
)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | ODD_TEXT
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3), max_leaves=6
)
BODY = st.dictionaries(NAMES | ANY_TEXT, VALUE, max_size=12) | VALUE
JSON_ADDRESSES = st.sampled_from(["/f/everything", "/f/everything/spec", "/f/everything/forget", "/f/nothing", "/e"])
ADDRESSES = st.sampled_from(
    [
        "/f/everything{}",
        "/f/everything/thanks?r={}",
        "/f/everything?lang={}",
        "/f/everything?test={}",
        "/d/{}",
        "/f/{}",
        "/f/{}/frame",
    ]
)
EXAMPLES = settings(max_examples=350, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(params=["sqlite", "postgresql"])
def edge_database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def stage(client: FlaskClient, parts: Parts) -> FlaskClient:
    side.publish(parts, side.EVERYTHING, settings={"views": True, "events": ["video"]})
    return client


@EXAMPLES
@given(body=BODY, address=JSON_ADDRESSES, with_ticket=st.booleans())
def test_odd_json_is_never_our_fault(stage: FlaskClient, parts: Parts, body: Any, address: str, with_ticket: bool):
    if with_ticket and isinstance(body, dict):
        body = {**GOOD, **body, "_ticket": side.spec(stage, "everything")["ticket"]}
    reply = stage.post(address, data=json.dumps(body), content_type="text/plain")
    assert reply.status_code < 500, reply.text
    _check(parts, reply.status_code == 200 and address == "/f/everything")


@EXAMPLES
@given(fields=st.lists(st.tuples(NAMES | ANY_TEXT, ANY_TEXT | ODD_TEXT), max_size=12), with_ticket=st.booleans())
def test_odd_forms_are_never_our_fault(
    stage: FlaskClient, parts: Parts, fields: list[tuple[str, str]], with_ticket: bool
):
    posted: dict[str, list[str]] = {name: [value] for name, value in GOOD.items()} if with_ticket else {}
    for name, value in fields:
        posted.setdefault(_sendable(name), []).append(_sendable(value))
    if with_ticket:
        posted["_ticket"] = [side.ticket_in(stage.get("/f/everything").text)]
    reply = stage.post("/f/everything", data=posted)
    assert reply.status_code < 500
    _check(parts, reply.status_code == 303)


@EXAMPLES
@given(text=ANY_TEXT | ODD_TEXT, address=ADDRESSES, header=ANY_TEXT)
def test_odd_addresses_are_never_our_fault(stage: FlaskClient, text: str, address: str, header: str):
    plain = header.encode("latin-1", "ignore").decode("latin-1").replace("\r", "").replace("\n", "")
    headers = {"Accept-Language": plain, "Referer": plain, "Cookie": f"sarnakh_v_shop={plain}", "Sec-Purpose": plain}
    reply = stage.get(address.format(_sendable(text)), headers=headers)
    assert reply.status_code < 500
    assert any(f'lang="{lang}"' in reply.text for lang in LANGUAGES) or reply.status_code >= 300


def _check(parts: Parts, thanked: bool) -> None:
    """Each row has its ticket and its place in the outbox; whoever was thanked is stored."""
    with parts.db.read() as conn:
        counts = [
            conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (submissions, nonces, outbox)
        ]
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] or not thanked


def _sendable(text: str) -> str:
    """What a client library can put on the wire: lone surrogates go as JSON only."""
    return text.encode("utf-8", "replace").decode()
