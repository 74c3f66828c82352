"""What `sarnakh verify` prints: the same as the console's trial, as lines or JSON, and nothing is changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.verify import verify
from tests.support.console_side import World


def run(world: World, *words: str) -> Result:
    options = ["--since", "2026-11-01", "--site", "shop", *words]
    return CliRunner().invoke(verify, options, obj=lambda: world.parts)


def found(world: World, *words: str) -> dict[str, Any]:
    result = run(world, "--json", *words)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_by_its_own_policy_nothing_changes(world: World) -> None:
    told = found(world)
    assert (told["changes"], told["judged"], told["left_out"]) == ([], 3, {})
    assert told["then"] == told["now"]


def test_another_policy_is_told_with_reasons(world: World) -> None:
    told = found(world, "--policy", "hold_at = 1000")
    assert {(one["then"], one["now"]) for one in told["changes"]} == {("hold", "accept")}
    assert {finding["code"] for one in told["changes"] for finding in one["findings"]} >= {"honeypot_filled"}
    assert sorted(str(one["decided"]) for one in told["changes"]) == ["None", "reject"]
    lines = run(world, "--policy", "hold_at = 1000").stdout.splitlines()
    assert "hold → accept" in lines[0]
    assert lines[-1].split() == ["reject", "0", "0"]


def test_a_forms_file_gives_its_policy(world: World, tmp_path: Path) -> None:
    file = tmp_path / "strict.toml"
    file.write_text('key = "guide"\n[policy]\nhold_at = 1000\n')
    assert len(found(world, "--policy", str(file), "--form", "guide")["changes"]) == 2
    assert found(world, "--policy", str(file), "--form", "contact")["judged"] == 0


@pytest.mark.parametrize(
    "words, said",
    [
        (("--policy", "hold_at = 0"), "hold_at"),
        (("--policy", f"hold_at = {'9' * 5000}"), "--policy: "),
        (("--policy", f"hold_at = {'[' * 5000}"), "--policy: "),
        (("--policy", 'skip = ["none"]'), "names of checks"),
        (("--policy", "not toml"), "--policy"),
        (("--form", "none"), "no form 'none'"),
        (("--since", "yesterday"), "write a day"),
    ],
)
def test_what_cannot_be_tried_is_one_clear_line(world: World, words: tuple[str, ...], said: str) -> None:
    result = run(world, *words)
    assert result.exit_code == 1
    assert said in result.output


def test_a_policy_file_that_is_not_there_is_told(world: World) -> None:
    result = run(world, "--policy", "strict.toml")
    assert (result.exit_code, result.output) == (1, "Error: --policy='strict.toml': there is no such file\n")
