"""Two thousand odd requests at every public address of the real application: never a 5xx, nothing half-stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import odd
from tests.support.odd import BODIES, GOOD, OBJECT, PAIRS, TEXT, VALUE, Stage
from tests.support.visitor_side import hidden_in


def examples(number: int) -> settings:
    return settings(
        max_examples=number, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )


def throw_requests(stage: Stage, number: int) -> None:
    @examples(number)
    @given(request=odd.requests())
    def throw(request: tuple[str, str, dict[str, Any]]) -> None:
        method, path, more = request
        if path.startswith("/api/"):
            more = {**more, "headers": {"Authorization": f"Bearer {stage.token}", **more["headers"]}}
        stage.throw(method, path, **more)

    throw()
    stage.look_over()


def throw_submissions(stage: Stage, number: int) -> None:
    """With a good ticket, so that what is odd gets past the door."""

    @examples(number)
    @given(
        body=OBJECT | VALUE,
        pairs=PAIRS,
        as_form=st.booleans(),
        kind=st.sampled_from(["text/plain", "application/json"]),
    )
    def throw(body: Any, pairs: list[tuple[str, str]], as_form: bool, kind: str) -> None:
        if as_form:
            sent = odd.urlencoded([*pairs, *GOOD.items(), ("_ticket", stage.ticket("hosted"))])
            reply = stage.throw("POST", "/f/everything", data=sent, content_type="application/x-www-form-urlencoded")
            assert reply.status_code in {303, 400, 413, 422}
            return
        good = {**GOOD, "_ticket": stage.ticket(), "_visitor": stage.visitor()}
        reply = stage.throw("POST", "/f/everything", data=odd.as_json(odd.merged(good, body)), content_type=kind)
        assert reply.status_code in {200, 400, 413, 422}
        if reply.status_code == 200:
            stage.thanked.add(reply.json["submission"])

    throw()
    assert stage.thanked
    stage.look_over()


def throw_calls(stage: Stage, number: int) -> None:
    """At the API, with a good token and half-good bodies."""
    event = {"id": "e1", "type": "feature_used", "email": GOOD["email"], "params": {}}
    good = {
        "/leads": {"form": "everything", "fields": GOOD},
        "/events": {"events": [event]},
        "/outcomes": {"id": "o1", "email": GOOD["email"], "outcome": "won"},
    }
    headers = {"Authorization": f"Bearer {stage.token}"}
    stage.throw("POST", "/api/v1/leads", json=good["/leads"], headers=headers)

    @examples(number)
    @given(
        path=st.sampled_from(sorted(good)), body=OBJECT | VALUE, inner=OBJECT, key=TEXT, raw=BODIES, plain=st.booleans()
    )
    def throw(path: str, body: Any, inner: dict[str, Any], key: str, raw: bytes, plain: bool) -> None:
        kept: Any = {**good[path], **inner}
        if path == "/leads":
            kept = {**good[path], "fields": {**GOOD, **inner}}
        elif path == "/events":
            kept = {"events": [event, {**event, **inner}]}
        sent = raw if plain else odd.as_json(odd.merged(kept, body) if inner else kept)
        more = {"Idempotency-Key": odd.header(key)[:80]}
        reply = stage.throw("POST", f"/api/v1{path}", data=sent, headers={**headers, **more})
        assert reply.status_code in {200, 202, 400, 404, 413, 422}

    throw()
    stage.look_over()


def throw_events(stage: Stage, number: int) -> None:
    """At the address for beacons, and at the spec."""

    @examples(number)
    @given(
        inner=st.lists(OBJECT, max_size=4), body=OBJECT, url=TEXT, path=st.sampled_from(["/e", "/f/everything/spec"])
    )
    def throw(inner: list[dict[str, Any]], body: dict[str, Any], url: str, path: str) -> None:
        stage.count += 1
        told = [
            {"id": f"event{stage.count:04}{number}", "type": "page_view", "url": url, **one}
            for number, one in enumerate(inner)
        ]
        sent = {"site": "shop", "visitor": stage.visitor(), "_visitor": stage.visitor(), "events": told}
        more = body if stage.count % 2 else {}
        stage.throw("POST", path, data=odd.as_json({**sent, **more}), content_type="text/plain")

    throw()
    stage.look_over()


def throw_at_the_console(stage: Stage, number: int) -> None:
    """Signed in and not, with a good CSRF token."""
    client = stage.app.test_client()
    csrf = hidden_in(client.get("/console/sign-in").text, "csrf_token")
    signed_in = client.post(
        "/console/sign-in", data={"email": GOOD["email"], "password": odd.PASSWORD, "csrf_token": csrf}
    )
    assert signed_in.status_code == 303
    paths = st.sampled_from(
        ["/console/leads", "/console/leads/{}", "/console/review", "/console/forms", "/console/forms/{}",
         "/console/deliveries", "/console/deliveries/{}", "/console/destinations", "/console/people", "/console/tokens",
         "/console/routes", "/console/settings", "/console/sign-in", "/console/review/{}/release", "/console/link/{}"]
    )  # fmt: skip

    @examples(number)
    @given(
        path=paths, text=TEXT, pairs=PAIRS, post=st.booleans(), query=st.dictionaries(odd.QUERY_NAMES, TEXT, max_size=3)
    )
    def throw(path: str, text: str, pairs: list[tuple[str, str]], post: bool, query: dict[str, str]) -> None:
        asked = "&".join(f"{name}={odd.on_the_wire(value)}" for name, value in query.items())
        address = f"{path.replace('{}', odd.on_the_wire(text))}?{asked}"
        if post:
            sent = odd.urlencoded([*pairs, ("csrf_token", csrf)])
            reply = client.post(address, data=sent, content_type="application/x-www-form-urlencoded")
        else:
            reply = client.get(address)
        assert reply.status_code < 500, f"{address}: {reply.text[:500]}"

    throw()
    stage.look_over()


def throw_at_sign_in(stage: Stage, number: int) -> None:
    """By nobody, with a good CSRF token: each try costs what a password costs."""

    @examples(number)
    @given(email=TEXT, password=TEXT, pairs=PAIRS, path=st.sampled_from(["sign-in", "forgot", "link/x"]), where=TEXT)
    def throw(email: str, password: str, pairs: list[tuple[str, str]], path: str, where: str) -> None:
        client = stage.app.test_client()
        csrf = hidden_in(client.get("/console/sign-in").text, "csrf_token")
        fields = [("email", email), ("password", password), ("csrf_token", csrf), *pairs]
        address = f"/console/{path}?next={odd.on_the_wire(where)}"
        reply = client.post(address, data=odd.urlencoded(fields), content_type="application/x-www-form-urlencoded")
        assert reply.status_code < 500, reply.text[:500]

    throw()


def test_odd_requests_at_every_address(stage: Stage):
    throw_requests(stage, 700)


def test_odd_submissions_with_a_good_ticket(stage: Stage):
    throw_submissions(stage, 450)


def test_odd_calls_with_a_good_token(stage: Stage):
    throw_calls(stage, 350)


def test_odd_events_and_specs(stage: Stage):
    throw_events(stage, 200)


def test_odd_pages_of_the_console(stage: Stage):
    throw_at_the_console(stage, 150)


def test_odd_sign_ins(stage: Stage):
    throw_at_sign_in(stage, 40)


@pytest.mark.parametrize(
    "throw",
    [throw_requests, throw_submissions, throw_calls, throw_events, throw_at_the_console, throw_at_sign_in],
    ids=lambda throw: throw.__name__,
)
def test_postgresql_is_as_patient(postgres: Stage, throw: Callable[[Stage, int], None]):
    """Fewer of each: its texts hold no NUL, its JSON no lone surrogate."""
    throw(postgres, 10 if throw is throw_at_sign_in else 40)
