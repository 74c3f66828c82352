"""Cells of files that leave the house: nothing runs, by whichever mark a spreadsheet splits, and all comes back."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import exporting
from gateway.files import csv_cell, csv_rows, text_of_cell

ROOT = Path(__file__).parents[2] / "gateway"
# What writes CSV by itself: the one place, and `dedupe`, which gives somebody's own rows back as they came.
WRITERS = {"files.py", "dedupe.py"}
NUMBER = re.compile(r"[+-]?[\d\s().-]+")
NASTY = st.text(alphabet="=+-@'\";|,\t\r\n 1aی", max_size=12)


@pytest.mark.parametrize(
    "text, cell",
    [
        ("=1+1", "'=1+1"),
        ('Acme;=HYPERLINK("http://x")', 'Acme;\'=HYPERLINK("http://x")'),
        ('"=1+1"', '\'"=1+1"'),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("two\n=lines", "two\n'=lines"),
        ("a| -cmd", "a|' -cmd"),
        ("'=typed", "''=typed"),
        ("+98 912 123 4567", "+98 912 123 4567"),
        ("تهران؛ کرج; +98 21 123", "تهران؛ کرج; +98 21 123"),
        ("from 3; to -5", "from 3; to -5"),
        ("x=1, -2", "x=1, -2"),
    ],
)
def test_r34_a_cell_stays_text_behind_any_separator(text: str, cell: str) -> None:
    assert csv_cell(text) == cell
    assert text_of_cell(cell) == text


@given(NASTY)
def test_r34_every_text_comes_back_and_no_part_of_its_line_runs(text: str) -> None:
    assert text_of_cell(csv_cell(text)) == text
    line = csv_rows([["id", text, "end"]])
    assert next(csv.reader([line]))[1] == csv_cell(text) or "\n" in text or "\r" in text
    for separator in (";", "|", "\t"):
        for part in line.splitlines():
            for cell in part.split(separator):
                bare = cell.lstrip(" \"'") if cell.lstrip(' "')[:1] != "'" else ""
                assert bare[:1] not in set("=+@-") or NUMBER.match(bare), (line, cell)


def test_r34_the_file_of_leads_holds_every_word_as_it_is() -> None:
    told = {"message": "hello; =1|@x\t'=y", "company": "a;=b"}
    row = dict.fromkeys(exporting.COLUMNS, "") | {"fields": told, "crm_ids": [], "consents": {}, "company": "a;=b"}
    [cells] = csv.DictReader([exporting.header(), exporting.csv_lines([row])])
    assert json.loads(cells["fields"]) == told
    assert cells["company"] == "a;'=b"
    assert not re.search(r"[;|]\s*[=+@-]", exporting.csv_lines([row]))


def test_r34_cells_are_written_in_one_place() -> None:
    found = {
        path.name
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"writer", "DictWriter"}
        if isinstance(node.value, ast.Name) and node.value.id == "csv"
    }
    assert found == WRITERS
