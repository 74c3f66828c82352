"""The ledger: what is owed, superseded, delivered and parked (rules 26, 27, 30, 31)."""

from __future__ import annotations

import threading

import pytest
import time_machine
from standardwebhooks import Webhook

from gateway.delivery import ledger
from gateway.delivery.attempting import open_lane
from gateway.delivery.sending import Round
from gateway.store import claims, deliveries, destinations, leads, routes
from gateway.store.claims import Waiting
from tests.delivery.conftest import WHSEC, World
from tests.support.plans import planned


def test_a_lead_arrives_once_signed_and_in_the_shape_of_the_contract(world: World) -> None:
    world.destination()
    lead = world.lead()
    [delivery_id] = world.queue(lead)
    assert world.queue(lead) == []  # the same version is owed once
    assert world.send() == 1
    [request] = world.receiver.requests
    with time_machine.travel(world.clock()):
        body = Webhook(WHSEC).verify(request.body, dict(request.headers))
    assert request.headers["webhook-id"] == delivery_id
    assert (body["type"], body["data"]["id"], body["data"]["version"]) == ("lead.qualified", lead.id, 1)
    [attempt] = world.attempts(delivery_id)
    assert (attempt.http_status, attempt.error) == (200, None)
    assert attempt.reply is None, "a private host's is not kept"
    assert world.get(delivery_id).status == "delivered"
    assert world.send() == 0


def test_r38_test_leads_are_owed_to_nobody(world: World) -> None:
    world.destination()
    assert world.queue(world.lead(test=True)) == []


def test_the_first_one_taken_is_qualified_and_later_ones_are_updates(world: World) -> None:
    world.destination()
    lead = world.lead()
    world.queue(lead)
    world.send()
    world.queue(world.change(lead))
    world.send()
    assert [body["type"] for body in world.receiver.bodies] == ["lead.qualified", "lead.updated"]


def test_r31_whoever_has_the_lead_hears_of_its_fall_and_its_erasure(world: World) -> None:
    place = world.destination(sends="rules")
    lead = world.lead()
    world.queue(lead)
    world.send()
    fallen = world.change(lead, stage="IQL", interest=4, grade="E", disqualified="competitor")
    world.queue(fallen)
    world.send()
    world.queue(world.change(fallen, erased_at=world.clock()))
    world.send()
    bodies = world.receiver.bodies
    assert [body["type"] for body in bodies] == ["lead.qualified", "lead.updated", "lead.erased"]
    assert bodies[1]["data"]["stage"] == "IQL"
    assert set(bodies[2]["data"]) == {"id", "version", "earlier_ids", "site", "test"}
    assert world.counts(place)["delivered"] == 3


def test_r31_whoever_never_had_the_lead_hears_nothing_of_it(world: World) -> None:
    world.destination(sends="rules")
    assert world.queue(world.lead(stage="IQL", interest=4, grade="E")) == []
    gone = world.lead()
    world.queue(gone)
    assert world.queue(world.change(gone, erased_at=world.clock())) == []
    assert world.send() == 0
    assert world.receiver.requests == []


def test_r30_a_newer_version_supersedes_what_was_not_sent(world: World) -> None:
    place = world.destination()
    lead = world.lead()
    [first] = world.queue(lead)
    world.queue(world.change(lead))
    world.send()
    assert (world.get(first).status, world.get(first).reason) == ("superseded", "newer_version")
    assert [body["data"]["version"] for body in world.receiver.bodies] == [2]
    assert world.counts(place) == {"due": 0, "delivered": 1, "parked": 0, "superseded": 1}


def test_what_is_no_longer_routed_is_not_sent(world: World) -> None:
    world.destination(sends="rules")
    lead = world.lead()
    [first] = world.queue(lead)
    assert world.queue(world.change(lead, stage="IQL", interest=4, grade="E")) == []
    assert world.send() == 0
    assert (world.get(first).status, world.get(first).reason) == ("superseded", "no_longer_routed")


def test_r30_a_newer_version_takes_over_from_one_that_failed(world: World) -> None:
    world.destination()
    lead = world.lead()
    [first] = world.queue(lead)
    world.receiver.answer_next(status=500)
    world.send()
    assert world.get(first).status == "due"
    world.queue(world.change(lead))
    assert world.get(first).status == "superseded"
    world.clock.advance(hours=1)
    world.send()
    versions = [(body["type"], body["data"]["version"]) for body in world.receiver.bodies]
    assert versions == [("lead.qualified", 1), ("lead.qualified", 2)]  # nobody said that the first one arrived


def test_r30_versions_do_not_overtake_one_that_is_under_way(world: World) -> None:
    place = world.destination()
    lead = world.lead()
    [first] = world.queue(lead)
    now = world.clock()
    with world.db.write() as conn:
        assert [one.id for one in claims.claim(conn, place.id, now, limit=10, owner="a")] == [first]
    [second] = world.queue(world.change(lead))
    assert world.get(first).status == "due"
    assert world.send() == 0  # it waits for the older one
    with world.db.write() as conn:
        claims.release(conn, "a", [world.get(first)])
    world.send()
    assert (world.get(first).status, world.get(second).status) == ("superseded", "delivered")


def test_r30_after_a_crash_the_same_id_and_bytes_go_out_signed_afresh(world: World) -> None:
    """The worker dies between the receiver's answer and its record: the lease runs out, somebody else sends again."""
    world.destination()
    lead = world.lead()
    [delivery_id] = world.queue(lead)

    class Killed(BaseException):
        """As a signal would: nothing of ours catches it."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(deliveries, "add_attempt", die)
        patch.setattr(claims, "release", die)
        ledger.send_due(world.parts, 10)
    with world.db.write() as conn:  # what counts and is not in the version has changed meanwhile
        leads.set_columns(conn, lead.id, {"score": 99})
    assert world.send() == 0
    world.clock.advance(seconds=119)
    assert world.send() == 0
    world.clock.advance(seconds=1)
    assert world.send() == 1
    before, after = world.receiver.requests
    assert before.body == after.body
    assert before.headers["webhook-id"] == after.headers["webhook-id"] == delivery_id
    assert before.headers["webhook-signature"] != after.headers["webhook-signature"]
    with time_machine.travel(world.clock()):
        Webhook(WHSEC).verify(after.body, dict(after.headers))
    assert world.get(delivery_id).status == "delivered"


def test_an_answer_that_comes_after_the_lease_is_recorded_by_nobody(world: World) -> None:
    place = world.destination()
    [delivery_id] = world.queue(world.lead())
    now = world.clock()
    with world.db.write() as conn:
        [slow] = claims.claim(conn, place.id, now, limit=1, owner="slow")
    later = world.clock.advance(minutes=2)
    with world.db.write() as conn:
        [_] = claims.claim(conn, place.id, later, limit=1, owner="quick")
        assert not deliveries.settle(conn, slow, "slow", status="delivered", now=later)
        assert deliveries.settle(conn, slow, "quick", status="delivered", now=later)
    assert world.get(delivery_id).status == "delivered"


def test_only_one_of_two_racing_senders_gets_a_row(world: World) -> None:
    place = world.destination()
    for _ in range(20):
        world.queue(world.lead())
    start = threading.Barrier(2)
    won: dict[str, list[str]] = {}

    def race(owner: str) -> None:
        start.wait()
        with world.db.write() as conn:
            claimed = claims.claim(conn, place.id, world.clock(), limit=20, owner=owner)
            won[owner] = [one.id for one in claimed]

    threads = [threading.Thread(target=race, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won["a"]) + len(won["b"]) == 20
    assert not set(won["a"]) & set(won["b"])


def test_senders_side_by_side_deliver_everything_once(world: World) -> None:
    place = world.destination()
    for _ in range(30):
        world.queue(world.lead())
    threads = [threading.Thread(target=world.send, args=(3,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [request.headers["webhook-id"] for request in world.receiver.requests]
    assert len(ids) == len(set(ids)) == 30
    assert world.counts(place)["delivered"] == 30


def test_a_slow_or_dead_destination_holds_up_only_its_own(world: World, unused_port: int) -> None:
    dead = world.destination(f"http://127.0.0.1:{unused_port}/")
    alive = world.destination()
    for _ in range(5):
        world.queue(world.lead())
    world.send()
    assert world.counts(alive)["delivered"] == 5
    assert world.counts(dead)["due"] == 5
    assert world.place(dead).failing_since is not None


def test_a_failing_destination_is_probed_with_one_delivery_at_a_time(world: World) -> None:
    place = world.destination()
    for _ in range(3):
        world.queue(world.lead())
    world.receiver.always(status=503)
    assert ledger.send_due(world.parts, 10) == 1  # the first failure ends the round
    now = world.clock()
    with world.db.write() as conn:
        assert claims.lanes(conn, now) == [Waiting(place.id, "webhook", True)]
        claims.claim(conn, place.id, now, limit=1, owner="prober")
        assert claims.lanes(conn, now) == []
        assert not ledger.any_due(conn, now)


def test_r27_without_its_consent_a_destination_gets_no_lead(world: World) -> None:
    world.destination(purpose="marketing")
    lead = world.lead()
    [refused] = world.queue(lead)
    world.send()
    assert (world.get(refused).status, world.get(refused).reason) == ("parked", "no_consent")
    assert world.attempts(refused) == []
    world.consent(lead, "claimed")
    world.queue(world.change(lead))
    world.send()
    assert [body["data"]["version"] for body in world.receiver.bodies] == [2]


def test_r27_a_withdrawal_is_told_without_personal_data(world: World) -> None:
    world.destination(purpose="marketing")
    lead = world.lead()
    world.consent(lead, "confirmed")
    world.queue(lead)
    world.send()
    world.consent(lead, "withdrawn")
    world.consent(lead, "claimed")  # does not lift a withdrawal
    world.queue(world.change(lead))
    world.send()
    body = world.receiver.bodies[-1]
    assert (body["type"], body["data"]["fields"], body["data"]["withheld"]) == ("lead.updated", {}, "no_consent")
    assert body["data"]["consents"][0]["state"] == "withdrawn"
    assert "example.ir" not in world.receiver.requests[-1].body.decode()


def test_r27_consent_counts_at_the_moment_of_sending_also_on_a_later_try(world: World) -> None:
    world.destination(purpose="marketing")
    lead = world.lead()
    world.consent(lead, "confirmed")
    [delivery_id] = world.queue(lead)
    world.receiver.answer_next(status=500)
    world.send()
    world.consent(lead, "withdrawn")
    world.clock.advance(minutes=1)
    world.send()
    assert (world.get(delivery_id).status, world.get(delivery_id).reason) == ("parked", "no_consent")
    assert len(world.receiver.requests) == 1


def test_an_erased_leads_frozen_bytes_never_go_out_again(world: World) -> None:
    world.destination()
    lead = world.lead()
    [first] = world.queue(lead)
    world.receiver.answer_next(status=500)
    world.send()
    with world.db.write() as conn:
        leads.set_columns(conn, lead.id, {"erased_at": world.clock()})
    world.clock.advance(minutes=1)
    world.queue(world.change(lead))
    world.send()
    assert [body["type"] for body in world.receiver.bodies] == ["lead.qualified", "lead.erased"]
    assert world.get(first).status == "superseded"


def test_a_bug_of_ours_costs_the_delivery_tries_but_no_neighbour(world: World) -> None:
    place = world.destination()
    [broken] = world.queue(world.lead())
    with world.db.write() as conn:
        conn.exec_driver_sql(f"UPDATE deliveries SET payload = 'no JSON' WHERE id = '{broken}'")
        destinations.change(conn, world.site.id, place.id, {"purpose": "marketing"})
    good = world.lead()
    world.consent(good, "confirmed")
    [fine] = world.queue(good)
    world.send()
    assert world.get(fine).status == "delivered"
    assert [one.error for one in world.attempts(broken)] == ["fault"]
    assert world.place(place).failing_since is None
    for _ in range(4):
        world.clock.advance(hours=6)
        world.send()
    assert (world.get(broken).status, world.get(broken).reason) == ("parked", "fault")


def test_resending_keeps_id_and_bytes(world: World) -> None:
    world.destination()
    [delivery_id] = world.queue(world.lead())
    world.receiver.answer_next(status=422)
    world.send()
    with world.db.write() as conn:
        assert ledger.resend(conn, world.site.id, delivery_id, world.clock())
        assert not ledger.resend(conn, world.site.id, delivery_id, world.clock())  # it is due already
    world.send()
    first, second = world.receiver.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert world.get(delivery_id).status == "delivered"
    with world.db.write() as conn:
        assert ledger.resend(conn, world.site.id, delivery_id, world.clock())  # a delivered one too: the CRM lost it
        assert not ledger.resend(conn, "site_other", delivery_id, world.clock())
        assert not ledger.resend(conn, world.site.id, "dlv_unknown", world.clock())


def test_r30_a_parked_version_blocks_no_later_one_and_is_not_resent_after_it(world: World) -> None:
    world.destination()
    lead = world.lead()
    [parked] = world.queue(lead)
    world.receiver.answer_next(status=400)
    world.send()
    [newer] = world.queue(world.change(lead))
    with world.db.write() as conn:
        assert not ledger.resend(conn, world.site.id, parked, world.clock())
    world.send()
    assert world.get(newer).status == "delivered"
    with world.db.write() as conn:
        assert not ledger.resend(conn, world.site.id, parked, world.clock())


def test_a_removed_destination_gets_nothing_more_and_its_books_balance(world: World) -> None:
    place, other = world.destination(sends="rules"), world.destination(name="Sheet")
    world.queue(world.lead())
    with world.db.write() as conn:
        destinations.remove(conn, world.site.id, place.id, world.clock())
        assert not any(one.destinations for one in routes.of_site(conn, world.site.id).rules)
        assert [one.id for one in destinations.of_site(conn, world.site.id)] == [other.id]
    world.send()
    assert world.counts(place) == {"due": 0, "delivered": 0, "parked": 1, "superseded": 0}
    assert len(world.receiver.requests) == 1


def test_a_paused_destination_keeps_its_deliveries_due(world: World) -> None:
    place = world.destination()
    with world.db.write() as conn:
        destinations.pause(conn, world.site.id, place.id)
    world.queue(world.lead())
    world.clock.advance(hours=100)
    assert world.send() == 0
    with world.db.write() as conn:
        destinations.resume(conn, world.site.id, place.id, world.clock())
    assert world.send() == 1


def test_a_sender_that_runs_out_of_its_lease_gives_the_rest_back(world: World) -> None:
    """A sender that was stopped for a while must not send what somebody else may have claimed meanwhile."""
    place = world.destination()
    for _ in range(3):
        world.queue(world.lead())
    now = world.clock()
    with world.db.write() as conn:
        claimed = claims.claim(conn, place.id, now, limit=3, owner="stopped")
        lane = open_lane(conn, world.parts.config.secret_key, place.id)
    world.clock.advance(seconds=110)
    assert Round(world.parts, lane, "stopped").send(claimed).taken == 0
    assert world.receiver.requests == []
    assert world.send() == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_round_never_goes_by_all_that_is_due(world: World) -> None:
    """Thousands may wait for a destination that is down."""
    world.destination()
    world.queue(world.lead())
    lead = world.lead()
    with planned(world.db, "deliveries") as lines:
        world.queue(lead)
        world.send()
        with world.db.write() as conn:
            deliveries.owed(conn, lead.id)
            deliveries.thaw(conn, "nobody", ["dlv_1"])
    assert [line for line in lines if "ix_deliveries_status_due_at" in line or line.startswith("SCAN deliveries")] == []
