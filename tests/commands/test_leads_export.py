"""`sarnakh leads export`: all leads or some, gone on with where a run was killed, and read back by `leads import`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from gateway import exporting
from gateway.cli.leads import leads
from gateway.cli.leads_export import export
from gateway.scoring.rulebook import shipped_text
from gateway.store import leads as store
from gateway.store import rulebooks, segments
from tests.pipeline.conftest import World, make_world, world
from tests.support import intake
from tests.support.everybody import everybody

__all__ = ["make_world", "world"]
FACTS = {
    "email": "Sara@acme.ir", "first_name": "سارا «س»", "phone": "+989121234567", "employees": 12, "rate": 1.5,
    "needs": ["time", "money"], "newsletter": True, "bio": "one, two\n=three\u2028four", "company": "=1+1\nAcme",
}  # fmt: skip
ENDINGS = pytest.mark.parametrize("ending", ["csv", "jsonl"])
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SEGMENT = """
[[segments]]
key = "warm"
title = { fa = "گرم", en = "Warm" }
[[segments.when]]
score_min = 1
"""


def run(world: World, command: str, *words: str | Path) -> Result:
    opened = SimpleNamespace(db=world.db, clock=world.clock, doorbell=SimpleNamespace(ring=lambda _: True))
    args = list(map(str, words))
    if command == "import":
        return CliRunner().invoke(leads, ["import", *args], obj=lambda: opened)
    return CliRunner().invoke(export, args, obj=lambda: opened)


def site_of(world: World, key: str = "demo") -> str:
    with world.db.read() as conn:
        return str(conn.exec_driver_sql(f"SELECT id FROM sites WHERE key = '{key}'").scalar_one())


def bring(world: World, folder: Path, count: int, **facts: object) -> list[str]:
    """So many leads, one a second; returns their ids, oldest first."""
    rows = [{"id": "", "fields": {"email": f"p{number}@acme.ir", **facts}} for number in range(count)]
    source = folder / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert run(world, "import", source).exit_code == 0
    with world.db.read() as conn:
        return [lead.id for lead in everybody(conn, site_of(world))]


def ids(path: Path) -> list[str]:
    if path.suffix == ".jsonl":
        return [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines() if line]
    with path.open(encoding="utf-8", newline="") as file:
        return [row["id"] for row in csv.DictReader(file)]


@ENDINGS
@SQLITE
def test_an_export_comes_back_at_an_empty_site_with_all_its_facts(
    make_world: Callable[..., World], world: World, tmp_path: Path, ending: str
) -> None:
    first, out = tmp_path / f"first.{ending}", tmp_path / f"out.{ending}"
    row = {"id": "lead_x", "created_at": "2024-05-01T00:00:00+00:00", "fields": FACTS, "owner": "=Ali"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row), "utf-8")
    assert run(world, "import", tmp_path / "in.jsonl").exit_code == 0
    with world.db.write() as conn:
        intake.make_site(conn, world.clock(), "north")
    assert run(world, "export", first, "--site", "demo").exit_code == 0
    assert run(world, "import", first, "--site", "north", "--source", "demo").exit_code == 0
    assert run(world, "export", out, "--site", "north").exit_code == 0
    with world.db.read() as conn:
        other = everybody(conn, site_of(world, "north"))
    assert [{name: fact.value for name, fact in lead.facts.items()} for lead in other] == [FACTS]
    assert (other[0].owner, other[0].created_at.year) == ("=Ali", 2024)


@SQLITE
def test_r34_a_spreadsheet_runs_nothing_and_a_phone_number_keeps_its_plus(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, 1, phone="+989121234567", company="=HYPERLINK(1)\n2", first_name="@x")
    out = tmp_path / "out.csv"
    assert run(world, "export", out).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["phone"], row["company"], row["first_name"]) == ("+989121234567", "'=HYPERLINK(1) 2", "'@x")
    assert out.read_text("utf-8").count("\n") == 2, "one line a lead"


@ENDINGS
@SQLITE
def test_a_killed_run_is_gone_on_with_and_nothing_is_doubled(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    brought, out = bring(world, tmp_path, 5), tmp_path / f"out.{ending}"
    assert "5 leads" in run(world, "export", out).stdout
    whole = out.read_bytes()
    for kept in (0, 10, whole.index(b"\n") + 1, len(whole) // 2, len(whole) - 1, len(whole)):
        out.write_bytes(whole[:kept])
        assert run(world, "export", out).exit_code == 0
        assert out.read_bytes() == whole, kept
    assert ids(out) == brought


def test_a_list_of_some_is_written_whole_or_not_at_all(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought, out = bring(world, tmp_path, 4), tmp_path / "warm.csv"
    with world.db.write() as conn:
        rulebooks.publish(conn, site_of(world), shipped_text() + SEGMENT, world.clock())
        for lead in everybody(conn, site_of(world))[1:]:
            segments.change(conn, lead, ["warm"], world.clock())
    pages = exporting.pages

    def killed(*given: object) -> object:
        yield next(pages(*given))
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "PAGE", 2)
    monkeypatch.setattr(exporting, "pages", killed)
    assert run(world, "export", out, "--segment", "warm").exit_code == 1
    assert not out.exists()
    monkeypatch.setattr(exporting, "pages", pages)
    assert json.loads(run(world, "export", out, "--segment", "warm", "--json").stdout)["leads"] == 1, "the rest"
    assert ids(out) == brought[1:]
    assert "is there already" in run(world, "export", out, "--segment", "warm").stderr
    assert not list(tmp_path.glob(".warm*"))


FILTERS = [
    ((), 3), (("--stage", "MQL"), 1), (("--cell", "–4"), 3), (("--cell", "A1", "--cell", "A2"), 0),
    (("--since", "2026-11-22"), 3), (("--since", "2026-11-23"), 0),
]  # fmt: skip


@pytest.mark.parametrize("words, count", FILTERS)
@SQLITE
def test_filters_say_which_leads(world: World, tmp_path: Path, words: tuple[str, ...], count: int) -> None:
    brought = bring(world, tmp_path, 3)
    with world.db.write() as conn:
        store.set_columns(conn, brought[0], {"stage": "MQL"})
    out = tmp_path / "out.jsonl"
    done = run(world, "export", out, *words)
    assert done.exit_code == 0, done.output
    assert len(ids(out)) == count


WRONG = [
    (("out.txt",), "must end in .csv or .jsonl"),
    (("out.csv", "--segment", "hot"), "no segment 'hot'; demo has: there is none"),
    (("out.csv", "--form", "quiz"), "no form 'quiz'; demo has: guide"),
    (("other.csv",), "other columns"),
    (("other.jsonl",), "something else"),
]


@pytest.mark.parametrize("words, said", WRONG)
@SQLITE
def test_what_the_operator_can_mend_is_said_in_a_line(
    world: World, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    for name in ("other.csv", "other.jsonl"):
        (tmp_path / name).write_text("name,mail\nAli,a@acme.ir\n", "utf-8")
    done = run(world, "export", tmp_path / words[0], *words[1:])
    assert done.exit_code == 1
    assert said in done.stderr
    assert (tmp_path / "other.csv").read_text("utf-8") == "name,mail\nAli,a@acme.ir\n"
