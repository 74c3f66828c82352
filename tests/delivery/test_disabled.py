"""A disabled destination, such as one that answered 410, gets nothing; what it ought to have heard is not forgotten."""

from __future__ import annotations

from gateway.delivery.ledger import resend_all
from gateway.store import destinations
from gateway.store.deliveries_search import Filter
from tests.delivery.conftest import World


def test_r31_a_disabled_destination_is_owed_what_it_has_parked_until_somebody_sends_it(world: World) -> None:
    place = world.destination()
    lead, stranger = world.lead(), world.lead()
    world.queue(lead)
    world.send()
    with world.db.write() as conn:
        destinations.disable(conn, world.site.id, place.id, reason="http_410", now=world.clock())
    assert world.queue(stranger) == []
    fallen = world.change(lead, stage="lost")
    world.queue(fallen)
    world.queue(world.change(fallen, erased_at=world.clock()))
    assert world.counts(place) == {"due": 0, "delivered": 1, "parked": 1, "superseded": 1}
    with world.db.write() as conn:
        destinations.resume(conn, world.site.id, place.id, world.clock.advance(seconds=1))
    assert resend_all(world.parts, world.site.id, Filter(reason="destination_disabled"), by=None) == 1  # the newest
    world.send()
    assert [body["type"] for body in world.receiver.bodies] == ["lead.qualified", "lead.erased"]
