"""`sarnakh leads import`: files in, told in one screen."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from gateway.cli.leads import leads
from tests.pipeline.conftest import World, make_world, world

__all__ = ["make_world", "world"]
LIST = "Email,Mobile,First Name,Shoe size\na@acme.ir,,Sara,39\nb@,,Ali,\n,,,7\na@acme.ir,0912 123 4567,Sara,\n"


def run(world: World, *words: str | Path) -> Result:
    bell = SimpleNamespace(ring=lambda _: True)
    opened = SimpleNamespace(db=world.db, clock=world.clock, doorbell=bell)
    return CliRunner().invoke(leads, list(map(str, words)), obj=lambda: opened)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_text(LIST, "utf-8")
    return path


def test_the_summary_says_what_became_of_the_rows(world: World, contacts: Path) -> None:
    done = run(world, "import", contacts)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "4 rows; 1 new; 1 joins by e-mail; 2 rejected; 1 of those that join, bring something new"
    assert lines[1] == "Columns that are not imported: Shoe size"
    assert any("--undo imp_" in line for line in lines)
    rejected = table(contacts.with_name("contacts.csv.rejected.csv"))
    assert [(row["row"], row["reason"]) for row in rejected] == [
        ("2", "the e-mail is no address"),
        ("3", "neither e-mail nor phone, and no CRM id that is known here"),
    ]
    assert "b@" not in done.output and rejected[0]["Email"] == "b@"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_r34_a_heading_of_somebody_elses_list_does_nothing_to_the_terminal(
    world: World, tmp_path: Path, more: tuple[str, ...]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Email,\x1b]0;x\x07 size\x9b2J,\u202eoga\na@acme.ir,1,2\n", "utf-8")
    done = run(world, "import", path, *more)
    assert done.exit_code == 0 and "size" in done.output and "oga" in done.output
    assert all(char.isprintable() or char == "\n" for char in done.output)


def test_the_same_file_again_is_told(world: World, contacts: Path) -> None:
    first = json.loads(run(world, "import", contacts, "--json").stdout)
    again = json.loads(run(world, "import", contacts, "--json").stdout)
    assert (first["again"], again["again"], again["import"]) == (False, True, first["import"])
    assert {name: again[name] for name in ("new", "email", "rejected")} == {"new": 1, "email": 1, "rejected": 2}
    assert "was imported on 2026-11-22" in run(world, "import", contacts).output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lang, outcome", [("en", "new"), ("fa", "سرنخ تازه")])
def test_a_preview_writes_a_file_and_nothing_else(world: World, contacts: Path, lang: str, outcome: str) -> None:
    done = run(world, "import", contacts, "--preview", "--lang", lang)
    assert done.exit_code == 0, done.output
    rows = table(contacts.with_name("contacts.csv.preview.csv"))
    assert [row["row"] for row in rows] == ["1", "2", "3", "4"] and rows[0]["outcome"] == outcome
    assert (rows[3]["lead_id"], rows[3]["with_row"]) == ("", "1")
    assert world.lead_count() == 0


def test_an_import_is_taken_back_by_its_id(world: World, contacts: Path) -> None:
    made = json.loads(run(world, "import", contacts, "--json").stdout)
    done = run(world, "import", "--undo", made["import"])
    assert done.exit_code == 0 and done.output.startswith("1 leads taken back")
    assert world.lead_count() == 0
    assert run(world, "import", "--undo", made["import"]).exit_code == 1


WRONG = [
    (b"a,b\n1,2\n", (), "no column holds an e-mail"),
    (b"Email\na@acme.ir\n", ("--map", "budget=Budget"), "no column is called Budget"),
    (b"Email\na@acme.ir\n", ("--map", "budget"), "write FIELD=HEADING"),
    (b"Email\na@acme.ir\n", ("--source", "Hub Spot"), "small letters"),
    ("Email,Name\na@acme.ir,سارا\n".encode("cp1256"), (), "not UTF-8"),
]


@pytest.mark.parametrize("content, words, said", WRONG)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_user_can_mend_is_said_in_a_line(
    world: World, tmp_path: Path, content: bytes, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    done = run(world, "import", tmp_path / "list.csv", *words)
    assert done.exit_code != 0 and said in done.output
    assert world.lead_count() == 0
