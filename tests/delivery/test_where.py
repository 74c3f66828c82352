"""The dry run on a terminal and as JSON: `sarnakh why --where`."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from gateway.delivery import ledger, where
from gateway.routing.hours import WEEKS, Hours
from gateway.routing.model import Owner, Rule
from gateway.store import routes
from tests.delivery.conftest import World

LACKS = "would be set aside: there is no consent for marketing"
THURSDAY = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.fixture
def routed(world: World) -> World:
    """Hot leads of Tehran to the CRM in office hours, the others to a mail tool that needs consent."""
    crm, mail = world.destination(sends="rules", name="CRM"), world.destination(name="Mail", purpose="marketing")
    world.clock.set(THURSDAY)
    hours, owners = Hours(WEEKS["iran"], time(9), time(17)), (Owner("7", "Ali"),)
    city = {"field": "city", "any_of": ["Tehran"]}
    with world.db.write() as conn:
        for one in routes.of_site(conn, world.site.id).rules:
            routes.remove_rule(conn, world.site.id, one.id)
        for rule in (
            Rule("", 0, "Tehran", ({"cells": ["B2"]}, city), (crm.id,)),
            Rule("", 0, "", ({"stages": ["SQL"]},), (crm.id,), stop=True, hours=hours, owners=owners),
            Rule("", 0, "Rest", (), (mail.id,)),
        ):
            routes.save_rule(conn, world.site.id, rule, world.clock.advance(seconds=1))
    return world


def test_it_tells_each_rule_and_each_destination(routed: World) -> None:
    lead = routed.lead()
    with routed.db.read() as conn:
        found = where.of_lead(conn, lead, routed.clock(), "en")
    assert [(one["name"], one["code"], one["not_before"], one["lacks_consent"]) for one in found["goes"]] == [
        ("CRM", "rule", "2026-11-28T05:30:00Z", None),
        ("Mail", "all", None, "marketing"),
    ]
    assert [(one["outcome"], one["failed"]) for one in found["rules"]] == [
        ("fails", ["city is tehran"]),
        ("sends", []),
        ("past", []),
    ]
    assert (found["owner"], found["next_owner"], found["barred"]) == (None, "7", None)
    assert "\n".join(where.lines(found, "en")).splitlines()[1:] == [
        f"  CRM ({found['goes'][0]['destination']})  Rule 2: it holds; not before 2026-11-28T05:30:00Z",
        f"  Mail ({found['goes'][1]['destination']})  it gets every accepted lead; at once; {LACKS}",
        "  Rule 1, “Tehran”: does not hold",
        "    ✗ city is tehran",
        "  Rule 2: holds: goes to CRM",
        "  Rule 3, “Rest”: not asked any more: the search had ended",
        "  Rule 2 would deal it to 7.",
    ]


@pytest.mark.parametrize(
    "columns, said", [({"test": True}, "آزمایشی است"), ({"disqualified": "competitor"}, "کنار گذاشته")]
)
def test_it_says_who_goes_nowhere_whatever_the_rules_say(routed: World, columns: dict[str, object], said: str) -> None:
    lead = routed.lead(**columns)  # type: ignore[arg-type]
    with routed.db.read() as conn:
        assert said in "\n".join(where.lines(where.of_lead(conn, lead, routed.clock(), "fa"), "fa"))


def test_a_known_owner_is_said_and_stays(routed: World) -> None:
    lead = routed.lead()
    with routed.db.write() as conn:
        ledger.queue(conn, lead, routed.clock())
    with routed.db.read() as conn:
        found = where.of_lead(conn, routed.found(lead.id), routed.clock(), "en")
    assert (found["owner"], found["next_owner"]) == ("7", None)
    assert "  Its owner is 7; that stays so." in where.lines(found, "en")
