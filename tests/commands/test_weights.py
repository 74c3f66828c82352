"""`sarnakh weights`, and `dedupe --weights`: a model file is read, put in force, or refused in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.dedupe import dedupe
from gateway.cli.weights import weights
from gateway.matching.weights import weights_for
from tests.support.console_side import World
from verification.matching.splink_model import read_model
from verification.matching.weights import shipped_weights

MODEL = Path(__file__).parents[1] / "matching/data/splink/model.json"
CRM = "First Name,Last Name,Email,City\nSara,Karimi,rose@gmail.com,Tehran\nSara,Karimi,rose@gmail.com,Tabriz\n"


def run(world: World, *words: str) -> Result:
    return CliRunner().invoke(weights, list(words), obj=lambda: world.parts)


def test_a_model_is_put_in_force_and_taken_back(world: World) -> None:
    site_id = world.shop.id
    assert run(world, "use", "shop", str(MODEL)).stdout == "shop: weighed by model.json\n"
    with world.parts.db.read() as conn:
        assert weights_for(conn, site_id) == read_model(MODEL.read_text("utf-8"))
    assert run(world, "reset", "shop").stdout == "shop: weighed as shipped\n"
    with world.parts.db.read() as conn:
        assert weights_for(conn, site_id) == shipped_weights()


@pytest.mark.parametrize(
    ("site", "content", "said"),
    [
        ("shop", b"{}", "no comparisons: not a model of Splink"),
        ("shop", b"\xff", "codec can't decode"),
        ("none", MODEL.read_bytes(), "which site? --site"),
    ],
)
def test_what_cannot_be_put_in_force_is_refused(
    world: World, site: str, content: bytes, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "weights.json"
    file.write_bytes(content)
    result = run(world, "use", site, str(file))
    assert result.exit_code == 1 and said in result.stderr


def test_learning_without_splink_names_the_one_command(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    (tmp_path / "in.csv").write_text(CRM)
    result = run(world, "learn", str(tmp_path / "in.csv"), str(tmp_path / "weights.json"))
    assert result.exit_code == 1
    assert result.stderr == "Error: duckdb is not installed: pip install 'sarnakh[learn]'\n"
    assert not (tmp_path / "weights.json").exists()


def test_a_file_is_weighed_by_learnt_weights(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CRM)
    weights_of = {}
    for said, words in (("shipped", ()), ("learnt", ("--weights", str(MODEL)))):
        target = tmp_path / f"{said}.csv"
        result = CliRunner().invoke(dedupe, ["--jobs", "1", *words, str(tmp_path / "in.csv"), str(target)])
        assert result.stdout == "2 rows, 1 people, 0 possible\n", result.output
        weights_of[said] = target.read_text("utf-8").splitlines()[2].split(",")[7]
    assert weights_of["shipped"] != weights_of["learnt"]


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(CRM)
    (tmp_path / "weights.json").write_text("[]")
    words = ["--weights", str(tmp_path / "weights.json"), str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]
    result = CliRunner().invoke(dedupe, words)
    assert result.exit_code == 1 and "weights.json: no comparisons" in result.stderr
