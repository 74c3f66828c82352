"""From a held submission over a mailed link to a lead: what confirming releases, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import deciding, privacy
from gateway.store import consents, leads, submissions, verdicts
from tests.confirming.conftest import ALWAYS, SARA, SPAM, World

CONSENTING = {**SARA, "consent_marketing": True}


def test_a_visitor_without_script_releases_themselves(world: World, client: FlaskClient) -> None:
    held = world.send(CONSENTING)
    assert held.status == "held"
    assert [mail.recipient for mail in world.mails()] == ["sara@example.com"]
    world.clock.advance(days=2)
    assert client.post(world.path(held)).status_code == 303
    done = world.found(held.id)
    assert done.status == "accepted"
    lead = world.lead(done.lead_id)
    assert {fact.strength for fact in lead.facts.values()} == {"confirmed"}
    assert {fact.at for fact in lead.facts.values()} == {held.received_at}
    with world.db.read() as conn:
        [receipt] = consents.of_lead(conn, lead.id)
        link = leads.link_of_submission(conn, held.id)
        last = verdicts.of_submission(conn, held.id)[-1]
    assert (receipt.state, receipt.at) == ("confirmed", held.received_at)
    assert receipt.evidence["confirmed"]["block"] == "127.0.0.0/24"
    assert link is not None
    assert (link.basis, link.strength) == ("new", "confirmed")
    assert (last.outcome, last.decided_by) == ("accept", "visitor")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_r18_a_mail_scanner_that_opens_the_link_confirms_nothing(
    world: World, client: FlaskClient, method: str
) -> None:
    held = world.send()
    reply = client.open(world.path(held), method=method)
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in reply.headers["X-Robots-Tag"]
    assert world.found(held.id).status == "held"
    assert world.asked(held)[0].confirmed_at is None


def test_the_page_names_the_form_and_nobody(world: World, client: FlaskClient) -> None:
    held = world.send()
    page = client.get(world.path(held)).text
    assert "Guide" in page and "Demo" in page
    assert "sara" not in page.lower()
    assert "data-auto" not in page


def test_confirming_twice_says_that_it_is_done(world: World, client: FlaskClient) -> None:
    held = world.send()
    for _ in range(2):
        assert "Thank you, confirmed" in client.post(world.path(held), follow_redirects=True).text
    lead = world.lead(world.found(held.id).lead_id)
    assert lead.version == 1
    with world.db.read() as conn:
        assert len(leads.links_of(conn, lead.id)) == 1
        assert len(verdicts.of_submission(conn, held.id)) == 2


def test_r16_what_confirming_does_not_clear_waits_for_staff(world: World) -> None:
    assert world.send(facts=SPAM).status == "held"
    assert world.mails() == []


def test_r16_what_is_left_after_confirming_is_weighed_again(make_world: Callable[..., World]) -> None:
    """A person without script whose browser fills in: quick, but no more than that."""
    world = make_world(ALWAYS)
    held = world.send(facts={"script": True, "fill_seconds": 1.5, "honeypot": ""})
    assert [finding["code"] for row in _verdicts(world, held.id) for finding in row.findings if finding["weight"]] == [
        "confirmation_wanted", "filled_fast",
    ]  # fmt: skip
    assert world.asked(held)[0].kept_back is None


def test_r18_a_form_that_wants_every_address_confirmed_holds_whatever_its_limit_is(
    make_world: Callable[..., World],
) -> None:
    world = make_world(ALWAYS.replace("[policy]", "[policy]\nhold_at = 900"))
    good = {"script": True, "fill_seconds": 30.0}
    assert world.send(facts=good).status == "held"
    assert len(world.mails()) == 1


def test_what_staff_turned_down_is_not_released_by_confirming(world: World, client: FlaskClient) -> None:
    held = world.send()
    deciding.reject(_parts(world), world.site.id, held.id, None)
    client.post(world.path(held))
    assert world.found(held.id).status == "rejected"
    assert world.asked(held)[0].confirmed_at is not None


def test_what_staff_released_first_stands_stronger_once_confirmed(world: World, client: FlaskClient) -> None:
    held = world.send(CONSENTING)
    lead_id = deciding.release(_parts(world), world.site.id, held.id, None)
    before = world.lead(lead_id)
    assert {fact.strength for fact in before.facts.values()} == {"typed"}
    for _ in range(2):
        client.post(world.path(held))
    after = world.lead(lead_id)
    assert {fact.strength for fact in after.facts.values()} == {"confirmed"}
    assert after.version == before.version + 1
    with world.db.read() as conn:
        assert [row.state for row in consents.of_lead(conn, after.id)] == ["confirmed"]
        assert [row.strength for row in leads.links_of(conn, after.id)] == ["confirmed"]


def test_an_erased_one_is_told_friendly(world: World, client: FlaskClient) -> None:
    held = world.send()
    path = world.path(held)
    world.clock.advance(days=91)
    assert privacy.expire(world.db, world.clock())["held"] == 1
    assert "nothing to confirm" in client.get(path, headers={"Accept-Language": "en"}).text
    assert client.post(path).status_code == 303


@pytest.mark.parametrize("block_hash", ["b1", None])
def test_r37_what_a_confirming_request_told_goes_whoever_asked(
    world: World, client: FlaskClient, block_hash: str | None
) -> None:
    """What a server sent by the API came from no visitor's address block."""
    held = world.send(block_hash=block_hash)
    client.post(world.path(held))
    [told] = world.asked(held)
    assert told.evidence["block"] == "127.0.0.0/24"
    world.clock.advance(days=179)
    assert privacy.expire(world.db, world.clock())["confirming"] == 0
    world.clock.advance(days=2)
    assert [privacy.expire(world.db, world.clock())["confirming"] for _ in range(2)] == [1, 0]
    [bare] = world.asked(held)
    assert (bare.evidence, bare.block_hash, bare.confirmed_at) == ({}, None, told.confirmed_at)


def test_r37_an_answer_years_after_leaves_nothing_that_stays(world: World, client: FlaskClient) -> None:
    sent = world.send()
    with world.db.write() as conn:
        submissions.set_status(conn, sent, "accepted", world.clock())
    world.clock.advance(days=400)
    assert privacy.expire(world.db, world.clock())["confirming"] == 1
    client.post(world.path(sent), data={"answer": "not_me"})
    [told] = world.asked(sent)
    assert told.refused_at == world.clock() and told.evidence
    assert privacy.expire(world.db, world.clock())["confirming"] == 1
    assert world.asked(sent)[0].evidence == {}


def _parts(world: World) -> Any:
    """What deciding needs of them."""
    return SimpleNamespace(db=world.db, clock=world.clock)


def _verdicts(world: World, submission_id: str) -> list[verdicts.VerdictRow]:
    with world.db.read() as conn:
        return verdicts.of_submission(conn, submission_id)
