"""The table of docs/verification.md says what the code weighs and what confirming clears."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.findings import Made, made
from verification.checks import CHECKS

PAGE = (Path(__file__).parents[2] / "docs" / "verification.md").read_text("utf-8")
CHECK_NAMES = [check.__name__ for check in CHECKS]


def table() -> dict[str, str]:
    """Check → what its row says of weights."""
    rows = (line.strip("| \n").split(" | ") for line in PAGE.splitlines() if line.startswith("| `"))
    return {row[0].strip("` "): row[2] for row in rows if len(row) == 4}


def told() -> dict[str, set[int]]:
    """Code → the numbers that follow it; codes that share a weight stand side by side."""
    found: dict[str, set[int]] = {}
    for part in (part for cell in table().values() for part in cell.split(";")):
        waiting: list[str] = []
        for code, number in re.findall(r"`([a-z_]+)`|\b(\d+)\b", re.sub(r"\([^)]*\)", "", part)):
            if number:
                for name in waiting:
                    found.setdefault(name, set()).add(int(number))
            elif any(found.get(name) for name in waiting):
                waiting = [code]
            else:
                waiting.append(code)
    return found


def findings() -> list[Made]:
    return [one for one in made() if one.maker != "unknown"]


def test_the_checks_stand_there_in_the_order_they_run() -> None:
    assert list(table()) == CHECK_NAMES


def test_each_code_stands_there_with_its_weight() -> None:
    page = told()
    missing = [one.code for one in findings() if one.code not in page]
    wrong = [(one.code, one.weights) for one in findings() if not set(one.weights) <= page.get(one.code, set())]
    assert (missing, wrong) == ([], [])
    written = [one for one in findings() if one.weights]
    for code in {one.code for one in written} - {one.code for one in findings() if not one.weights}:
        assert page[code] == {weight for one in written if one.code == code for weight in one.weights}, code


def test_no_code_stands_there_that_no_check_gives() -> None:
    assert told().keys() - {one.code for one in findings()} - set(CHECK_NAMES) == set()


def test_what_confirming_clears_is_told_whole() -> None:
    sentence = next(line for line in PAGE.splitlines() if line.startswith("Confirming the address would clear"))
    named = set(re.findall(r"`([a-z_]+)`", sentence))
    doubts = {one.code for one in findings() if one.clears and one.code.startswith("phone_")}
    assert "phone_number" in named
    wanted = {one.code for one in findings() if one.clears} - {"confirmation_wanted"} - doubts
    assert named - {"phone_number"} == wanted
