"""The public tables' rules: each has its own name and reason, and reads a row as the file has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.scoring.lead_tables import LeadTable
from bench.scoring.lead_tables.bank import BANK
from bench.scoring.lead_tables.education import EDUCATION, SECONDS, VISITS
from gateway.scoring.calibrating.records import MOST_POINTS

LEFT_OUT = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity", "duration", "campaign"}


@pytest.mark.parametrize("table", [EDUCATION, BANK], ids=lambda table: table.name)
def test_each_rule_has_a_name_a_reason_and_points_of_a_rulebook(table: LeadTable) -> None:
    codes = [rule.code for rule in table.rules]
    assert len(set(codes)) == len(codes)
    assert all(rule.why and abs(rule.points) <= MOST_POINTS for rule in table.rules)


@pytest.mark.parametrize("table", [EDUCATION, BANK], ids=lambda table: table.name)
def test_rules_read_no_column_that_was_left_out(table: LeadTable, tmp_path: Path) -> None:
    """A row of all other columns is enough for every rule."""
    columns = (*table.numbers, *table.words, table.outcome)
    assert not LEFT_OUT & set(columns)
    path = tmp_path / "table.csv"
    path.write_text(table.separator.join(columns) + "\n" + table.separator * (len(columns) - 1) + "\n")
    (row,) = table.rows(path)
    assert {rule.holds(row) for rule in table.rules if rule.code != "talked_lately"} <= {True, False}


def test_rules_follow_what_stands_in_the_row() -> None:
    row = dict.fromkeys((*EDUCATION.numbers, *EDUCATION.words), "") | {SECONDS: "620", VISITS: "3", "Country": "Oman"}
    assert {rule.code for rule in EDUCATION.rules if rule.holds(row)} == {
        "visited", "visits_3", "minute_1", "minutes_5", "minutes_10", "abroad", "country_known",
    }  # fmt: skip
