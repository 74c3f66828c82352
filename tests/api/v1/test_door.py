"""Who may call, and how a call is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import sqlalchemy.exc

from gateway.store import api_tokens
from gateway.store.api_tokens import SCOPES
from gateway.store.tables import submissions
from gateway.web import api_door
from gateway.web.api import METHODS
from tests.support.api_side import SARA, Caller, Installation

CALLS = [
    ("GET", "/leads", "leads:read"),
    ("GET", "/leads/lead_x", "leads:read"),
    ("GET", "/leads/lead_x/why", "leads:read"),
    ("POST", "/leads", "leads:write"),
    ("POST", "/events", "leads:write"),
    ("POST", "/outcomes", "leads:write"),
    ("GET", "/submissions", "leads:read"),
    ("POST", "/submissions/sub_x/release", "review:write"),
    ("POST", "/submissions/sub_x/reject", "review:write"),
    ("GET", "/deliveries", "deliveries:read"),
    ("POST", "/deliveries/dlv_x/resend", "deliveries:write"),
]


def is_problem(reply: Any, status: int) -> bool:
    assert reply.status_code == status, reply.text
    assert reply.mimetype == "application/problem+json"
    assert reply.json["status"] == status
    assert reply.json["title"]
    return True


def test_each_call_needs_its_own_scope(installation: Installation):
    for method, path, scope in CALLS:
        lacking = installation.caller(scopes=[one for one in SCOPES if one != scope])
        reply = lacking(method, path, {})
        assert is_problem(reply, 403)
        assert reply.json["scope"] == scope
        assert installation.caller(scopes=[scope])(method, path, {}).status_code not in {401, 403}


NOBODY = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer srk_wrong"},
    {"Authorization": "Basic c2FyYTpzYXJh"},
    {"Authorization": "Bearer \xff\x00é"},
    {"Cookie": "sarnakh_session=x"},
]


def test_nobody_gets_in_without_a_token(installation: Installation):
    for headers, (method, path, _) in product(NOBODY, CALLS):
        reply = installation.app.test_client().open(f"/api/v1{path}", method=method, headers=headers)
        assert is_problem(reply, 401)
        assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_opens_nothing(installation: Installation):
    token, secret = installation.token()
    caller = Caller(installation.app, secret)
    assert caller("GET", "/leads").status_code == 200
    with installation.parts.db.write() as conn:
        assert api_tokens.revoke(conn, installation.shop.id, token.id, installation.clock())
    assert is_problem(caller("GET", "/leads"), 401)


def test_the_last_use_of_a_token_is_noted_now_and_then(installation: Installation):
    _, secret = installation.token()
    caller = Caller(installation.app, secret)

    def last_used() -> Any:
        with installation.parts.db.read() as conn:
            found = api_tokens.find(conn, secret)
        assert found is not None
        return found.last_used_at

    assert last_used() is None
    caller("GET", "/leads")
    first = last_used()
    installation.clock.advance(minutes=4)
    caller("GET", "/leads")
    assert last_used() == first == installation.clock.advance(minutes=-4)
    installation.clock.advance(minutes=6)
    caller("GET", "/leads")
    assert last_used() == installation.clock()


def test_the_limit_is_a_tokens_own(installation: Installation, monkeypatch: pytest.MonkeyPatch):
    one, two = installation.caller(), installation.caller()
    monkeypatch.setattr(api_door, "LIMIT", "3/minute")
    replies = [one("GET", "/leads") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert is_problem(replies[-1], 429)
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 61
    assert two("GET", "/leads").status_code == 200


NOWHERE = ["", "/nothing", "/leads/a/b/c", "/%F0%9F%98%80", "/submissions/sub_x/erase"]


def test_an_unknown_address_is_404(api: Caller):
    for method, path in product(METHODS, NOWHERE):
        assert is_problem(api(method, path), 404)


WRONG_METHODS = [
    ("PUT", "/leads", "GET, POST"),
    ("DELETE", "/leads/lead_x", "GET"),
    ("GET", "/events", "POST"),
    ("GET", "/submissions/sub_x/release", "POST"),
    ("PATCH", "/openapi.json", "GET"),
]


def test_a_wrong_method_is_405_and_tells_the_right_ones(api: Caller):
    for method, path, allowed in WRONG_METHODS:
        reply = api(method, path)
        assert is_problem(reply, 405)
        assert reply.headers["Allow"] == allowed


def test_a_database_that_is_away_is_503_and_nothing_is_promised(
    installation: Installation, api: Caller, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise sqlalchemy.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    api.get("/leads")
    monkeypatch.setattr(installation.parts.db, "grouped", full)
    reply = api.post("/leads", {"form": "guide", "fields": SARA})
    assert is_problem(reply, 503)
    assert reply.headers["Retry-After"] == "5"


def test_answers_stay_out_of_caches(api: Caller):
    for path in ("/leads", "/nothing", "/openapi.json"):
        reply = api("GET", path)
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


# --- bodies ---------------------------------------------------------------------------------------------------------

SENT_TO = ["/leads", "/events", "/outcomes"]
DEEP = "[" * 3000 + "]" * 3000
BAD_BODIES: list[tuple[bytes, int]] = [
    (b"{", 400),
    (b"[]", 400),
    (b"null", 400),
    (b"\xff\xfe", 400),
    (DEEP.encode(), 400),
    (b'{"form": "guide", "fields": ' + b"[" * 20 + b"]" * 20 + b"}", 400),
    (b'{"form": "gu\\u0000ide"}', 400),
    (b'{"form": "\\ud800"}', 400),
    (b'{"form": "\xed\xa0\x80"}', 400),
    (b'{"fields": {"a\\udfff": 1}}', 400),
    (b'{"fields": {"a": NaN}}', 400),
    (b'{"fields": {"a": 1e999}}', 400),
    (b'{"fields": {"a": %d}}' % 10**30, 400),
    (b'{"fields": {"a": ' + b"9" * 5000 + b"}}", 400),
    (b" " * (api_door.MAX_BODY + 1), 413),
]


def test_a_body_that_cannot_be_kept_is_refused(installation: Installation, api: Caller):
    for path, (body, status) in product(SENT_TO, BAD_BODIES):
        assert is_problem(api("POST", path, data=body, content_type="application/json"), status)
    assert installation.count(submissions) == 0


@pytest.mark.parametrize("path", SENT_TO)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_endless_body_is_cut_off(api: Caller, path: str):
    taken = []

    class Endless:
        def read(self, size: int = -1) -> bytes:
            taken.append(size)
            assert sum(abs(one) for one in taken) < 10_000_000
            return b" " * (size if size > 0 else 8192)

    environ = {"wsgi.input": Endless(), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    assert is_problem(api("POST", path, environ_overrides=environ), 413)


# --- addresses ------------------------------------------------------------------------------------------------------

ODD = ["%00", "a%00b", "%ff", "%ed%a0%80", "%F0%9F%98%80", "a" * 5000, "..%2f..", "'%20OR%201=1"]


NAMES = ["cursor", "limit", "q", "stage", "cell", "sort", "status", "destination", "updated_after"]


def test_odd_names_in_the_path_are_nobodys(api: Caller):
    for text, (method, path, _) in product(ODD, CALLS):
        if "_x" in path:
            address = path.replace("lead_x", text).replace("sub_x", text).replace("dlv_x", text)
            assert api(method, address).status_code in {400, 404}, address


def test_odd_queries_get_a_clear_answer(api: Caller):
    for path, name, text in product(["/leads", "/submissions", "/deliveries"], NAMES, ODD):
        reply = api("GET", f"{path}?{name}={text}")
        assert reply.status_code in {200, 400}, reply.text
    assert is_problem(api("GET", "/leads?%00=1"), 400)


def test_r35_nothing_of_another_site_is_there(
    installation: Installation, api: Caller, stranger: Caller, held: Callable[..., str]
):
    lead, waiting = installation.lead(api), held()
    destination = installation.destination()
    installation.lead(api, {**SARA, "email": "omid@example.ir"})
    (delivery,) = api.get("/deliveries")["deliveries"]
    for method, path in [
        ("GET", f"/leads/{lead}"),
        ("GET", f"/leads/{lead}/why"),
        ("POST", f"/submissions/{waiting}/release"),
        ("POST", f"/submissions/{waiting}/reject"),
        ("POST", f"/deliveries/{delivery['id']}/resend"),
    ]:
        assert is_problem(stranger(method, path), 404)
    assert is_problem(stranger.post("/leads", {"form": "guide", "fields": SARA}), 404)
    for named in ({"lead": lead}, {"email": SARA["email"]}):
        assert is_problem(stranger.post("/outcomes", {"id": "1", "outcome": "won", **named}), 422)
        event = {"id": "1", "type": "feature_used", **named}
        assert is_problem(stranger.post("/events", {"events": [event]}), 422)
    assert stranger.get("/leads")["leads"] == stranger.get("/submissions")["submissions"] == []
    assert stranger.get("/deliveries", destination=destination)["deliveries"] == []
    assert api.get("/leads")["leads"][0]["id"] != api.get("/leads")["leads"][1]["id"]
