"""`sarnakh dedupe`: whose each row is, in order, whatever the file looks like and whenever it was stopped."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import deduping
from gateway.cli.dedupe import ADDED, dedupe
from gateway.reasons import reasons
from gateway.words import say
from verification.matching.frequencies import Counts
from verification.matching.judge import Context, judge
from verification.matching.records import prepare
from verification.matching.weights import shipped_weights

CRM = """First Name,Last Name,Email,Mobile,Note
Sara,Karimi,goldenrose@gmail.com,0912 123 4567,"two
lines"
Nima,Karimi,n.karimi@yahoo.com,+98 912 123 4567,
سارا,كريمي,golden.rose+x@gmail.com,,=1+1
Reza,Moradi,reza@acme.ir,,short
"""


def run(folder: Path, content: str | bytes, *words: str) -> tuple[Result, list[dict[str, str]]]:
    source, target = folder / "in.csv", folder / "out.csv"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = CliRunner().invoke(dedupe, ["--jobs", "1", *words, str(source), str(target)])
    text = target.read_text("utf-8") if target.exists() else ""
    return result, list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_row_says_whose_it_is_and_why(tmp_path: Path) -> None:
    result, rows = run(tmp_path, CRM)
    assert result.exit_code == 0 and result.stdout == "4 rows, 3 people, 2 possible\n"
    assert [(row["lead_id"], row["decision"], row["with_row"]) for row in rows] == [
        ("1", "possible", "2"), ("2", "possible", "1"), ("1", "same", "1"), ("4", "new", ""),
    ]  # fmt: skip
    assert rows[0]["why"].startswith("two people by name") and "first name: differs (−7.0)" in rows[1]["why"]
    assert rows[0]["Note"] == "two\nlines"
    assert "e-mail: the same (+" in rows[2]["why"] and "among so many people" in rows[2]["why"]
    assert float(rows[2]["weight"]) >= 5
    assert [path.name for path in tmp_path.iterdir() if path.name not in {"in.csv", "out.csv"}] == []


def test_a_cell_that_no_heading_names_moves_nothing_aside(tmp_path: Path) -> None:
    """As files have it whose lines end in a separator."""
    _, rows = run(tmp_path, "First Name,Email\nSara,sara@acme.ir,\nReza,reza@acme.ir,extra\nNima,nima@acme.ir\n")
    assert [(row["lead_id"], row["decision"]) for row in rows] == [("1", "new"), ("2", "new"), ("3", "new")]
    assert rows[1][None] == ["extra"]  # type: ignore[index]


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff" + CRM).encode(),
        CRM.encode("utf-16"),
        CRM.replace(",", ";").encode(),
        CRM.replace(",", "\t").replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8 with a mark", "utf-16", "semicolons", "tabs"],
)
def test_what_a_spreadsheet_writes_is_read(content: bytes, tmp_path: Path) -> None:
    result, _ = run(tmp_path, content)
    assert result.stdout == "4 rows, 3 people, 2 possible\n"


def test_columns_are_named_by_hand_and_reasons_are_told_in_persian(tmp_path: Path) -> None:
    content = CRM.replace("Email", "Kontakt").replace("Mobile", "Draht")
    result, rows = run(tmp_path, content, "--map", "email=Kontakt", "--map", "phone=Draht", "--lang", "fa", "--json")
    assert json.loads(result.stdout) == {"rows": 4, "people": 3, "possible": 2}
    assert "ایمیل: یکی است" in rows[2]["why"] and "۱" in rows[2]["why"]


FAULTS = [
    (CRM, ("--map", "email=Kontakt"), "no column is called Kontakt"),
    (CRM, ("--map", "mail=Email"), "write FIELD=COLUMN"),
    ("a,b\n1,2\n", (), "name some by --map"),
    ("", (), "name some by --map"),
]


@pytest.mark.parametrize("content, words, said", FAULTS)
def test_what_the_user_can_mend_is_said(content: str, words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result, _ = run(tmp_path, content, *words)
    assert result.exit_code != 0 and said in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_odd_rows_stay_as_they_are(tmp_path: Path) -> None:
    result, rows = run(tmp_path, "email,x\n\na@acme.ir\nb\0@acme.ir,1,2\n\ud800,".encode("utf-8", "surrogatepass"))
    assert result.exit_code == 0
    assert len(rows) == 3 or len(rows) == 4


def many(count: int) -> Iterator[str]:
    yield "first_name,last_name,email,city"
    for number in range(count):
        person = number % (count // 2)
        yield f"Sara,Karimi{'abcdefghij'[person % 10]},person{person:05}x@gmail.com,Tehran"


def test_two_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deduping, "CHUNK", 100)
    content = "\n".join(many(600))
    _, alone = run(tmp_path, content)
    _, together = run(tmp_path, content, "--jobs", "2")
    assert alone == together
    assert len({row["lead_id"] for row in alone}) == 300


def test_a_process_that_is_ended_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deduping, "prepare", lambda *_: os._exit(9))
    result, rows = run(tmp_path, CRM, "--jobs", "2")
    assert result.exit_code == 1 and rows == []
    assert "one of its processes was ended" in result.output and "Traceback" not in result.output


def test_few_pieces_are_begun_before_they_are_asked_for() -> None:
    pieces = iter(range(100))
    done = deduping._in_processes(abs, pieces, 2)
    assert next(done) == 0 and next(pieces) <= 2 * deduping.AHEAD + 1
    assert list(done)[-1] == 99


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "\n".join(many(600))
    _, whole = run(tmp_path, content)
    (tmp_path / "out.csv").unlink()
    monkeypatch.setattr(deduping, "CHUNK", 100)
    weighed, asked = deduping._weigh_from, []

    def until_killed(start: int) -> bytes:
        asked.append(start)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return weighed(start)

    monkeypatch.setattr(deduping, "_weigh_from", until_killed)
    result, rows = run_again(tmp_path)
    assert result.exit_code != 0 and rows == []
    result, rows = run_again(tmp_path)
    assert rows == whole
    assert asked[:3] == [0, 100, 200] and asked[3] == 200  # what was weighed is not weighed again


def run_again(folder: Path) -> tuple[Result, list[dict[str, str]]]:
    result = CliRunner().invoke(dedupe, ["--jobs", "1", str(folder / "in.csv"), str(folder / "out.csv")])
    target = folder / "out.csv"
    text = target.read_text("utf-8") if target.exists() else ""
    return result, list(csv.DictReader(io.StringIO(text, newline="")))


def test_another_file_or_option_begins_anew(tmp_path: Path) -> None:
    work = deduping.Work(tmp_path / "work", "one")
    work.read([{"email": "a@acme.ir"}], "IR", lambda _: None)
    assert deduping.Work(tmp_path / "work", "one").is_read
    assert not deduping.Work(tmp_path / "work", "other").is_read


@pytest.mark.faults
def test_a_killed_process_leaves_what_the_next_goes_on_with(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("\n".join(many(1000)), "utf-8")
    command = [
        sys.executable,
        "-m",
        "gateway.cli",
        "dedupe",
        "--jobs",
        "1",
        str(tmp_path / "in.csv"),
        str(tmp_path / "out.csv"),
    ]
    with subprocess.Popen(command, env=os.environ | {"DATA_DIR": str(tmp_path / "data")}) as process:
        end = time.monotonic() + 60
        while not (tmp_path / "out.csv.work").exists() and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out.csv").exists()
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with (tmp_path / "out.csv").open(encoding="utf-8") as out:
        assert len({row["lead_id"] for row in csv.DictReader(out)}) == 500
    assert not (tmp_path / "out.csv.work").exists()


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_line_of_the_model_has_words(lang: str) -> None:
    for field, level in shipped_weights().levels:
        assert say(lang, f"matching.field.{field}") and say(lang, f"matching.level.{level}")
    rows = {"first_name": "Sara", "phone": "09121234567"}, {"first_name": "Sara", "phone": "09351112233"}
    assert reasons(judge(prepare(rows[0]), prepare(rows[1]), Context(Counts())), lang).count("(") == 4 - 1


def test_what_is_added_stands_after_the_files_own_columns(tmp_path: Path) -> None:
    _, rows = run(tmp_path, CRM)
    assert tuple(rows[0])[-len(ADDED) :] == ADDED


def test_a_column_of_the_files_own_stays_and_standard_input_is_read(tmp_path: Path) -> None:
    content, target = "lead_id,Email,why\n7,goldenrose@gmail.com,=a\n8,golden.rose@gmail.com,b\n", tmp_path / "out.csv"
    result = CliRunner().invoke(dedupe, ["--jobs", "1", "-", str(target)], input=content)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"))))
    assert [(row["lead_id"], row["why"], row["dedupe_lead_id"]) for row in rows] == [("7", "=a", "1"), ("8", "b", "1")]
    assert "the same" in rows[1]["dedupe_why"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
