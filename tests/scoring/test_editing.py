"""A rulebook changed as data: what differs, and where a problem is shown."""

from __future__ import annotations

import pytest

from gateway.scoring import editing
from gateway.scoring.calibrating.naming import points_by_column
from gateway.scoring.editing import Change
from gateway.scoring.rulebook import RulebookError, data_of, from_toml, shipped, shipped_text
from tests.scoring.building import EVERYTHING

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


def test_data_written_as_text_is_the_same_rulebook() -> None:
    data = data_of(shipped_text())
    data["rules"][1]["off"] = True
    assert from_toml(editing.text_of(data)) == OFF


@pytest.mark.parametrize(
    "text",
    [
        shipped_text().replace('code = "visits_site"', 'code = "unsubscribes_twice"\ntitle = { fa = "ی", en = "y" }'),
        shipped_text().replace("interest_1 = 75", "interest_1 = 80").replace("weight = 40", "weight = 41"),
        shipped_text().replace("coverage = 40", "coverage = 50").replace("points = 10 # taken", "points = 9 # taken"),
        EVERYTHING,
    ],
)
def test_every_change_taken_back_is_the_rulebook_as_it_was(text: str) -> None:
    data, before = data_of(text), data_of(shipped_text())
    for change in editing.differences(shipped(), from_toml(text)):
        editing.take_back(data, before, change)
    back = from_toml(editing.text_of(data))
    assert not editing.differences(shipped(), back)
    assert back == shipped()
