"""Rule 18: mail goes out sparingly, over all sites, and no limit changes what a visitor is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from gateway import confirming, privacy
from gateway.confirming import Budget
from gateway.store import confirmations
from tests.confirming.conftest import ALWAYS, DEAD, SARA, STRICT, World

VISITOR = {"script": True, "fill_seconds": 30.0}


def test_r18_attack_many_forms_and_spellings_reach_one_mailbox_once_a_day(world: World) -> None:
    """Mail bombing: every site and every way to write a Gmail address counts as the same mailbox."""
    other, form_id = world.site_with("other", STRICT.replace('key = "guide"', 'key = "guide2"'))
    kept: list[str | None] = []
    for n, email in enumerate(("v.ictim@gmail.com", "victim+a@gmail.com", "VICTIM@googlemail.com", "victim@gmail.com")):
        where = {"site": other, "form_id": form_id} if n % 2 else {}
        kept.append(world.kept_back(world.send({**SARA, "email": email}, **where)))
        world.clock.advance(hours=1)
    assert kept == [None, "day", "day", "day"]
    assert len(world.mails()) == 1


def test_r18_three_unanswered_in_all(world: World) -> None:
    kept = []
    for _ in range(5):
        kept.append(world.kept_back(world.send()))
        world.clock.advance(days=40)
    assert kept == [None, None, None, "unanswered", "unanswered"]


def test_r18_three_unanswered_are_remembered_when_what_was_sent_is_erased(world: World) -> None:
    for _ in range(3):
        world.send()
        world.clock.advance(days=2)
    world.clock.advance(days=200)
    assert privacy.expire(world.db, world.clock())["held"] == 3
    rows = [row for n in range(3) for row in world.asked(world.found(_ids(world)[n]))]
    assert [(row.block_hash, row.evidence) for row in rows] == [(None, {})] * 3
    assert world.mails() == []
    assert world.kept_back(world.send()) == "unanswered"


def test_r18_whoever_confirms_may_be_asked_again(world: World, client: FlaskClient) -> None:
    for _ in range(2):
        world.send()
        world.clock.advance(days=2)
    client.post(world.path(world.send()))
    world.clock.advance(days=2)
    assert world.kept_back(world.send()) is None


BY_BLOCK = Budget("block_hour", "block_hash", timedelta(hours=1), 2)
BY_FORM = Budget("form_day", "form_id", timedelta(days=1), 2)


@pytest.mark.parametrize(
    "budget, blocks, kept",
    [
        (BY_BLOCK, ("b1", "b1", "b1", "b2"), [None, None, "block_hour", None]),
        (BY_FORM, ("b1", "b2", "b3", "b4"), [None, None, "form_day", "form_day"]),
    ],
)
def test_r18_budgets_by_form_and_address_block(
    world: World, monkeypatch: pytest.MonkeyPatch, budget: Budget, blocks: Sequence[str], kept: Sequence[str | None]
) -> None:
    monkeypatch.setattr(confirming, "BUDGETS", (budget,))
    sent = [world.send({"email": f"p{n}@example.com"}, block_hash=block) for n, block in enumerate(blocks)]
    assert [world.kept_back(one) for one in sent] == list(kept)


def test_it_wasnt_me_stops_all_further_mail_and_makes_no_lead(world: World, client: FlaskClient) -> None:
    held = world.send()
    for _ in range(2):
        page = client.post(world.path(held), data={"answer": "not_me"}, follow_redirects=True)
        assert "Thank you for telling us" in page.text
    assert world.found(held.id).status == "held"
    world.clock.advance(days=2)
    assert world.kept_back(world.send()) == "stopped"
    other, form_id = world.site_with("other", STRICT.replace('key = "guide"', 'key = "guide2"'))
    assert world.kept_back(world.send(site=other, form_id=form_id)) == "stopped"
    with world.db.read() as conn:
        assert confirmations.states(conn, [held.id])[held.id].state(world.clock()) == "refused"


def test_it_wasnt_me_can_be_taken_back_by_the_same_link(world: World, client: FlaskClient) -> None:
    held = world.send()
    client.post(world.path(held), data={"answer": "not_me"})
    client.post(world.path(held))
    assert world.found(held.id).status == "accepted"
    world.clock.advance(days=2)
    assert world.kept_back(world.send()) is None


def test_r07_a_stopped_mailbox_is_held_against_nobody(world: World, client: FlaskClient) -> None:
    client.post(world.path(world.send()), data={"answer": "not_me"})
    assert world.send(facts=VISITOR).status == "accepted"


def test_a_dead_domain_gets_no_mail_and_waits_for_staff(world: World) -> None:
    world.hosts["gone.example"] = DEAD
    assert world.kept_back(world.send({"email": "x@gone.example"}, facts=VISITOR)) == "nowhere"
    assert world.mails() == []


@pytest.mark.parametrize("policy", ['confirm = "never"', 'confirm = "doubtful"'])
def test_a_form_may_ask_nobody(make_world: Callable[..., World], policy: str) -> None:
    world = make_world(f"{STRICT}{policy}\n")
    asked = world.asked(world.send())
    assert bool(asked) is ("never" not in policy)


def test_without_a_way_to_send_nobody_is_asked(world: World) -> None:
    world.ways = confirming.NO_WAYS
    assert world.asked(world.send()) == []


def test_an_expired_link_offers_a_fresh_one_under_the_same_limits(world: World, client: FlaskClient) -> None:
    held = world.send()
    path = world.path(held)
    world.clock.advance(days=14)
    assert "This link has expired" in client.get(path).text
    client.post(path)
    assert world.found(held.id).status == "held"
    for _ in range(2):
        world.clock.advance(seconds=1)
        reply = client.post(path, data={"answer": "again"}, follow_redirects=True)
        assert "If a fresh link can be sent" in reply.text
    assert [row.kept_back for row in world.asked(held)] == [None, None, "day"]
    fresh = world.asked(held)[1]
    assert world.mails()[-1].key == f"confirm:{fresh.id}"
    world.clock.advance(days=1)
    client.post(f"/confirm/{world.mails()[-1].params['token']}")
    assert world.found(held.id).status == "accepted"


def test_one_mail_confirms_what_the_same_browser_sent_with_the_same_address(world: World, client: FlaskClient) -> None:
    first = world.send(visitor_id="vis_1")
    mine = world.send({**SARA, "job_title": "CEO"}, visitor_id="vis_2", previous_visitor_id="vis_1")
    foreign = world.send({**SARA, "job_title": "Spammer"}, visitor_id="vis_bad")
    dotted = world.send({**SARA, "email": "sara+x@gmail.com"}, visitor_id="vis_3", previous_visitor_id="vis_2")
    client.post(world.path(first))
    statuses = [world.found(one.id).status for one in (first, mine, foreign, dotted)]
    assert statuses == ["accepted", "accepted", "held", "held"]


def test_who_confirmed_in_this_browser_is_not_asked_again(make_world: Callable[..., World]) -> None:
    world = make_world(ALWAYS)
    first = world.send(facts=VISITOR, visitor_id="vis_1")
    with world.db.write() as conn:
        confirmations.confirm(conn, world.asked(first)[0].id, {}, visitor_id="vis_1", now=world.clock())
    again = world.send({**SARA, "job_title": "CEO"}, facts=VISITOR, visitor_id="vis_2", previous_visitor_id="vis_1")
    assert again.status == "accepted"
    for other in ({"visitor_id": "vis_9"}, {"visitor_id": "vis_3", "previous_visitor_id": "vis_1"}):
        answers = {**SARA, "job_title": "CTO"} if other["visitor_id"] == "vis_9" else {"email": "reza@example.com"}
        assert world.send(answers, facts=VISITOR, **other).status == "held"


def _ids(world: World) -> list[str]:
    with world.db.read() as conn:
        rows = conn.exec_driver_sql("SELECT id FROM submissions ORDER BY received_at").all()
    return [row[0] for row in rows]
