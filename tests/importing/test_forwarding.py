"""A CRM's own contacts do not go back to it: they wait until something newer comes (rule 31)."""

from __future__ import annotations

import pytest

from gateway import merging, standing
from gateway.delivery import payload
from gateway.records import Event
from gateway.store import claims, deliveries, destinations, events, leads
from gateway.store.destinations import NewDestination
from tests.importing.conftest import Lists


@pytest.fixture
def crm(lists: Lists) -> str:
    place = NewDestination(lists.world.site.id, "webhook", "CRM", {"url": "https://crm.example/hook"}, sends="all")
    with lists.world.db.write() as conn:
        return destinations.add(conn, "for tests only", place, lists.world.clock()).id


def due(lists: Lists, crm: str) -> int:
    with lists.world.db.read() as conn:
        return deliveries.counts(conn, crm)["due"]


def send(lists: Lists, crm: str) -> None:
    """All that is due arrives."""
    with lists.world.db.write() as conn:
        for one in claims.claim(conn, crm, lists.world.clock(), limit=100, owner="us"):
            deliveries.settle(conn, one, "us", status="delivered", now=lists.world.clock(), tries=1)


def test_an_import_sends_nothing(lists: Lists, crm: str) -> None:
    lists.bring("email\na@acme.ir\nb@acme.ir")
    assert due(lists, crm) == 0


def test_a_later_form_sends_the_lead_with_the_crms_id(lists: Lists, crm: str) -> None:
    lists.bring("email,Record ID\na@acme.ir,7\nb@acme.ir,8", source="hubspot")
    lists.world.send({"email": "a@acme.ir", "first_name": "Sara"})
    assert due(lists, crm) == 1
    with lists.world.db.read() as conn:
        said = payload.gather(conn, lists.lead("a@acme.ir"), ())
    assert said["crm_ids"] == {"hubspot": ["7"]}


def test_what_a_server_tells_is_newer_too(lists: Lists, crm: str) -> None:
    lists.bring("email\na@acme.ir")
    world, lead = lists.world, lists.lead("a@acme.ir")
    with world.db.write() as conn:
        event = Event("e1", "demo_request", world.clock(), source="api")
        events.add(conn, world.site.id, lead.id, event, world.clock())
        leads.set_columns(conn, lead.id, {"contact_requested": True})
        standing.refresh(conn, world.site.id, lead.id, world.clock())
    assert due(lists, crm) == 1


def test_two_that_wait_still_wait_when_they_are_merged(lists: Lists, crm: str) -> None:
    lists.bring("email\na@acme.ir\nb@acme.ir")
    ids = lists.lead("a@acme.ir").id, lists.lead("b@acme.ir").id
    with lists.world.db.write() as conn:
        merging.merge(conn, lists.world.site.id, ids, by=None, now=lists.world.clock())
    assert due(lists, crm) == 0


def test_r31_whoever_has_the_lead_hears_what_a_list_brings(lists: Lists, crm: str) -> None:
    lists.world.send({"email": "a@acme.ir"})
    send(lists, crm)
    lists.bring("email,City\na@acme.ir,Tehran")
    assert due(lists, crm) == 1


def test_what_is_due_already_stays_due(lists: Lists, crm: str) -> None:
    lists.world.send({"email": "a@acme.ir"})
    lists.bring("email,City\na@acme.ir,Tehran")
    assert due(lists, crm) == 1


def test_forwarding_is_asked_for(lists: Lists, crm: str) -> None:
    found, _ = lists.bring("email\na@acme.ir\nb@acme.ir")
    assert lists.forward(found) == 2 and due(lists, crm) == 2
    assert lists.forward(found) == 0 and due(lists, crm) == 2


def test_an_import_scores_nothing(lists: Lists) -> None:
    lists.bring("email\na@acme.ir")
    lead = lists.lead("a@acme.ir")
    assert (lead.score, lead.interest, lead.stage, lead.score_changes_at) == (0, 4, None, None)
