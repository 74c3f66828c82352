"""A rulebook changed as data: what differs, and where a problem is shown."""

from __future__ import annotations

import pytest

from forms.toml import Path, Wrong
from gateway.scoring import editing
from gateway.scoring.calibrating.naming import points_by_column
from gateway.scoring.editing import Change
from gateway.scoring.rulebook import RulebookError, data_of, from_toml, shipped, shipped_text

CLICKS = 'code = "clicks_email"\n'
OFF = from_toml(shipped_text().replace(CLICKS, CLICKS + "off = true\n"))
DEARER = from_toml(shipped_text().replace(CLICKS, CLICKS + "off = true\n").replace("points = 5\n", "points = 6\n"))


@pytest.mark.parametrize(
    "before, after, kinds",
    [
        (shipped(), shipped(), []),
        (shipped(), OFF, ["switched_off"]),
        (OFF, shipped(), ["switched_on"]),
        (shipped(), DEARER, ["changed"]),
        (OFF, DEARER, ["changed"]),
    ],
)
def test_a_switch_is_told_apart_from_other_changes(before, after, kinds):
    assert editing.differences(before, after) == [Change(kind, "clicks_email") for kind in kinds]


@pytest.mark.parametrize("code", ["clicks_email", "time_to_buy", "visits_site"])
def test_a_rule_that_is_switched_off_keeps_its_code_but_has_no_column(code: str) -> None:
    off = from_toml(shipped_text().replace(f'code = "{code}"\n', f'code = "{code}"\noff = true\n', 1))
    assert [rule.code for rule in off.rules] == [rule.code for rule in shipped().rules]
    columns = points_by_column(off)
    assert columns.keys() < points_by_column(shipped()).keys()
    assert not [name for name in columns if name.partition(":")[0] == code]


def test_the_code_of_a_rule_that_is_switched_off_is_taken() -> None:
    text = shipped_text().replace('code = "visits_site"', 'code = "clicks_email"\noff = true')
    with pytest.raises(RulebookError, match=r"rules\.1\.code: twice"):
        from_toml(text)


@pytest.mark.parametrize(
    "path, at",
    [
        (("rules", 0, "points"), "rules.0.points"),
        (("rules", 0, "title"), "rules.0.title.fa"),
        (("rules", 1, "when", 0), "rules.1.when.0.field"),
        (("rules", 10, "points"), None),
        (("rules", 1), "rules.1.points"),
        (("timezone",), None),
        ((), None),
    ],
)
def test_a_problem_is_shown_at_its_field_or_at_the_first_of_its_table(path: Path, at: str | None) -> None:
    names = ["rules.0.points", "rules.0.title.fa", "rules.0.title.en", "rules.1.points", "rules.1.when.0.field"]
    wrong = Wrong((), "whole", path=path)
    shown, others = editing.by_field([wrong], names)
    assert (shown, others) == (({at: wrong}, []) if at else ({}, [wrong]))


def test_a_second_problem_of_a_field_is_told_with_the_rest() -> None:
    first, second = Wrong((), "whole", path=("timezone",)), Wrong((), "flag", path=("timezone",))
    assert editing.by_field([first, second], ["timezone"]) == ({"timezone": first}, [second])


def test_data_written_as_text_is_the_same_rulebook() -> None:
    data = data_of(shipped_text())
    data["rules"][1]["off"] = True
    assert from_toml(editing.text_of(data)) == OFF
