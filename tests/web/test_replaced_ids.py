"""A merge replaces the ids of the browsers that knew its leads (rule 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import merging
from gateway.parts import Parts
from gateway.records import Site
from gateway.store import leads, persons, visitors
from gateway.web import visitor_ids
from gateway.web.replaced_ids import HANDED_FOR
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

SARA = {"email": "sara@example.ir", "consent_store": "yes"}


@pytest.fixture
def site(parts: Parts) -> Site:
    return side.publish(parts, side.GUIDE)


def known(client: FlaskClient, parts: Parts, site: Site, clock: SettableClock, *, merged: bool = True) -> str:
    """The id of a browser that said who it is, and whose lead was merged an hour later."""
    sent = side.send_json(client, "guide", {**SARA, "_ticket": side.spec(client, "guide")["ticket"]}).json
    this = visitor_ids.read(parts.config.secret_key, site.key, sent["visitor"])
    assert this is not None
    with parts.db.write() as conn:
        one, other = (leads.create(conn, site.id, clock()) for _ in range(2))
        visitors.set_lead(conn, site.id, this, one)
    clock.advance(hours=1)
    if merged:
        with parts.db.write() as conn:
            merging.merge(conn, site.id, (one, other), by=None, now=clock())
    clock.advance(hours=1)
    return str(sent["visitor"])


def asked(client: FlaskClient, who: str, **more: Any) -> tuple[str | None, bool]:
    """The id that a spec hands out, and whether it knows the browser."""
    found = client.post("/f/guide/spec", json={"_visitor": who, **more}).json
    return found["visitor"], found["recognised"]


def test_r08_a_merge_replaces_the_id_and_the_old_one_shows_nothing_any_more(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    old = known(client, parts, site, clock)
    new, recognised = asked(client, old)
    assert new not in {None, old} and recognised
    assert asked(client, old) == (new, True)  # another tab, or a reply that was lost
    assert asked(client, str(new)) == (None, True)  # replaced once
    clock.advance(seconds=HANDED_FOR.total_seconds())
    assert asked(client, old) == (None, False)
    assert asked(client, str(new)) == (None, True)


def merge_again(parts: Parts, site: Site, clock: SettableClock, who: str) -> str:
    """The person of this browser, merged with one more lead; the merge."""
    this = visitor_ids.read(parts.config.secret_key, site.key, who)
    with parts.db.write() as conn:
        own = str(visitors.lead_of(conn, site.id, this))
        person = persons.survivors(conn, [own]).get(own, own)
        merge = merging.merge(conn, site.id, (person, leads.create(conn, site.id, clock())), by=None, now=clock())
    clock.advance(hours=1)
    return merge


def test_r08_attack_a_stolen_id_stays_dead_when_its_lead_is_merged_once_more(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    stolen = known(client, parts, site, clock)
    own, _ = asked(client, stolen)
    clock.advance(hours=1)
    merge_again(parts, site, clock, stolen)
    assert asked(client, stolen) == (None, False)
    newest, recognised = asked(client, str(own))
    assert newest not in {None, own, stolen} and recognised
    assert asked(client, str(newest)) == (None, True)


def test_r08_attack_a_stolen_id_stays_dead_after_another_merge_than_the_one_that_replaced_it(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    stolen = known(client, parts, site, clock, merged=False)
    first = merge_again(parts, site, clock, stolen)
    asked(client, stolen)
    clock.advance(hours=1)
    with parts.db.write() as conn:
        merging.undo(conn, site.id, first, by=None, now=clock())
    assert merge_again(parts, site, clock, stolen) != first
    assert asked(client, stolen) == (None, False)


def test_r08_a_browser_that_slept_through_two_merges_gets_one_new_id(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    old = known(client, parts, site, clock)
    merge_again(parts, site, clock, old)
    new, recognised = asked(client, old)
    assert new not in {None, old} and recognised
    assert asked(client, str(new)) == (None, True)


def test_r08_the_hosted_pages_cookie_is_replaced_too(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    old = known(client, parts, site, clock)
    client.set_cookie("sarnakh_v_shop", old)
    client.get("/f/guide")
    cookie = client.get_cookie("sarnakh_v_shop")
    assert cookie is not None and cookie.value not in {"", old}
    assert asked(client, cookie.value) == (None, True)


def test_r08_an_id_stays_where_nothing_was_merged(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    apart = known(client, parts, site, clock, merged=False)
    assert asked(client, apart) == (None, True)
    assert asked(client, apart, consent=False) == (None, True)


def test_r08_who_may_not_be_remembered_gets_no_new_id_and_the_old_one_shows_nothing(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    merged = known(client, parts, site, clock)
    assert asked(client, merged, consent=False) == (None, False)


def test_r08_a_merge_that_was_taken_back_replaces_nothing(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    old = known(client, parts, site, clock)
    this = str(visitor_ids.read(parts.config.secret_key, site.key, old))
    with parts.db.write() as conn:
        merge = visitors.merged_since(conn, site.id, this)
        merging.undo(conn, site.id, str(merge), by=None, now=clock() + timedelta(minutes=1))
        assert visitors.merged_since(conn, site.id, this) is None
    assert asked(client, old) == (None, True)
