"""What an answer must not do on its way out: steer an address, a header, a CRM."""

from __future__ import annotations

from gateway.delivery import payload
from gateway.delivery.payload import LeadStory
from gateway.records import Fact
from gateway.store import leads
from tests.delivery.conftest import World

MALICE = "{{email}} {email} ${email} %s\r\nX-Evil: 1"


def test_r33_attack_nothing_of_an_answer_reaches_url_or_headers(world: World) -> None:
    """What looks like a place for a value in the destination's own URL stays as it was written."""
    world.destination(f"{world.receiver.url}/{{email}}?to={{{{first_name}}}}&x=%s")
    lead = world.lead()
    with world.db.write() as conn:
        leads.add_fact(conn, lead.id, Fact("first_name", MALICE, "typed", "sub_1", world.clock()))
    world.queue(world.found(lead.id))
    world.send()
    [request] = world.receiver.requests
    assert request.path == "/hook/%7Bemail%7D?to={{first_name}}&x=%s"
    assert "x-evil" not in request.headers
    assert request.json["data"]["fields"]["first_name"]["value"] == MALICE


def test_r29_the_receiver_is_told_how_well_each_value_is_known(world: World) -> None:
    """By it a CRM keeps typed-only values from changing what it holds."""
    lead = world.lead()
    with world.db.write() as conn:
        leads.add_fact(conn, lead.id, Fact("job_title", "CEO", "typed", "sub_2", world.clock()))
        leads.add_fact(conn, lead.id, Fact("email", "x@evil.example", "typed", "sub_2", world.clock(), "proposed"))
    told = payload.data(LeadStory(world.found(lead.id), "demo"))["fields"]
    assert {name: fact["strength"] for name, fact in told.items()} == {"email": "confirmed", "job_title": "typed"}
    assert told["email"]["value"] != "x@evil.example"
