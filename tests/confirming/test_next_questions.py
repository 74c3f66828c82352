"""Whose facts choose the next questions (rule 1): the lead's count in the browser that confirmed, and in no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from gateway import merging
from gateway.records import Fact, Submission
from gateway.store import known, leads
from tests.confirming.conftest import World
from tests.support import visitor_side as side
from tests.support.plans import planned

STEPS = """
key = "steps"
languages = ["en"]
title = { en = "Steps" }
submit_label = { en = "Send" }
questions_per_visit = 2

[policy]
hold_at = 10

[[fields]]
name = "email"
type = "email"
label = { en = "E-mail" }

[[fields]]
name = "city"
type = "text"
required = false
label = { en = "City" }

[[fields]]
name = "company"
type = "text"
required = false
ask_again_days = 365
label = { en = "Company" }

[[fields]]
name = "job"
type = "choice"
required = false
label = { en = "Job" }
options = [{ value = "manager", label = { en = "Manager" } }, { value = "student", label = { en = "Student" } }]

[[fields]]
name = "team"
type = "text"
required = false
when = { field = "job", is = ["manager"] }
label = { en = "Team" }

[[fields]]
name = "budget"
type = "text"
required = false
from_stage = "MQL"
priority = 1
label = { en = "Budget" }

[[fields]]
name = "health"
type = "choice"
required = false
sensitive = true
label = { en = "Health" }
options = [{ value = "well", label = { en = "Well" } }, { value = "ill", label = { en = "Ill" } }]

[[fields]]
name = "care"
type = "text"
required = false
when = { field = "health", is = ["ill"] }
label = { en = "Care" }
"""
SARA = "sara@example.com"
OWN = re.compile(r'(value|data-challenge)="[^"]{40,}"')  # ticket and challenge: of each visit alone


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(STEPS)


def page(client: FlaskClient) -> str:
    return OWN.sub("", client.get("/f/steps").text)


def spec(client: FlaskClient) -> dict[str, Any]:
    """What the embed gets with this browser's id."""
    cookie = client.get_cookie("sarnakh_v_demo")
    assert cookie is not None
    reply = client.post("/f/steps/spec", json={"_visitor": cookie.value}, content_type="text/plain")
    return {name: value for name, value in reply.get_json().items() if name not in {"ticket", "challenge", "visitor"}}


def asked(client: FlaskClient) -> set[str]:
    return side.names_in(client.get("/f/steps").text)


def send(world: World, client: FlaskClient, **answers: str) -> Submission:
    """Fill in the page without script, and let the worker run: it is held, and a mail is on its way."""
    ticket = side.ticket_in(client.get("/f/steps").text)
    world.clock.advance(seconds=30)
    assert client.post("/f/steps", data={"_ticket": ticket, **answers}).status_code == 303
    with world.db.read() as conn:
        sent = side.rows(conn)[-1].id
    world.process([sent])
    return world.found(sent)


def confirm(world: World, client: FlaskClient, sent: Submission) -> str:
    """Press the button behind the mailed link in this browser; the lead's id."""
    assert client.post(world.path(sent)).status_code == 303
    lead_id = world.found(sent.id).lead_id
    assert lead_id is not None
    return lead_id


def learn(world: World, lead_id: str, stage: str | None = None, **values: str) -> None:
    """An import and a score bring something to the lead."""
    with world.db.write() as conn:
        for name, value in values.items():
            leads.add_fact(conn, lead_id, Fact(name, value, "import", "import", world.clock()))
        leads.set_columns(conn, lead_id, {"stage": stage})


def victim(world: World, client: FlaskClient, **values: str) -> str:
    """Somebody of whom much is known, who confirmed in a browser of their own."""
    browser = client.application.test_client()
    lead_id = confirm(world, browser, send(world, browser, email=SARA))
    learn(world, lead_id, "MQL", **{"company": "Arman", "job": "manager", "health": "ill", **values})
    world.clock.advance(days=3)
    return lead_id


def test_r1_attack_typing_an_address_asks_what_it_asks_a_stranger(world: World, client: FlaskClient) -> None:
    """Even when the victim presses the button of the mail that the attacker caused."""
    victim(world, client)
    mallory, stranger, elsewhere = (client.application.test_client() for _ in range(3))
    caused = send(world, mallory, email=SARA, city="Shiraz")
    send(world, stranger, email="nobody@example.com", city="Shiraz")
    assert page(mallory) == page(stranger)
    assert confirm(world, elsewhere, caused)
    world.clock.advance(days=1)
    assert page(mallory) == page(stranger)
    assert spec(mallory) == spec(stranger)
    assert asked(mallory) == {"job", "team"}


def test_r1_where_it_was_confirmed_the_leads_facts_stage_and_values_count(world: World, client: FlaskClient) -> None:
    lead_id = confirm(world, client, send(world, client, email=SARA, city="Shiraz"))
    world.clock.advance(days=31)  # the company was skipped
    assert asked(client) == {"company"}
    learn(world, lead_id, company="Arman")
    assert asked(client) == {"job", "team"}
    learn(world, lead_id, job="manager")
    assert asked(client) == {"team"}
    learn(world, lead_id, "MQL")
    assert asked(client) == {"budget", "team"}
    learn(world, lead_id, "MQL", job="student")
    assert asked(client) == {"budget"}
    assert not re.search("Arman|student|Shiraz|sara@", client.get("/f/steps").text)


def test_r1_in_another_browser_nothing_of_it_counts(world: World, client: FlaskClient) -> None:
    victim(world, client, city="Shiraz")
    other = client.application.test_client()
    send(world, other, email=SARA)
    assert asked(other) == {"job", "team"}  # city and company were skipped there
    world.clock.advance(days=31)
    assert asked(other) == {"city", "company"}


def test_r1_the_next_person_in_a_browser_learns_nothing_of_another(world: World, client: FlaskClient) -> None:
    """Mallory confirmed an address of her own; then she types Sara's, and Sara presses the button elsewhere."""
    victim(world, client)
    mallory, elsewhere = client.application.test_client(), client.application.test_client()
    learn(world, confirm(world, mallory, send(world, mallory, email="mallory@example.com")), "MQL", company="Evil")
    before = asked(mallory)
    mallory.post("/f/steps/forget", data={"lang": "en"})
    caused = send(world, mallory, email=SARA)
    confirm(world, elsewhere, caused)
    assert (before, asked(mallory)) == ({"budget"}, {"job", "team"})


def test_r1_a_second_address_in_a_confirmed_browser_takes_the_first_ones_facts_away(
    world: World, client: FlaskClient
) -> None:
    lead_id = confirm(world, client, send(world, client, email=SARA))
    learn(world, lead_id, "MQL")
    assert "budget" in asked(client)
    ticket = side.ticket_in(client.application.test_client().get("/f/steps").text)  # of a page that asks who it is
    client.post("/f/steps", data={"_ticket": ticket, "email": "b@example.com"})
    assert "budget" not in asked(client)


def test_r1_a_link_that_staff_took_away_counts_no_more(world: World, client: FlaskClient) -> None:
    sent = send(world, client, email=SARA)
    learn(world, confirm(world, client, sent), "MQL")
    with world.db.write() as conn:
        leads.set_link_strength(conn, sent.id, "typed")
    assert "budget" not in asked(client)


def test_r1_one_persons_other_records_count_until_they_are_apart(world: World, client: FlaskClient) -> None:
    elsewhere = client.application.test_client()
    other = confirm(world, elsewhere, send(world, elsewhere, email="work@example.com"))
    learn(world, other, "MQL", city="Shiraz", company="Arman")
    lead_id = confirm(world, client, send(world, client, email=SARA, city="Qom"))
    assert asked(client) == {"job", "team"}
    by_staff: dict[str, Any] = {"by": None, "now": world.clock()}
    with world.db.write() as conn:
        made = merging.merge(conn, world.site.id, (other, lead_id), **by_staff)
    assert asked(client) == {"budget"}
    with world.db.write() as conn:
        merging.undo(conn, world.site.id, made, **by_staff)
    assert asked(client) == {"job", "team"}


def test_r1_sensitive_answers_steer_nowhere(world: World, client: FlaskClient) -> None:
    lead_id = confirm(world, client, send(world, client, email=SARA, city="Shiraz", company="Arman"))
    learn(world, lead_id, job="student")
    assert asked(client) == {"health", "care"}
    send(world, client, health="ill", care="much")
    world.clock.advance(days=1)
    assert asked(client) == {"health"}  # as if it had never been asked
    with world.db.read() as conn:
        found = known.here(conn, world.site.id, side.rows(conn)[-1].visitor_id).known
    assert "health" not in {*found.answered, *found.skipped, *found.lead_answered, *found.values}
    assert "care" in found.answered


def test_an_old_fact_is_asked_anew(world: World, client: FlaskClient) -> None:
    lead_id = confirm(world, client, send(world, client, email=SARA, city="Shiraz"))
    learn(world, lead_id, company="Arman", job="student")
    assert asked(client) == {"health", "care"}
    world.clock.advance(days=365)
    assert asked(client) == {"company"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_known_is_read_by_index(world: World, client: FlaskClient) -> None:
    sent = send(world, client, email=SARA)
    learn(world, confirm(world, client, sent), company="Arman")
    tables = ("visitors", "submissions", "confirmations", "leads", "facts", "identity_links")
    with planned(world.db, *tables) as lines, world.db.read() as conn:
        found = known.here(conn, world.site.id, world.found(sent.id).visitor_id).known
    assert found.lead_answered.keys() == {"email", "company"}
    assert not [line for line in lines if line.startswith("SCAN ") and "CONSTANT" not in line]
    assert not [line for line in lines if re.search(r"\(site_id=\?\)$", line)], "only by the site"


def test_r1_only_a_confirmed_link_costs_another_read(world: World, client: FlaskClient) -> None:
    sent = send(world, client, email=SARA)
    assert asked(client)  # what a version marks as sensitive is read once a process
    assert reads(world, sent) == 2
    confirm(world, client, sent)
    assert reads(world, sent) == 3


def reads(world: World, sent: Submission) -> int:
    """How many statements choosing the next questions takes."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    with world.db.read() as conn:
        event.listen(world.db.engine, "before_cursor_execute", note)
        known.here(conn, world.site.id, sent.visitor_id)
        event.remove(world.db.engine, "before_cursor_execute", note)
    return len(asked)
