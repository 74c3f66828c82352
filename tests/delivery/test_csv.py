"""The csv kind: what stands in the files, never twice, nothing that runs, and nothing of who was erased."""

from __future__ import annotations

import csv as reading
import threading
from pathlib import Path
from typing import Any

import pytest

from gateway.delivery.destinations import csv
from gateway.delivery.outgoing import Sent
from gateway.delivery.settings import SettingsError
from gateway.files import exported
from tests.delivery.kinds import LEAD, outgoing, payload, tried, ways

MONTHLY = csv.Settings("month", "leads-a1b2c3")


def send(folder: Path, body: str | None = None, settings: csv.Settings = MONTHLY, **more: Any) -> Sent:
    return csv.send(outgoing("csv", body, **more), settings, ways(exports=folder))


def rows(folder: Path) -> list[dict[str, str]]:
    return [
        row
        for path in sorted(exported(folder, MONTHLY.key))
        for row in reading.DictReader(path.read_text("utf-8-sig").splitlines())
    ]


def test_a_version_is_a_line_that_a_spreadsheet_reads(tmp_path: Path) -> None:
    assert send(tmp_path).status is None
    [path] = exported(tmp_path, MONTHLY.key)
    assert path.name == "leads-a1b2c3-2026-11.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert path.stat().st_mode & 0o077 == 0
    [row] = rows(tmp_path)
    told = {name: row[name] for name in ("lead", "event", "email", "phone", "first_name", "score", "utm_source")}
    assert told == {
        "lead": LEAD, "event": "qualified", "email": "sara@example.ir", "phone": "+989121234567",
        "first_name": "سارا", "score": "61", "utm_source": "news",
    }  # fmt: skip


def test_the_same_delivery_never_makes_two_lines(tmp_path: Path) -> None:
    threads = [threading.Thread(target=send, args=(tmp_path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send(tmp_path, payload("lead.updated"), id="dlv_2")
    assert [row["delivery"] for row in rows(tmp_path)] == ["dlv_1", "dlv_2"]


@pytest.mark.parametrize(
    "typed, stands",
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+98 912 123", "+98 912 123"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("two\r\nlines\u2028three", "two lines three"),
        ("\n=1+1", " '=1+1"),
        ('say "hi", now', 'say "hi", now'),
    ],
)
def test_r34_no_cell_runs_and_no_cell_begins_a_line(tmp_path: Path, typed: str, stands: str) -> None:
    send(tmp_path, payload(fields={"email": "a@b.example", "message": typed}))
    [row] = rows(tmp_path)
    assert row["message"].lstrip(" '") == stands.lstrip(" '")
    assert not row["message"].strip().startswith(("=", "@"))


def test_an_erased_lead_leaves_every_file(tmp_path: Path) -> None:
    send(tmp_path)
    send(tmp_path, payload("lead.qualified", {"email": "old@b.example"}, id="lead_old"), id="dlv_2")
    send(tmp_path, payload("lead.qualified", {"email": "other@b.example"}, id="lead_other"), id="dlv_3")
    send(tmp_path, settings=csv.Settings("day", MONTHLY.key), id="dlv_4")
    send(tmp_path, payload("lead.erased", earlier_ids=["lead_old"]), id="dlv_5")
    assert [row["lead"] for row in rows(tmp_path)] == ["lead_other"]
    assert not [path for path in tmp_path.iterdir() if b"sara@" in path.read_bytes()]


def test_changed_columns_begin_another_file_and_a_retry_still_finds_its_line(tmp_path: Path) -> None:
    send(tmp_path)
    rules = {"map.city": "Stadt", "map.message": ""}
    send(tmp_path, rules=rules)
    send(tmp_path, rules=rules, id="dlv_2")
    assert [path.name for path in sorted(exported(tmp_path, MONTHLY.key))] == [
        "leads-a1b2c3-2026-11-2.csv",
        "leads-a1b2c3-2026-11.csv",
    ]
    assert sorted(row["delivery"] for row in rows(tmp_path)) == ["dlv_1", "dlv_2"]


def test_columns_are_named_in_any_script_and_begin_no_formula(tmp_path: Path) -> None:
    stored = csv.KIND.read({"map.city": "شهر مشتری", "map.company": "نام\u200cشرکت"})
    assert {one.property for one in csv.KIND.mapped(stored).values()} >= {"شهر مشتری", "نام\u200cشرکت"}
    for name in ("=cmd", "+98", "\u200cx", "a\nb", "a;b"):
        with pytest.raises(SettingsError, match="bad_column"):
            csv.KIND.read({"map.city": name})


def test_a_line_cut_short_by_a_crash_is_written_whole(tmp_path: Path) -> None:
    send(tmp_path)
    [path] = exported(tmp_path, MONTHLY.key)
    path.write_bytes(path.read_bytes() + b'dlv_2,lead_x,1,"qual')
    send(tmp_path, id="dlv_2")
    assert [row["delivery"] for row in rows(tmp_path)] == ["dlv_1", "dlv_2"]
    assert rows(tmp_path)[1]["lead"] == LEAD


def test_what_is_withheld_or_merged_is_told_by_ids_alone(tmp_path: Path) -> None:
    send(tmp_path, payload("lead.updated", withheld="no_consent"))
    send(tmp_path, payload("lead.merged", merged_into="lead_2"), id="dlv_2")
    assert [(row["event"], row["email"]) for row in rows(tmp_path)] == [("withheld", ""), ("merged into lead_2", "")]


def test_a_test_lead_stands_apart(tmp_path: Path) -> None:
    send(tmp_path, payload(test=True))
    assert [path.name for path in exported(tmp_path, MONTHLY.key)] == ["leads-a1b2c3-test.csv"]


def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    _, answer, reason = tried("csv", lambda: send(tmp_path / "file"))
    assert (answer, reason) == ("retry", "file")


def test_the_files_of_a_destination_keep_their_name() -> None:
    kept = csv.KIND.read({})
    assert csv.KIND.read({"period": "day"}, kept)["key"] == kept["key"]
    assert csv.KIND.read({})["key"] != kept["key"]


def test_r31_an_erased_lead_leaves_the_files_of_removed_destinations_too(tmp_path: Path) -> None:
    send(tmp_path)
    send(tmp_path, settings=csv.Settings("day", "leads-0f0f0f"))
    send(tmp_path, payload(id="lead_other"), id="dlv_2")
    (tmp_path / "mine.csv").write_text(f"1,{LEAD}\n")
    csv.forget(tmp_path, {LEAD})
    assert [row["lead"] for row in rows(tmp_path)] == ["lead_other"]
    assert LEAD not in (tmp_path / "leads-0f0f0f-2026-11-22.csv").read_text()
    assert LEAD in (tmp_path / "mine.csv").read_text()
    csv.forget(tmp_path / "none", {LEAD})
