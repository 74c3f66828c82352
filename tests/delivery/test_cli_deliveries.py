"""`sarnakh deliveries`: list and resend."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.deliveries import deliveries
from gateway.cli.pace import pace
from gateway.cli.why import why
from tests.delivery.conftest import World


@pytest.fixture
def parked(world: World) -> list[str]:
    world.destination()
    world.receiver.always(status=422)
    ids = [world.queue(world.lead())[0] for _ in range(3)]
    world.send()
    world.receiver.always(status=200)
    return ids


def run(world: World, *args: str) -> Result:
    bell: Any = SimpleNamespace(ring=lambda _queue: True)
    return CliRunner().invoke(deliveries, list(args), obj=lambda: replace(world.parts, doorbell=bell))


def test_parked_ones_are_listed_and_sent_again(world: World, parked: list[str]) -> None:
    listed = run(world, "list", "--status", "parked", "--reason", "http_422", "--since", "2026-11-22", "--json")
    assert {row["id"] for row in json.loads(listed.stdout)} == set(parked)
    assert "the destination answered 422" in run(world, "list").stdout
    assert run(world, "resend", parked[0]).stdout == "1 on their way again\n"
    assert json.loads(run(world, "resend", "--all", "--reason", "http_422", "--json").stdout) == {"resent": 2}
    world.clock.advance(seconds=2)
    world.send()
    assert {world.get(one).status for one in parked} == {"delivered"}


@pytest.mark.parametrize("args", [[], ["dlv_1", "--all"], ["dlv_unknown"]])
def test_what_says_nothing_sends_nothing(world: World, parked: list[str], args: list[str]) -> None:
    assert run(world, "resend", *args).exit_code == 1
    assert {world.get(one).status for one in parked} == {"parked"}


def test_a_destinations_pace_is_set_and_taken_away(world: World) -> None:
    place = world.destination()
    for number, said in (("5", "at most 5 a second"), ("0", "no limit")):
        ran = CliRunner().invoke(pace, [place.id, number], obj=lambda: world.parts)
        assert (ran.exit_code, said in ran.stdout) == (0, True)
        assert world.place(place).per_second == float(number)
    assert CliRunner().invoke(pace, ["dst_unknown", "5"], obj=lambda: world.parts).exit_code == 1


def test_why_says_for_each_delivery_what_came_of_it(world: World, parked: list[str]) -> None:
    told = CliRunner().invoke(why, [world.get(parked[0]).lead_id], obj=lambda: world.parts).output
    assert f"{parked[0]}  CRM  version 1  parked: the destination answered 422" in told
    assert "None" not in told
