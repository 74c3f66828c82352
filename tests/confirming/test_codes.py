"""A number is confirmed by a code: six digits, ten minutes, five tries, the same page for everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from forms.text import persian_digits
from gateway.store.consents import of_lead
from tests.confirming.conftest import BARE, BY_PHONE, World

REZA = {"phone": "+989127360481", "consent_contact": True}
WRONG = "Wrong or too old"


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(BY_PHONE)


def code_of(world: World) -> str:
    return str(world.mails()[-1].params["code"])


@pytest.mark.parametrize("spelling", [str, persian_digits, lambda code: f" {code[:3]} {code[3:]} "])
def test_a_lead_with_only_a_phone_is_confirmed_by_its_code(
    world: World, client: FlaskClient, spelling: Callable[[str], str]
) -> None:
    held = world.send(REZA)
    assert held.status == "held"
    path = world.code_path(held)
    assert 'autocomplete="one-time-code"' in client.get(path).text
    reply = client.post(path, data={"code": spelling(code_of(world))}, follow_redirects=True)
    assert "Thank you, confirmed" in reply.text
    lead = world.lead(world.found(held.id).lead_id)
    assert lead.facts["phone"].strength == "confirmed"
    with world.db.read() as conn:
        assert [row.state for row in of_lead(conn, lead.id)] == ["confirmed"]


def test_a_code_is_never_kept_and_dies_after_ten_minutes(world: World, client: FlaskClient) -> None:
    held = world.send(REZA)
    code = code_of(world)
    assert code not in str(world.asked(held)[0].__dict__)
    world.clock.advance(minutes=10)
    reply = client.post(world.code_path(held), data={"code": code})
    assert reply.status_code == 422
    assert WRONG in reply.text
    assert world.found(held.id).status == "held"


def test_r18_attack_guessing_ends_after_five_tries(world: World, client: FlaskClient) -> None:
    held = world.send(REZA)
    code = code_of(world)
    for n in range(5):
        client.post(world.code_path(held), data={"code": f"{(int(code) + n + 1) % 1000000:06}"})
    assert WRONG in client.post(world.code_path(held), data={"code": code}).text
    assert world.found(held.id).status == "held"


def test_r18_another_code_is_under_the_same_limits(world: World, client: FlaskClient) -> None:
    held = world.send(REZA)
    for hours, sent in ((0, 1), (1, 1), (24, 2), (25, 3), (25, 3), (25, 3)):
        world.clock.advance(hours=hours)
        reply = client.post(world.code_path(held), data={"answer": "again"}, follow_redirects=True)
        assert "At most one goes to a number in a day" in reply.text
        assert len(world.mails()) == sent
    first, *_ = world.asked(held)
    assert first.kept_back is None


def test_r17_the_page_tells_nothing_of_what_we_thought(world: World, client: FlaskClient) -> None:
    held = world.send(REZA)
    accepted = world.send({"phone": "+989358812034"}, facts={"script": True, "fill_seconds": 30.0})
    rejected = world.send({"phone": "+989361907352"}, facts={**BARE, "honeypot": "x", "fill_seconds": 0.1})
    assert (accepted.status, rejected.status) == ("accepted", "rejected")
    pages = {client.get(world.code_path(one)).text for one in (held, accepted, rejected)}
    assert len(pages) == 1
    wrong = {client.post(world.code_path(one), data={"code": "1"}).text for one in (held, accepted, rejected)}
    assert len(wrong) == 1


def test_a_fixed_line_gets_no_message(world: World) -> None:
    assert world.kept_back(world.send({"phone": "+982188776655"})) == "nowhere"
    assert world.mails() == []


def test_a_forged_token_leads_nowhere(world: World, client: FlaskClient) -> None:
    held = world.send(REZA)
    assert client.get(world.code_path(held) + "x").status_code == 404
    assert client.post(world.path(held).replace("/confirm/", "/confirm/code/"), data={"code": "1"}).status_code == 404
