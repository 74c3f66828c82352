"""`sarnakh rules`: putting a rulebook in force and scoring the leads anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import rescoring
from gateway.cli.forms import rules
from gateway.scoring.rulebook import shipped_text
from gateway.store import leads
from tests.support.console_side import World


@pytest.fixture
def rulebook(tmp_path: Path) -> Path:
    rule = '\n[[rules]]\ncode = "sent"\nevent = "submission"\npoints = 33\ntitle = { fa = "فرستاد", en = "Sent" }\n'
    (tmp_path / "rules.toml").write_text(shipped_text() + rule, "utf-8")
    return tmp_path / "rules.toml"


def run(world: World, *words: str) -> Result:
    return CliRunner().invoke(rules, [*words, "--site", "shop"], obj=lambda: world.parts)


def score(world: World) -> int:
    with world.parts.db.read() as conn:
        lead = leads.get(conn, world.shop.id, world.lead)
    assert lead
    return lead.score


def test_importing_puts_rules_in_force_and_scores_the_leads_anew(world: World, rulebook: Path) -> None:
    before = score(world)
    done = run(world, "import", str(rulebook), "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"version": 1, "scored": 1})
    assert score(world) == before + 33


def test_scoring_is_left_to_the_service_or_to_a_later_run(world: World, rulebook: Path) -> None:
    before = score(world)
    assert json.loads(run(world, "import", str(rulebook), "--later", "--json").stdout) == {"version": 1, "scored": None}
    assert score(world) == before
    assert rescoring.progress(world.parts.db, world.shop.id)
    assert json.loads(run(world, "rescore", "--json").stdout) == {"scored": 1}
    assert score(world) == before + 33
    assert run(world, "rescore").stdout == "0 leads scored anew\n"


def test_a_rulebook_with_mistakes_changes_nothing(world: World, rulebook: Path) -> None:
    rulebook.write_text("points = 3", "utf-8")
    done = run(world, "import", str(rulebook))
    assert done.exit_code == 1
    assert "key points: is not known here: leave it out" in done.output
    assert rescoring.progress(world.parts.db, world.shop.id) is None
