"""`sarnakh calibrate`: a table of outcomes in, points as JSON out, and a clear line for every table that is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.calibrate import calibrate
from gateway.parts import Parts
from gateway.scoring.rulebook import shipped_text
from gateway.store import rulebooks
from tests.scoring.calibrating.making import made, rows_of
from tests.support import ended
from tests.support.console_side import World

PLANTED = {"downloads_bottom": 20, "visits_site": 0, "asked_price": 15, "is_student": -15}


def table(count: int = 800, separator: str = ",") -> str:
    given = made(count, PLANTED)
    lines = [separator.join([*map(str, row), str(won)]) for row, won in rows_of(given)]
    return "\n".join([separator.join([*given.rules, "won"]), *lines, ""])


def run(folder: Path, content: str | bytes, *words: str, obj: Callable[[], Parts] | None = None) -> Result:
    source = folder / "in.csv"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CliRunner().invoke(calibrate, ["--outcomes", str(source), *words], obj=obj)


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_points_and_whether_to_adopt_them_are_told(tmp_path: Path) -> None:
    found = told(run(tmp_path, table()))
    assert list(found)[:5] == ["points", "adopt", "why", "why_code", "warnings"]
    assert {rule: abs(found["points"][rule] - points) <= 7 for rule, points in PLANTED.items()} == dict.fromkeys(
        PLANTED, True
    )
    assert found["adopt"] is True and "no accident" in found["why"]
    assert found["won"] + found["lost"] == 800 and found["open"] == 0
    rule = found["rules"][0]
    assert rule["rule"] == "downloads_bottom" and rule["in_force"] == 30 and rule["leads"] == rule["won"] + rule["lost"]
    assert len(found["lift"]) == len(found["lift_in_force"]) == 10 and len(found["reliability"]) > 3
    assert found["in_force_from"] == "shipped" and found["not_in_rulebook"] == ["asked_price", "is_student"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + table().encode(),
        table().encode("utf-16"),
        table(separator=";").encode(),
        table(separator="\t").replace("\n", "\r\n").encode(),
        table().translate(str.maketrans("01", "۰۱")).encode(),
        table().replace(",0", ",0.0").replace(",1", ",1.0").encode(),
        table().replace(",0", ", False").replace(",1", ", TRUE").replace("won", " Won ").encode(),
        table().replace("\n", "\n\n").encode(),
    ],
    ids=["mark", "utf-16", "semicolons", "tabs", "Persian digits", "fractions", "words", "empty lines"],
)
def test_whatever_a_spreadsheet_writes_is_read_alike(content: bytes, tmp_path: Path) -> None:
    assert told(run(tmp_path, content, "--json")) == told(run(tmp_path, table(), "--json"))


def test_without_a_table_the_site_s_own_leads_are_learnt_from(world: World) -> None:
    def run_for(*words: str) -> Result:
        return CliRunner().invoke(calibrate, words, obj=lambda: world.parts)

    telling = {"download:bottom": (0.5, 0.0), "download:top": (0.5, 35.0)}
    with world.parts.db.write() as conn:
        ended.many(conn, world.shop.id, world.parts.clock(), telling, count=160, base=-1.0)
    found = told(run_for("--site", "shop"))
    assert found["adopt"] and found["points"]["downloads_top"] > 20 and found["points"]["downloads_bottom"] < 15
    assert (found["in_force_from"], found["explored"], found["won"] + found["lost"]) == ("site shop", 0, 160)
    left = {one["code"]: one["count"] for one in found["left_out"]}
    assert left == {"open": 1, "never": 0, "bad": 0, "customers": 0, "early": 0, "disqualified": 0}
    assert "open, not lost" in next(one["text"] for one in found["left_out"] if one["code"] == "open")
    assert "which site? --site" in run_for().output
    assert "nothing to learn from" in run_for("--site", "north").output
    assert "give --outcomes too" in run_for("--site", "shop", "--skip", "id").output


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    given = made(800, PLANTED)
    rows = [{**dict(zip(given.rules, map(bool, row), strict=True)), "won": won or None} for row, won in rows_of(given)]
    rows += [{**rows[0], "won": 0}]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    found = told(CliRunner().invoke(calibrate, ["--outcomes", str(tmp_path / "in.jsonl")]))
    assert found["lost"] == 1 and found["open"] == 800 - found["won"] and found["why_code"] == "too_few"


FAULTS = [
    ("", (), "is empty"),
    ("a,b\n1,0\n", (), "no column is called won"),
    ("won\n1\n0\n", (), "0 columns beside won"),
    ("a,won\n", (), "there are no rows"),
    ("a,won\n1,\n0,\n", (), "no row has an outcome"),
    ("a,won\n1,1\n0,1\n", (), "No lead was lost"),
    ("a,won\n1,0\n0,0\n", (), "No lead was won"),
    ("a,won\n1,1\n2,0\n", (), "in.csv, line 3, column a: '2' is neither 0 nor 1"),
    ("a,won\n1,1\n,0\n", (), "in.csv, line 3, column a: is empty; write 0 or 1"),
    ("a,won\n1,1\n\n1,maybe\n", (), "in.csv, line 4, column won: 'maybe' is neither 0 nor 1"),
    ("a,b,won\n1,0,1\n1,0\n", (), "in.csv, line 3: 2 cells, but 3 columns"),
    ("a,a,won\n1,0,1\n", (), "the column a stands there twice"),
    ("a,won,Won\n1,0,1\n", (), "two columns are called won"),
    ("a,,won\n1,0,1\n", (), "column 2 has no name"),
    ("lead_id,a,won\nx7,0,1\n", (), "--skip 'lead_id'"),
    ("a,won\n1,1\n", ("--skip", "b"), "no column is called b"),
    (",".join(f"r{n}" for n in range(201)) + ",won\n", (), "201 columns beside won"),
    ("a,won\n\xff,1\n".encode("latin-1"), (), "not UTF-8"),
]


@pytest.mark.parametrize("content, words, said", FAULTS)
def test_what_the_user_can_mend_is_said(
    content: str | bytes, words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    result = run(tmp_path, content, *words)
    assert result.exit_code == 1 and result.stdout == ""
    assert said in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_column_can_be_left_out(tmp_path: Path) -> None:
    lines = table().splitlines()
    named = "\n".join([f"lead_id,{lines[0]}", *(f"l{at},{line}" for at, line in enumerate(lines[1:]))])
    assert told(run(tmp_path, named, "--skip", "lead_id")) == told(run(tmp_path, table()))


def test_points_in_force_can_be_given(tmp_path: Path) -> None:
    given = tmp_path / "points.json"
    given.write_text('{"asked_price": 12, "visits_site": -3}')
    found = told(run(tmp_path, table(), "--points", str(given)))
    assert [rule["in_force"] for rule in found["rules"]] == [30, -3, 12, 0]
    assert found["not_in_rulebook"] == ["is_student"]
    given.write_text(json.dumps(found))  # as the command prints them
    again = told(run(tmp_path, table(), "--points", str(given)))
    assert [rule["in_force"] for rule in again["rules"]] == list(found["points"].values())


@pytest.mark.parametrize(
    "content, said",
    [("{", "is no JSON"), ("[1]", "write points by column"), ('{"a": 1.5}', "a: write a whole number"),
     ('{"a": true}', "a: write"), ('{"a": 101}', "from -100 to 100")],
)  # fmt: skip
def test_points_that_are_none_are_refused(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "points.json").write_text(content)
    result = run(tmp_path, table(20), "--points", str(tmp_path / "points.json"))
    assert result.exit_code == 1 and said in result.stderr


def test_a_sites_own_points_are_in_force_there(world: World, tmp_path: Path) -> None:
    mine = shipped_text().replace(
        "points = 30\nper_subject = 1\nper_day = 5", "points = 22\nper_subject = 1\nper_day = 5"
    )
    assert mine != shipped_text()
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, mine, world.parts.clock())
    found = told(run(tmp_path, table(), "--site", "shop", obj=lambda: world.parts))
    assert found["rules"][0]["in_force"] == 22 and found["in_force_from"] == "site shop"


def test_the_words_are_persian_where_asked(tmp_path: Path) -> None:
    found = told(run(tmp_path, table(40), "--lang", "fa"))
    assert "سرنخ" in found["why"] and "۵۰" in found["why"]


def test_it_works_with_nothing_set_up_and_from_standard_input(tmp_path: Path) -> None:
    settings = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "none")}
    command = [sys.executable, "-m", "gateway.cli", "calibrate", "--outcomes", "-"]
    done = subprocess.run(command, env=settings, input=table().encode(), capture_output=True, check=False, timeout=120)
    assert done.returncode == 0 and done.stderr == b"" and json.loads(done.stdout)["adopt"] is True
    assert not (tmp_path / "none").exists()


def test_the_service_never_loads_numpy() -> None:
    """70 MB of code that only this command needs."""
    asked = "import sys, gateway, gateway.cli, gateway.jobs, gateway.web.api; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, timeout=120).returncode == 0
