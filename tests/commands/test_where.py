"""`sarnakh why --where`, and what `doctor` says of routing."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from gateway.cli.doctor import fallback_routes
from gateway.cli.why import why
from gateway.store import destinations, routes
from tests.support.console_side import World


@pytest.mark.parametrize("name", ["sara@acme.example", ""])
def test_why_tells_where_a_lead_would_go(world: World, name: str) -> None:
    ran = CliRunner().invoke(why, [name or world.lead, "--where"], obj=lambda: world.parts)
    assert ran.exit_code == 0, ran.output
    assert "CRM" in ran.output
    assert "Rule 1, “تماس خواسته‌اند”: does not hold" in ran.output
    assert "    ✗ Asked to be contacted" in ran.output


def test_why_tells_it_as_json_and_of_nobody_nothing(world: World) -> None:
    ran = CliRunner().invoke(why, [world.lead, "--where", "--json", "--lang", "fa"], obj=lambda: world.parts)
    found = json.loads(ran.output)
    assert (found["lead"], [one["code"] for one in found["goes"]]) == (world.lead, ["all"])
    assert CliRunner().invoke(why, ["nobody@example.ir", "--where"], obj=lambda: world.parts).exit_code == 1


def test_why_says_why_each_delivery_was_made(world: World) -> None:
    ran = CliRunner().invoke(why, [world.lead], obj=lambda: world.parts)
    assert "  it gets every accepted lead\n" in ran.output


def test_r25_doctor_fails_where_whoever_asks_arrives_nowhere(world: World) -> None:
    """The shop has a destination that gets everything; the other site has none."""
    assert fallback_routes(world.parts)[0] == "fault"
    shop, place = world.shop.id, world.destination

    def said() -> bool:
        return "shop" in fallback_routes(world.parts)[1]

    assert not said()
    with world.parts.db.write() as conn:
        destinations.change(conn, shop, place, {"sends": "rules"})
    assert not said(), "it is the fallback"
    with world.parts.db.write() as conn:
        destinations.disable(conn, shop, place, reason="http_410", now=world.parts.clock())
    assert said()
    with world.parts.db.write() as conn:
        destinations.resume(conn, shop, place, world.parts.clock())
        routes.change(conn, shop, {"fallback": None})
    assert said()
