"""What `sarnakh rules try` prints: a table in words or JSON, and the problems of a file that is no rulebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.rules_try import try_rules
from gateway.scoring.rulebook import shipped_text
from gateway.store import rulebooks
from tests.support.console_side import World

DRAFT = shipped_text().replace('events = ["download", "newsletter"', 'events = ["submission", "download", "newsletter"')


def run(world: World, path: Path, toml: str, *words: str) -> Result:
    file = path / "rules.toml"
    file.write_text(toml, "utf-8")
    return CliRunner().invoke(try_rules, [str(file), "--site", "shop", *words], obj=lambda: world.parts)


def test_what_would_change_is_told_in_words_and_as_json(world: World, tmp_path: Path) -> None:
    told = json.loads(run(world, tmp_path, DRAFT, "--json").stdout)
    assert (told["days"], told["leads"], told["moved"], told["destinations"]) == (30, 1, 1, {})
    assert told["stages"] == [{"now": "IQL", "draft": "MQL", "leads": 1}]
    assert [(one["lead"], one["now"]["stage"], one["draft"]["stage"]) for one in told["changes"]] == [
        (world.lead, "IQL", "MQL")
    ]
    lines = run(world, tmp_path, DRAFT).stdout.splitlines()
    assert lines[0] == "of 1 leads of the last 30 days 1 would stand in another cell or stage"
    assert [line.split() for line in lines if "MQL" in line][0] == ["MQL", "0", "1", "+1"]
    assert lines[-2].startswith(f"{world.lead}  IQL → MQL  points ")
    assert lines[-1] == "nothing was changed, nothing was sent"


def test_by_the_rules_in_force_nothing_changes(world: World, tmp_path: Path) -> None:
    told = json.loads(run(world, tmp_path, shipped_text(), "--json").stdout)
    assert (told["moved"], told["points_only"], told["changes"]) == (0, 0, [])


@pytest.mark.parametrize(
    "toml, said", [("rules = 3", "rules"), ("[", "rules.toml"), ("[decay]\ndays = 0", "decay, key days")]
)
def test_a_file_that_is_no_rulebook_is_told_why(world: World, tmp_path: Path, toml: str, said: str) -> None:
    result = run(world, tmp_path, toml)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_without_a_file_the_draft_is_tried(world: World, tmp_path: Path) -> None:
    def tried() -> Result:
        return CliRunner().invoke(try_rules, ["--site", "shop", "--json"], obj=lambda: world.parts)

    assert "shop has no draft" in tried().stderr
    with world.parts.db.write() as conn:
        rulebooks.save_draft(conn, world.shop.id, DRAFT, world.parts.clock(), revision=0, by=None)
    assert json.loads(tried().stdout)["moved"] == 1
    with world.parts.db.write() as conn:
        rulebooks.save_draft(conn, world.shop.id, "[", world.parts.clock(), revision=1, by=None)
    assert "the draft of shop" in tried().stderr
