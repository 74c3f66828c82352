"""A merge replaces the ids of the browsers that knew its leads (rule 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import merging
from gateway.parts import Parts
from gateway.records import Site
from gateway.store import leads, visitors
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


def test_r08_the_hosted_pages_cookie_is_replaced_too(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    old = known(client, parts, site, clock)
    client.set_cookie("sarnakh_v_shop", old)
    client.get("/f/guide")
    cookie = client.get_cookie("sarnakh_v_shop")
    assert cookie is not None and cookie.value not in {"", old}
    assert asked(client, cookie.value) == (None, True)


def test_r08_an_id_stays_where_nothing_was_merged_or_nobody_agrees_to_another(
    client: FlaskClient, parts: Parts, site: Site, clock: SettableClock
) -> None:
    apart = known(client, parts, site, clock, merged=False)
    assert asked(client, apart) == (None, True)
    merged = known(client, parts, site, clock)
    assert asked(client, merged, consent=False) == (None, True)


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
