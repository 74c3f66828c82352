"""`sarnakh destinations`: add, list, test, remove."""

from __future__ import annotations

import json

import time_machine
from click.testing import CliRunner, Result
from standardwebhooks import Webhook

from gateway.cli.destinations import destinations
from gateway.cli.inbound_key import inbound_key
from gateway.delivery.destinations import DESTINATIONS
from gateway.store import destinations as destinations_store
from gateway.store import inbound
from tests.delivery.conftest import World


def run(world: World, *args: str) -> Result:
    return CliRunner().invoke(destinations, list(args), obj=lambda: world.parts)


def test_a_destination_is_added_listed_tried_and_removed(world: World) -> None:
    added = run(world, "add", "webhook", "--set", f"url={world.receiver.url}", "--when", "all", "--json")
    made = json.loads(added.stdout)
    assert made["id"].startswith("dst_")
    assert made["secret"].startswith("whsec_")
    world.queue(world.lead())
    world.send()
    [row] = json.loads(run(world, "list", "--json").stdout)
    assert (row["id"], row["when"], row["deliveries"]["delivered"]) == (made["id"], "all", 1)
    assert made["secret"] not in run(world, "list").stdout
    assert "took the test lead (200" in run(world, "test", made["id"]).stdout
    assert world.receiver.bodies[-1]["data"]["test"] is True
    assert run(world, "remove", made["id"]).exit_code == 0
    assert json.loads(run(world, "list", "--json").stdout) == []


def test_a_key_for_what_comes_back_is_made_and_stopped(world: World) -> None:
    made = json.loads(run(world, "add", "webhook", "--set", f"url={world.receiver.url}", "--json").stdout)["id"]
    key = json.loads(CliRunner().invoke(inbound_key, [made, "--json"], obj=lambda: world.parts).stdout)
    assert (key["way"], key["secret"][:6], key["address"].endswith(f"/in/{made}")) == ("signature", "whsec_", True)
    bearer = CliRunner().invoke(inbound_key, [made, "--way", "bearer"], obj=lambda: world.parts)
    assert bearer.stdout.startswith("shin_")
    assert CliRunner().invoke(inbound_key, [made, "--stop"], obj=lambda: world.parts).exit_code == 0
    with world.parts.db.read() as conn:
        left = inbound.keys(conn, world.parts.config.secret_key, made, world.parts.clock())
    assert [one.way for one in left] == ["bearer"]
    assert "no destination" in CliRunner().invoke(inbound_key, ["dst_x"], obj=lambda: world.parts).output


def test_what_is_wrong_is_said_in_one_line(world: World) -> None:
    for args, said in (
        (("add", "webhook"), "--set url=…: this is needed"),
        (("add", "webhook", "--set", "url"), "write NAME=VALUE"),
        (("add", "webhook", "--set", "url=ftp://x/"), "write an http or https address"),
        (("add", "webhook", "--set", "url=http://x/", "--site", "nowhere"), "which site?"),
        (("remove", "dst_unknown"), "no destination 'dst_unknown'"),
        (("test", "dst_unknown"), "no destination 'dst_unknown'"),
    ):
        result = run(world, *args)
        assert result.exit_code != 0
        assert said in result.output


def test_a_test_that_fails_says_why_and_exits_with_one(world: World) -> None:
    made = json.loads(run(world, "add", "webhook", "--set", f"url={world.receiver.url}", "--json").stdout)
    world.receiver.answer_next(2, status=503)
    result = run(world, "test", made["id"])
    assert (result.exit_code, result.stderr) == (1, "webhook: the destination answered 503\n")
    answer = json.loads(run(world, "test", made["id"], "--json").stdout)
    assert (answer["ok"], answer["http_status"], answer["error"]) == (False, 503, "http_503")


def test_every_command_has_an_example(world: World) -> None:
    for command in destinations.commands.values():
        assert "Example: sarnakh destinations" in (command.help or "")


def test_a_kind_says_what_it_asks_for_and_its_rules_are_changed_by_name(world: World) -> None:
    every = json.loads(run(world, "kinds", "--json").stdout)
    assert {one["kind"] for one in every} == set(DESTINATIONS)
    told = run(world, "kinds", "hubspot").stdout
    assert "--set token=…  (needed, secret)" in told
    assert "map.email=email  write.email=empty" in told
    given = ("--set", "token=pat", "--set", "map.lead.score=score", "--set", "write.lead.score=always", "--json")
    made = json.loads(run(world, "add", "hubspot", *given).stdout)
    assert run(world, "set", made["id"], "--set", "map.city=").exit_code == 0
    with world.db.read() as conn:
        found = destinations_store.get(conn, world.site.id, made["id"], world.parts.config.secret_key)
    assert found is not None
    rules = DESTINATIONS["hubspot"].mapped(found.settings)
    assert ("city" in rules, rules["lead.score"].write) == (False, "always")
    assert "no such fact" in run(world, "set", made["id"], "--set", "map.a.b=c").output


def test_a_secret_is_rotated_and_both_sign_until_then(world: World) -> None:
    made = json.loads(
        run(world, "add", "webhook", "--set", f"url={world.receiver.url}", "--when", "all", "--json").stdout
    )
    new = json.loads(run(world, "rotate", made["id"], "--hours", "2", "--json").stdout)["secret"]
    world.queue(world.lead())
    world.send()
    world.clock.advance(hours=3)
    world.queue(world.lead())
    world.send()
    during, after = world.receiver.requests
    assert len(during.headers["webhook-signature"].split()) == 2
    assert len(after.headers["webhook-signature"].split()) == 1
    with time_machine.travel(world.clock()):
        Webhook(new).verify(after.body, dict(after.headers))
    with time_machine.travel(world.clock.advance(hours=-3)):
        for secret in (made["secret"], new):
            Webhook(secret).verify(during.body, dict(during.headers))
    slack = json.loads(run(world, "add", "slack", "--set", "url=https://hooks.slack.com/x", "--json").stdout)
    assert "signs nothing" in run(world, "rotate", slack["id"]).output
