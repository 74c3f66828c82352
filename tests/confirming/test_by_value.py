"""The next best question: by value where the link was confirmed in this browser, else in the form's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from gateway import next_questions
from gateway.scoring.asking import ENOUGH
from gateway.store import answer_counts, submissions
from gateway.store import forms as form_rows
from gateway.store.tables import submissions as sent_rows
from tests.confirming.conftest import World
from tests.confirming.test_next_questions import confirm, learn
from tests.support import intake
from tests.support import visitor_side as side
from tests.support.plans import planned

HEAD = """
key = "steps"
languages = ["en"]
title = { en = "Steps" }
submit_label = { en = "Send" }
questions_per_visit = 1
order = "value"

[policy]
hold_at = 10

[[fields]]
name = "email"
type = "email"
label = { en = "E-mail" }
"""


def question(name: str, *more: str) -> str:
    lines = (f'name = "{name}"', 'type = "text"', f'label = {{ en = "{name}" }}', "required = false", *more)
    return "\n".join(("\n[[fields]]", *lines, ""))


def choice(name: str, values: tuple[str, ...], *more: str) -> str:
    options = ", ".join(f'{{ value = "{value}", label = {{ en = "{value}" }} }}' for value in values)
    return question(name, f"options = [{options}]", *more).replace('type = "text"', 'type = "choice"')


STEPS = (
    HEAD
    + question("shoes")
    + question("city")
    + choice("company_size", ("1_9", "10_49"))
    + question("job_title")
    + choice("relationship", ("none", "competitor"), "sensitive = true")
)
SARA = "sara@example.com"


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(STEPS)


def asked(client: FlaskClient) -> set[str]:
    return side.names_in(client.get("/f/steps").text)


def send(world: World, client: FlaskClient, **answers: str) -> Any:
    ticket = side.ticket_in(client.get("/f/steps").text)
    world.clock.advance(seconds=90)  # longer than serving keeps a site's rules and counts
    assert client.post("/f/steps", data={"_ticket": ticket, **answers}).status_code == 303
    with world.db.read() as conn:
        sent = side.rows(conn)[-1].id
    world.process([sent])
    return world.found(sent)


def test_r01_by_value_only_where_the_link_was_confirmed(world: World, client: FlaskClient) -> None:
    other, stranger = client.application.test_client(), client.application.test_client()
    assert asked(client) == {"email", "shoes"}
    lead_id = confirm(world, client, send(world, client, email=SARA))
    learn(world, lead_id, company_size="10_49")
    send(world, other, email=SARA)
    send(world, stranger, email="nobody@example.com")
    world.clock.advance(days=31)
    assert asked(client) == {"job_title"}
    assert asked(other) == asked(stranger) == {"shoes"}
    learn(world, lead_id, company_size="10_49", job_title="Baker")
    world.clock.advance(minutes=2)
    assert asked(client) == {"city"}  # shoes are in no rule; relationship is sensitive
    assert asked(other) == asked(stranger) == {"shoes"}


def test_r01_what_was_said_in_a_sensitive_question_moves_no_order(world: World, client: FlaskClient) -> None:
    """Two people alike but for it: the rules ask for it, and the order does not tell."""
    found = []
    for address, told in (("a@example.com", "none"), ("b@example.com", "competitor")):
        browser = client.application.test_client()
        sent = send(world, browser, email=address)
        confirm(world, browser, sent)
        world.clock.advance(days=31)
        with world.db.write() as conn:
            answers = {"relationship": told}
            site, form_id = world.site, world.form_id
            new = intake.submission(
                site, form_id, answers, world.clock(), visitor_id=sent.visitor_id, asked=tuple(answers)
            )
            made = submissions.receive_all(conn, [new])[0].submission_id
        world.process([made])
        world.clock.advance(minutes=2)
        found.append(asked(browser))
    assert found[0] == found[1] == {"job_title"}


def test_r01_routing_is_not_told_what_an_earlier_version_marked_sensitive(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = send(world, client, email=SARA)
    confirm(world, client, sent)
    with world.db.write() as conn:
        answers = {"relationship": "none", "city": "Shiraz"}
        new = intake.submission(
            world.site, world.form_id, answers, world.clock(), visitor_id=sent.visitor_id, asked=tuple(answers)
        )
        made = submissions.receive_all(conn, [new])[0].submission_id
    world.process([made])
    with world.db.write() as conn:
        form_rows.save_draft(conn, world.site.id, STEPS.replace("sensitive = true", ""), world.clock())
        form_rows.publish(conn, world.site.id, "steps", world.clock())
    world.clock.advance(days=31)
    told: list[set[str]] = []
    monkeypatch.setattr(next_questions, "hypothetical", lambda lead, *_: told.append({*lead.facts}) or frozenset())
    asked(client)
    assert told
    assert all("city" in names and "relationship" not in names for names in told)


def test_r01_nobody_else_costs_a_statement_more(world: World, client: FlaskClient) -> None:
    sent = send(world, client, email=SARA)
    statements(world, sent.visitor_id)  # what a version marks as sensitive is read once a process
    unconfirmed = statements(world, sent.visitor_id)
    confirm(world, client, sent)
    kept = next_questions.Yardsticks()
    assert (unconfirmed, statements(world, None)) == (2, 0)
    assert statements(world, sent.visitor_id, kept) > statements(world, sent.visitor_id, kept) == 7


def statements(world: World, visitor: str | None, kept: next_questions.Yardsticks | None = None) -> int:
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    with world.db.read() as conn:
        found = form_rows.published(conn, "steps")
        assert found is not None
        event.listen(world.db.engine, "before_cursor_execute", note)
        kept = kept or next_questions.Yardsticks()
        next_questions.plan(conn, found.form, world.site.id, visitor, now=world.clock(), kept=kept)
        event.remove(world.db.engine, "before_cursor_execute", note)
    return len(seen)


def test_how_people_answered_is_counted_and_few_tell_nothing(world: World, client: FlaskClient) -> None:
    for number in range(ENOUGH):
        world.send(
            {
                "email": f"p{number}@example.com",
                "company_size": "1_9",
                "job_title": "Baker",
                "relationship": "competitor",
            }
        )
    with world.db.write() as conn:
        conn.execute(sent_rows.update().values(status="accepted"))
    next_questions.count_answers(world.db, world.clock())
    with world.db.read() as conn:
        assert answer_counts.get(conn, world.site.id) == {"company_size": {"1_9": ENOUGH}, "job_title": {"–": ENOUGH}}
        kept = list(conn.execute(select(sent_rows.c.id)))
    assert len(kept) == ENOUGH


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_answers_are_counted_by_index(world: World) -> None:
    world.send({"email": SARA, "company_size": "1_9"})
    with planned(world.db, "submissions") as lines, world.db.read() as conn:
        answer_counts.newest(conn, world.site.id, 5)
    assert lines
    assert not [line for line in lines if line.startswith("SCAN ") or "TEMP B-TREE" in line]
