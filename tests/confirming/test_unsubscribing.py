"""Unsubscribing on the confirmation page: what allows the site to write to the address is withdrawn (rule 27)."""

from __future__ import annotations

from flask.testing import FlaskClient

from gateway import standing
from gateway.store import consents
from gateway.store.consents import ConsentRow
from tests.confirming.conftest import SARA, World

CONSENTING = {**SARA, "consent_marketing": True}
UNSUBSCRIBE = {"answer": "unsubscribe"}


def states(world: World, lead_id: str | None) -> list[str]:
    with world.db.read() as conn:
        return [row.state for row in consents.of_lead(conn, str(lead_id))]


def test_r27_unsubscribing_withdraws_and_raises_the_version(world: World, client: FlaskClient) -> None:
    held = world.send(CONSENTING)
    client.post(world.path(held))
    lead = world.lead(world.found(held.id).lead_id)
    assert 'value="unsubscribe"' in client.get(world.path(held)).text
    world.clock.advance(days=1)
    for _ in range(2):
        page = client.post(world.path(held), data=UNSUBSCRIBE, follow_redirects=True).text
        assert "You are unsubscribed" in page
        assert 'value="unsubscribe"' not in page
    assert states(world, lead.id) == ["confirmed", "withdrawn"]
    assert world.lead(lead.id).version == lead.version + 1
    with world.db.read() as conn:
        last = consents.of_lead(conn, lead.id)[-1]
    assert last.evidence == {
        "reason": "unsubscribed",
        "block": "127.0.0.0/24",
        "user_agent": last.evidence["user_agent"],
    }


def test_whoever_unsubscribes_loses_points_once(world: World, client: FlaskClient) -> None:
    held = world.send({**CONSENTING, "time_to_buy": "0_3"})
    client.post(world.path(held))
    lead_id = str(world.found(held.id).lead_id)
    world.clock.advance(days=1)
    for _ in range(2):
        client.post(world.path(held), data=UNSUBSCRIBE)
    with world.db.read() as conn:
        found = standing.explain(conn, world.lead(lead_id), world.clock())
    assert [line.points for line in found.lines if line.code == "unsubscribes"] == [-15]
    assert world.lead(lead_id).score == found.score


def test_r27_a_claim_after_unsubscribing_changes_nothing_until_it_is_confirmed(
    world: World, client: FlaskClient
) -> None:
    first = world.send(CONSENTING)
    client.post(world.path(first))
    lead_id = world.found(first.id).lead_id
    world.clock.advance(days=1)
    client.post(world.path(first), data=UNSUBSCRIBE)
    world.clock.advance(days=1)
    world.send({**CONSENTING, "job_title": "CEO"}, facts={"script": True, "fill_seconds": 30.0})
    with world.db.read() as conn:
        assert consents.in_force(conn, str(lead_id))["marketing"].state == "withdrawn"
    client.post(world.path(world.send({**CONSENTING, "job_title": "CTO"})))
    with world.db.read() as conn:
        assert consents.in_force(conn, str(lead_id))["marketing"].state == "confirmed"


def test_r27_confirming_an_older_consent_does_not_undo_a_later_withdrawal(world: World, client: FlaskClient) -> None:
    held = world.send(CONSENTING)
    world.clock.advance(days=1)
    direct = world.send({**CONSENTING, "job_title": "CEO"}, facts={"script": True, "fill_seconds": 30.0})
    world.clock.advance(hours=1)
    client.post(world.path(held), data=UNSUBSCRIBE)
    world.clock.advance(hours=1)
    client.post(world.path(held))
    assert world.found(held.id).lead_id == direct.lead_id
    with world.db.read() as conn:
        assert consents.in_force(conn, str(direct.lead_id))["marketing"].state == "withdrawn"


def test_r27_unsubscribing_refuses_the_news_that_nobody_had_agreed_to(world: World, client: FlaskClient) -> None:
    """Who agreed to be called alone: a tick over their address, by whomever, must not bring mails."""
    held = world.send({**SARA, "consent_marketing": False})
    client.post(world.path(held))
    lead_id = str(world.found(held.id).lead_id)
    with world.db.write() as conn:
        agreed = ConsentRow("contact", "consent", "Call me", "en", "confirmed", world.clock(), lead_id)
        consents.add(conn, world.site.id, agreed)
    world.clock.advance(days=1)
    client.post(world.path(held), data=UNSUBSCRIBE)
    world.clock.advance(days=1)
    world.send({**CONSENTING, "job_title": "CEO"}, facts={"script": True, "fill_seconds": 30.0})
    with world.db.read() as conn:
        force = consents.in_force(conn, lead_id)
    assert {purpose: row.state for purpose, row in force.items()} == {"contact": "withdrawn", "marketing": "withdrawn"}


def test_where_nobody_may_be_written_to_nothing_is_offered(world: World, client: FlaskClient) -> None:
    assert 'value="unsubscribe"' not in client.get(world.path(world.send(CONSENTING))).text
