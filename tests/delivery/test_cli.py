"""`sarnakh destinations`: add, list, test, remove."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from gateway.cli.destinations import destinations
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
