"""What the author of a list writes into it to stop an import, or to bring what no form would take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.importing import telling
from gateway.importing.rows import LONGEST
from gateway.sheets import MOST_LINE, Sheet, SheetError
from tests.importing.conftest import Lists

# Whole lines of JSON Lines; the one after each comes in all the same.
ODD = {
    "NUL in an owner": r'{"email": "a@example.com", "owner": "x\u0000y"}',
    "half a character in an owner": r'{"email": "a@example.com", "owner": "x\ud800y"}',
    "NUL in a CRM's number": r'{"email": "a@example.com", "crm_id": "7\u0000"}',
    "half a character in a CRM's number": r'{"email": "a@example.com", "crm_id": "7\udfff"}',
    "NUL in our own id": r'{"id": "lead_\u0000", "fields": {"email": "a@example.com"}}',
    "both in a fact of our own export": r'{"id": "", "fields": {"email": "a@example.com", "name": "A\u0000\ud800"}}',
    "NUL in a fact as a text": r'{"id": "", "fields": "{\"email\": \"a@example.com\", \"x\": \"\\u0000\"}"}',
    "no number as a text": r'{"id": "", "fields": "{\"email\": \"a@example.com\", \"x\": NaN}"}',
    "nested too deep as a text": '{"id": "", "fields": "' + "[" * 100_000 + '"}',
    "NUL in a consent": r'{"id": "", "fields": {"email": "a@example.com"}, '
    r'"consents": {"marketing": {"state": "claimed", "text": "\u0000"}}}',
    "NUL among CRM ids": r'{"id": "", "fields": {"email": "a@example.com"}, "crm_ids": ["hubspot:\u0000", 5]}',
    "a fact as long as a book": '{"id": "", "fields": {"email": "a@example.com", "bio": "' + "A" * 500_000 + '"}}',
    "a number beyond counting": '{"id": "", "fields": {"email": "a@example.com", "budget": ' + "9" * 400 + "}}",
}  # fmt: skip


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_attack_no_row_of_a_list_stops_those_after_it(lists: Lists, line: str) -> None:
    after = '{"id": "", "fields": {"email": "b@example.com"}}' if '"fields"' in line else '{"email": "b@example.com"}'
    outcomes = lists.outcomes(f"{line}\n{after}\n", name="list.jsonl")
    assert outcomes[1:] == ["new"]
    if outcomes[0] == "new":
        assert all(len(str(value)) <= LONGEST for value in lists.values("a@example.com").values())
        assert lists.values("a@example.com").get("budget") is None


@pytest.mark.parametrize("value", ["NaN", "1e999", "-Infinity", "[" * 100_000])
def test_attack_what_is_no_json_is_said_in_one_line(value: str) -> None:
    sheet = Sheet.of("list.jsonl", f'{{"email": "a@example.com", "x": {value}}}\n'.encode())
    with pytest.raises(SheetError):
        list(sheet.rows())


def test_attack_a_list_of_names_without_end_is_not_read() -> None:
    """Ten thousand rows with ten names of their own would be a table of a thousand million cells."""
    rows = "".join(json.dumps({f"n{row}_{place}": 1 for place in range(10)}) + "\n" for row in range(10_000))
    sheet = Sheet.of("list.jsonl", rows.encode())
    with pytest.raises(SheetError, match="columns"):
        next(sheet.rows())


@pytest.mark.parametrize("name", ["list.csv", "list.jsonl"])
def test_attack_a_line_without_end_is_not_read(name: str) -> None:
    sheet = Sheet.of(name, b"email\n" * (name == "list.csv") + b"x" * (MOST_LINE + 2))
    with pytest.raises(SheetError, match="longer"):
        list(sheet.rows())


def test_r34_attack_a_heading_runs_in_no_spreadsheet(tmp_path: Path) -> None:
    """The rejected rows go back to whoever mends them, by a spreadsheet."""
    sheet = Sheet.of("list.csv", b'"=HYPERLINK(""http://x"")",email\n=1+1,nobody\n')
    target = tmp_path / "rejected.csv"
    telling.write_rejected(sheet, target, {1: "email"}, "en")
    cells = [cell.strip('"') for line in target.read_text("utf-8-sig").splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]


def test_r09_attack_the_same_number_of_another_program_is_nobody_of_ours(lists: Lists) -> None:
    """Two programs count from 1, and nobody says whose list it is: a stranger's mailbox must not find our lead."""
    head = "Record ID,First Name,Last Name,Email\n"
    assert lists.outcomes(f"{head}1,Maryam,Rezaei,maryam@example.com") == ["new"]
    assert lists.outcomes(f"{head}1,Peter,Turner,peter@example.com\n1,Sven,Olsen,sven@example.com") == ["new"] * 2
    assert lists.outcomes(f"{head}1,Maryam,Rezaei,m.rezaei@example.com") == ["crm"], "the same person's new mailbox"
    assert lists.identifiers("maryam@example.com")["email"] == ("maryam@example.com", "m.rezaei@example.com")
    assert "crm" not in lists.identifiers("peter@example.com")
