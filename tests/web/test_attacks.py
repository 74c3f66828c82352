"""What a stranger on another page, or with a script, tries against the visitor's side."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import privacy
from gateway.parts import Parts
from gateway.store import sites
from gateway.store.events import MOST_A_DAY
from gateway.web import intake
from gateway.web.browser_events import MAX_EVENTS
from tests.support import visitor_side as side
from tests.support.clock import SettableClock
from tests.web.test_browser_events import DECLARED, event, kept, tell, visitor

SARA = {"email": "sara@example.ir", "consent_store": "yes"}
NULL = {"Origin": "null"}


def beacon(number: int, first: int = 0) -> list[dict[str, Any]]:
    return [event(id=f"event-{first + n:06d}") for n in range(number)]


def test_r08_attack_no_other_page_plants_an_id_that_it_knows(client: FlaskClient, parts: Parts) -> None:
    """The attacker's ticket in a form that the victim's browser sends out of a sandbox: whoever holds the ticket
    can repeat the post and read the id that follows from it."""
    side.publish(parts, side.GUIDE)
    ticket = side.ticket_in(client.application.test_client().get("/f/guide").text)
    planted = client.post("/f/guide", data={**SARA, "_ticket": ticket}, headers=NULL)
    assert planted.status_code == 303
    assert "Set-Cookie" not in planted.headers


def test_r08_the_hosted_pages_own_post_still_gets_its_id(client: FlaskClient, parts: Parts) -> None:
    side.publish(parts, side.GUIDE)
    ticket = side.ticket_in(client.get("/f/guide").text)
    sent = client.post("/f/guide", data={**SARA, "_ticket": ticket}, headers={"Origin": "http://127.0.0.1:8000"})
    assert "sarnakh_v_shop=" in sent.headers["Set-Cookie"]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, NULL])
def test_r08_attack_no_other_page_makes_a_browser_forget(
    client: FlaskClient, parts: Parts, headers: dict[str, str]
) -> None:
    side.publish(parts, side.GUIDE)
    assert "Set-Cookie" not in client.post("/f/guide/forget", headers=headers).headers


def test_r22_attack_one_browser_cannot_fill_the_database(
    client: FlaskClient, parts: Parts, clock: SettableClock
) -> None:
    side.publish(parts, side.GUIDE, settings=DECLARED)
    who = visitor(parts)
    for first in range(0, MOST_A_DAY + 2 * MAX_EVENTS, MAX_EVENTS):
        told = beacon(MAX_EVENTS, first)
        assert tell(client, {"site": "shop", "visitor": who, "events": told}).status_code == 204
    assert len(kept(parts)) == MOST_A_DAY
    clock.advance(days=1, seconds=1)
    tell(client, {"site": "shop", "visitor": who, "events": beacon(1, 9000)})
    assert len(kept(parts)) == MOST_A_DAY + 1


def test_r22_attack_an_address_block_has_its_limit_however_many_browsers_it_plays(
    client: FlaskClient, parts: Parts
) -> None:
    side.publish(parts, side.GUIDE, settings=DECLARED)
    codes = [
        tell(client, {"site": "shop", "visitor": visitor(parts), "events": beacon(MAX_EVENTS, first)}).status_code
        for first in range(0, 3100, MAX_EVENTS)
    ]
    assert codes[:60] == [204] * 60 and codes[60:] == [429, 429]


def test_r35_what_one_site_is_told_takes_nothing_from_another(client: FlaskClient, parts: Parts) -> None:
    side.publish(parts, side.GUIDE, settings=DECLARED)
    with parts.db.write() as conn:
        sites.add(conn, "north", "North", parts.clock(), origins=["https://shop.example"])
    for first in range(0, 3000, MAX_EVENTS):
        tell(client, {"site": "shop", "visitor": visitor(parts), "events": beacon(MAX_EVENTS, first)})
    codes = [tell(client, {"site": site, "events": beacon(1)}).status_code for site in ("shop", "north")]
    assert codes == [429, 200]  # a browser that is new there gets an id


@pytest.mark.parametrize("made_up", ["/f/none{}/left", "/f/none{}", "/e"])
def test_r15_attack_made_up_names_get_no_limits_of_their_own(client: FlaskClient, parts: Parts, made_up: str) -> None:
    """Else each keeps a place in Valkey, for a day."""
    side.publish(parts, side.GUIDE)

    def counted_by(path: str, site: str) -> str:
        with client.application.test_request_context(path, method="POST", json={"site": site}):
            return intake.limit_key()

    assert len({counted_by(made_up.format(number), f"x{number}") for number in range(3)}) == 1
    there = {counted_by("/f/guide", ""), counted_by("/e", "shop"), counted_by("/f/none", "")}
    assert len(there) == 3  # what is there has limits of its own


def test_r22_what_nobody_can_be_given_any_more_goes(client: FlaskClient, parts: Parts, clock: SettableClock) -> None:
    side.publish(parts, side.GUIDE, settings=DECLARED)
    tell(client, {"site": "shop", "visitor": visitor(parts), "events": beacon(3)})
    clock.advance(days=29)
    tell(client, {"site": "shop", "visitor": visitor(parts), "events": beacon(1, 10)})
    clock.advance(days=2)
    assert privacy.expire(parts.db, clock())["events"] == 3
    assert len(kept(parts)) == 1


def test_r17_everybody_is_thanked_alike(client: FlaskClient, parts: Parts, clock: SettableClock) -> None:
    """An honest visitor, one that filled the honeypot, and a replay: nothing in the reply tells them apart."""
    side.publish(parts, side.GUIDE)
    spec = side.spec(client, "guide", lang="en")
    ways: list[dict[str, Any]] = [
        {**SARA, "_ticket": spec["ticket"]},
        {**SARA, "_ticket": side.spec(client, "guide", lang="en")["ticket"], spec["trap"]: "http://spam.example"},
        *({**SARA, "first_name": f"S{n}", "_ticket": spec["ticket"]} for n in range(4)),
    ]
    clock.advance(seconds=30)
    replies = [side.send_json(client, "guide", way) for way in ways]
    found = [(reply.status_code, len(reply.data), reply.get_json()) for reply in replies]
    shapes = {(status, size, body["status"], body["next"]["text"]) for status, size, body in found}
    assert len(shapes) == 1
